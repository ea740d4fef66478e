"""Containers of ours, unpacked by another program; the manifest's signature verified by openssl."""

import base64
import hashlib
import os
import subprocess
from pathlib import Path

import pytest
from lxml import etree

from agent.documents import Bundle
from agent.formats.asic import AsicFormat, verify
from agent.formats.cms import CmsFormat
from agent.formats.options import Options
from tests.support import asic
from tests.support.openssl import Desk
from tests.support.pki import NOW

FILES = {"hợp đồng 1.txt": b"Pay 100 to Alice.", "b.bin": bytes(range(256)) * 100}
UTF8 = os.environ | {"LC_ALL": "C.UTF-8"}
DS = "{http://www.w3.org/2000/09/xmldsig#}"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path)


def unpacked(container: bytes, to: Path) -> list[str]:
    """By Info-ZIP, which shares nothing with us. Names in UTF-8 need a locale that has it."""
    to.mkdir()
    file = to.with_suffix(".zip")
    file.write_bytes(container)
    subprocess.run(["unzip", "-q", file, "-d", to], check=True, timeout=60, env=UTF8)
    return sorted(str(one.relative_to(to)) for one in to.rglob("*") if one.is_file())


@pytest.mark.parametrize("hash_name", ["sha256", "sha512"])
def test_openssl_verifies_what_another_program_unpacks(desk: Desk, hash_name: str) -> None:
    unit = desk.ca.issue()
    signature = CmsFormat(attached=False, authorities=(desk.ca.der,))
    way = AsicFormat(signature=signature).with_options(Options(hash=hash_name))
    prepared = way.prepare(
        Bundle(parts=tuple(FILES.items())), certificate=unit.der, signing_time=NOW
    )
    made = prepared.complete(unit.sign_by(prepared.mechanism, prepared.digest))
    assert isinstance(made, bytes)
    inside = desk.path / "inside"

    found = unpacked(made, inside)

    assert found == sorted(["mimetype", *FILES, asic.MANIFEST, asic.SIGNATURE])
    manifest = inside.joinpath(asic.MANIFEST).read_bytes()
    assert desk.verifies(inside.joinpath(asic.SIGNATURE).read_bytes(), content=manifest)
    digests = [
        base64.b64decode(value.text or "")
        for value in etree.fromstring(manifest).iter(f"{DS}DigestValue")
    ]
    assert digests == [hashlib.new(hash_name, octets).digest() for octets in FILES.values()]
    assert [inside.joinpath(name).read_bytes() for name in FILES] == list(FILES.values())


def test_we_verify_what_openssl_and_info_zip_make(desk: Desk) -> None:
    unit = desk.ca.issue()
    desk.holds(unit)
    manifest = asic.manifest(FILES)
    inside = desk.path / "inside"
    (inside / "META-INF").mkdir(parents=True)
    for name, octets in {**FILES, "mimetype": asic.ASIC_E, asic.MANIFEST: manifest}.items():
        inside.joinpath(name).write_bytes(octets)
    signed = desk.openssl(
        "cms", "-sign", "-cades", "-binary", "-in", f"inside/{asic.MANIFEST}", "-signer",
        "certificate", "-inkey", "key", "-outform", "DER", "-out", f"inside/{asic.SIGNATURE}",
    )  # fmt: skip
    assert signed.returncode == 0, signed.stderr
    for options, names in ((["-X0"], ["mimetype"]), (["-Xr"], [*FILES, "META-INF"])):
        subprocess.run(
            ["zip", "-q", *options, "../made.asice", *names],
            cwd=inside,
            check=True,
            timeout=60,
            env=UTF8,
        )

    (found,) = verify(desk.path / "made.asice")

    assert found.files == tuple(FILES)
    assert found.uncovered == ()
    assert found.signature.certificate == unit.der
