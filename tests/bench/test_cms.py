"""CMS: one detached signature of a gigabyte beside `openssl dgst`, and small ones per second.

Run with: pytest -m bench -s tests/bench/test_cms.py
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyhanko.sign import SimpleSigner

from agent.formats.cms import CmsFormat
from agent.formats.jws import JwsFormat
from tests.support.measuring import tell, tell_seconds
from tests.support.pki import NOW, Authority, Holder, Urls

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

GIB = 1024**3
ROUNDS = 5
SECONDS = 1.0

#: In a process of its own, so that its memory is its own. It tells the bytes it had before and the
#: most that it had in all, and seconds.
SIGN_DETACHED = """
import psutil, resource, sys, time
from pathlib import Path
from agent.formats.cms import CmsFormat
from agent.formats.content import digested
from tests.support.pki import NOW, Authority, Urls

unit = Authority.under(Authority.root(), urls=Urls()).issue()
way = CmsFormat(attached=False)
small = way.prepare(b"", certificate=unit.der, signing_time=NOW)
small.complete(unit.sign(small.digest))
before = psutil.Process().memory_info().rss
begin = time.perf_counter()
with open(sys.argv[1], "rb", buffering=0) as file:
    document = digested(file)
made = way.prepare(document, certificate=unit.der, signing_time=NOW)
signed = made.complete(unit.sign(made.digest))
spent = time.perf_counter() - begin
Path(sys.argv[2]).write_bytes(signed)
print(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, spent)
"""

#: The same with the document inside: copied, then read again by our own verifier.
SIGN_ATTACHED = """
import psutil, resource, sys, tempfile, time
from pathlib import Path
from agent.documents import Filed
from agent.formats.cms import CmsFormat
from agent.formats.content import digested
from tests.support.pki import NOW, Authority, Urls

unit = Authority.under(Authority.root(), urls=Urls()).issue()
way = CmsFormat(attached=True)
small = way.prepare(b"", certificate=unit.der, signing_time=NOW)
small.complete(unit.sign(small.digest))
before = psutil.Process().memory_info().rss
begin = time.perf_counter()
path, out = map(Path, sys.argv[1:])
with path.open("rb", buffering=0) as file:
    known = digested(file)
document = Filed(path=path, size=known.size, digests=known.digests, scratch=out.parent)
made = way.prepare(document, certificate=unit.der, signing_time=NOW)
signed = made.complete(unit.sign(made.digest))
spent = time.perf_counter() - begin
signed.path.replace(out)
print(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, spent)
"""

#: And read by whoever gets it.
VERIFY_ATTACHED = """
import psutil, resource, sys, time
from pathlib import Path
from agent.verifying.files import recognise_file

before = psutil.Process().memory_info().rss
begin = time.perf_counter()
(found,) = recognise_file(Path(sys.argv[1])).signatures(None)
print(
    before,
    resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    time.perf_counter() - begin,
)
"""


@pytest.fixture(scope="module")
def gigabyte(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("gigabyte") / "content"
    piece = bytes(range(256)) * 4096
    with path.open("wb") as file:
        for _ in range(GIB // len(piece)):
            file.write(piece)
    yield path
    path.unlink()


@pytest.fixture(scope="module")
def unit() -> Holder:
    return Authority.under(Authority.root(), urls=Urls()).issue()


def test_a_gigabyte_detached(gigabyte: Path, tmp_path: Path) -> None:
    ours, theirs, extra = [], [], []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        subprocess.run(["openssl", "dgst", "-sha256", gigabyte], check=True, capture_output=True)
        theirs.append(time.perf_counter() - begin)
        told = subprocess.run(
            [sys.executable, "-c", SIGN_DETACHED, gigabyte, tmp_path / "signed"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
        extra.append((int(told[1]) - int(told[0])) / 1024**2)
        ours.append(float(told[2]))
    judged = subprocess.run(
        ["openssl", "cms", "-verify", "-binary", "-noverify", "-inform", "DER", "-in",
         tmp_path / "signed", "-content", gigabyte, "-out", "/dev/null"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip

    assert judged.returncode == 0, judged.stderr
    tell_seconds("openssl dgst -sha256 of 1 GiB", theirs)
    tell_seconds("detached CMS of 1 GiB", ours)
    ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    tell("  ratio", f"median {ratios[len(ratios) // 2]:.2f}", target="at most 1.25")
    tell("  extra memory", f"at most {max(extra):.1f} MiB", target="at most 64 MiB")


def test_a_gigabyte_attached(gigabyte: Path, tmp_path: Path) -> None:
    hashed, copied, signed, verified, extra = [], [], [], [], []
    out = tmp_path / "signed"
    for _ in range(2):
        begin = time.perf_counter()
        subprocess.run(["openssl", "dgst", "-sha256", gigabyte], check=True, capture_output=True)
        hashed.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        subprocess.run(["cp", gigabyte, out], check=True)
        copied.append(time.perf_counter() - begin)
        for code, spent, arguments in (
            (SIGN_ATTACHED, signed, (gigabyte, out)),
            (VERIFY_ATTACHED, verified, (out,)),
        ):
            told = subprocess.run(
                [sys.executable, "-c", code, *arguments],
                check=True,
                capture_output=True,
                text=True,
            ).stdout.split()
            extra.append((int(told[1]) - int(told[0])) / 1024**2)
            spent.append(float(told[2]))
    judged = subprocess.run(
        ["openssl", "cms", "-verify", "-binary", "-noverify", "-inform", "DER", "-in", out,
         "-out", "/dev/null"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip

    assert judged.returncode == 0, judged.stderr
    tell_seconds("openssl dgst -sha256 of 1 GiB", hashed)
    tell_seconds("cp of 1 GiB", copied)
    tell_seconds("attached CMS of 1 GiB: sign", signed)
    tell_seconds("attached CMS of 1 GiB: verify", verified)
    tell("  extra memory", f"at most {max(extra):.1f} MiB", target="at most 64 MiB")


def per_second(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    done = 0
    while (spent := time.perf_counter() - begin) < SECONDS:
        work()
        done += 1
    return done / spent


def test_small_signatures_per_second(unit: Holder, tmp_path: Path) -> None:
    document = b"x" * 1000
    signer = SimpleSigner.load(*_files(unit, tmp_path), ca_chain_files=[])
    assert signer is not None

    def sign_by(way: CmsFormat | JwsFormat) -> Callable[[], object]:
        def work() -> object:
            made = way.prepare(document, certificate=unit.der, signing_time=NOW)
            return made.complete(unit.sign(made.digest))

        return work

    works = {
        "bare RSA-2048": lambda: unit.sign(bytes(32)),
        "CMS attached: prepare, sign, complete": sign_by(CmsFormat(attached=True)),
        "JWS: prepare, sign, complete": sign_by(JwsFormat(detached=False)),
        "pyHanko: sign": lambda: asyncio.run(
            signer.async_sign_general_data(document, "sha256", detached=False)
        ),
    }
    for _ in range(2):
        for what, work in works.items():
            tell(what, f"{per_second(work):.0f}/s")


def _files(unit: Holder, directory: Path) -> tuple[str, str]:
    from cryptography.hazmat.primitives import serialization

    key = unit.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (directory / "key").write_bytes(key)
    (directory / "certificate").write_bytes(unit.pem)
    return str(directory / "key"), str(directory / "certificate")
