"""Documents per second in a batch, beside the raw rate and other signers with the same token.

Run with: pytest -m bench -s tests/bench/test_batch.py

    OPENKYSO_BENCH_DOCUMENTS   of 200 KB XML and of 100 KB PDF (150; the promise is about 1000)
    OPENKYSO_BENCH_GROWTH      numbers of small documents (10,100,1000; and 10000)

All is between the call and the last signed octet at the client: handed in as binary frames, listed,
approved by script, prepared, signed by the token, verified by our own verifier, written to the
journal, and sent back. The others sign in this process, with nothing of that but the signature.
"""

import asyncio
import base64
import hashlib
import os
import time
from io import BytesIO

import psutil
import PyKCS11
import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from lxml import etree
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner

from tests.bench.conftest import PIN, TOKEN
from tests.bench.test_hashes import Raw
from tests.support import pdf
from tests.support.measuring import tell
from tests.support.waiting import eventually

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

DOCUMENTS = int(os.environ.get("OPENKYSO_BENCH_DOCUMENTS", "150"))
GROWTH = [int(n) for n in os.environ.get("OPENKYSO_BENCH_GROWTH", "10,100,1000").split(",")]
#: Of what the others sign: they need no warming up.
OTHERS = 30


def xml() -> bytes:
    file = base64.b64encode(os.urandom(150_000)).decode()
    return (
        '<Hoso xmlns:xsd="http://www.w3.org/2001/XMLSchema"><NoiDung>'
        f"<NoiDungFile>{file}</NoiDungFile></NoiDung><CKy_Dvi /></Hoso>"
    ).encode()


def table() -> bytes:
    row = "<Dong><HoTen>Nguyễn Thị Hồng Ánh</HoTen><MaSoBHXH>0123456789</MaSoBHXH></Dong>"
    rows = row * (200_000 // len(row.encode()))
    return f"<Hoso><NoiDung>{rows}</NoiDung><CKy_Dvi /></Hoso>".encode()


def small() -> bytes:
    return f"<Hoso><NoiDung>{os.urandom(20).hex()}</NoiDung><CKy_Dvi /></Hoso>".encode()


def paper() -> bytes:
    return pdf.file(pages=20, text=os.urandom(2300).hex())


KINDS = {
    "XML of 200 KB, one file": ("bhxh-hoso", xml),
    "XML of 200 KB, 7000 elements": ("bhxh-hoso", table),
    "PDF of 100 KB": ("pades", paper),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_documents_per_second(office, tmp_path, kind):
    profile, make = KINDS[kind]
    documents = [make() for _ in range(DOCUMENTS)]
    raw = Raw(str(office.hsm.library), office.hsm.environment)
    others = {"signxml": _by_signxml, "pyHanko": _by_pyhanko}
    other = "pyHanko" if profile == "pades" else "signxml"
    try:
        with office.agent(tmp_path / "agent") as agent:
            async with agent.connected() as client:
                await _ready(client)
                await _signed(client, documents[:5], profile)  # what is loaded once is loaded
                _, before = await asyncio.to_thread(raw.measure)
                spent = _Spent(agent.process.pid)
                seconds = await _signed(client, documents, profile)
                told = spent.told(len(documents))
                _, after = await asyncio.to_thread(raw.measure)
        rate, bare = len(documents) / seconds, (before + after) / 2
        with _token(office) as sign:
            theirs = await asyncio.to_thread(others[other], office, sign, documents[:OTHERS])
    finally:
        raw.stop()
    size = len(documents[0]) // 1000
    tell(f"{kind} ({size} KB), {len(documents)}", f"{rate:.1f} documents a second; {told}")
    tell("", f"{rate / bare:.2f} of C_Sign alone ({bare:.0f}), {rate / theirs:.2f} of {other}"
         f" ({theirs:.1f}, which verifies nothing)")  # fmt: skip


async def test_time_and_memory_grow_with_the_number_of_documents_as_little_as_they_can(
    office, tmp_path
):
    with office.agent(tmp_path / "agent") as agent:
        async with agent.connected() as client:
            await _ready(client)
            await _signed(client, [small() for _ in range(10)], "bhxh-hoso")
            for count in GROWTH:
                documents = [small() for _ in range(count)]
                spent = _Spent(agent.process.pid)
                seconds = await _signed(client, documents, "bhxh-hoso")
                told = spent.told(count)
                tell(f"{count} documents", f"{1e3 * seconds / count:.2f} ms each; {told}")


class _Spent:
    """CPU and memory of the agent and its children."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._cpu = self._seconds()

    def _all(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]

    def _seconds(self) -> float:
        return sum(sum(one.cpu_times()[:2]) for one in self._all())

    def told(self, count: int) -> str:
        each = 1e3 * (self._seconds() - self._cpu) / count
        memory = self._process.memory_info().rss / 1e6
        return f"{each:.1f} ms CPU each, agent {memory:.0f} MB"


async def _signed(client, documents: list[bytes], profile: str) -> float:
    """Seconds; what was made is taken and dropped."""
    begin, count = time.perf_counter(), 0
    async with client.batch(reason="đo") as batch:
        for index, document in enumerate(documents):
            await batch.add(document, name=f"{index}", profile=profile)
        async for outcome in batch.sign():
            assert outcome.news.outcome == "signed", outcome.news
            async for _ in outcome.pieces:
                pass
            count += 1
    assert count == len(documents), batch.result
    return time.perf_counter() - begin


class _Token:
    """The same token in this process."""

    def __init__(self, office) -> None:
        self._environment = office.hsm.in_environment()
        self._library = office.hsm.library

    def __enter__(self):
        self._environment.__enter__()
        library = PyKCS11.PyKCS11Lib()
        library.load(str(self._library))
        self._session = library.openSession(library.getSlotList(True)[0])
        self._session.login(PIN)
        [key] = self._session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY)])
        rsa = PyKCS11.Mechanism(PyKCS11.CKM_SHA256_RSA_PKCS, None)
        return lambda data: bytes(list(self._session.sign(key, data, rsa)))

    def __exit__(self, *error: object) -> None:
        self._session.logout()
        self._session.closeSession()
        self._environment.__exit__(*error)


_token = _Token


def _by_signxml(office, sign, documents: list[bytes]) -> float:
    """It signs with keys in memory alone: the token's signature is made beside it."""
    certificate = x509.load_der_x509_certificate(office.company.certificate)
    begin = time.perf_counter()
    for document in documents:
        root = etree.fromstring(document)
        signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0)
        signed = signer.sign(root, key=office.company.key, cert=[certificate])
        sign(hashlib.sha256(document).digest())
        etree.tostring(signed)
    return len(documents) / (time.perf_counter() - begin)


def _by_pyhanko(office, sign, documents: list[bytes]) -> float:
    certificate = asn1_x509.Certificate.load(office.company.certificate)

    class Signer(signers.Signer):
        def __init__(self) -> None:
            super().__init__(
                signing_cert=certificate,
                cert_registry=SimpleCertificateStore.from_certs([certificate]),
            )

        async def async_sign_raw(self, data, digest_algorithm, dry_run=False):
            return bytes(256) if dry_run else sign(data)

    begin = time.perf_counter()
    for document in documents:
        writer = IncrementalPdfFileWriter(BytesIO(document))
        metadata = signers.PdfSignatureMetadata(field_name="Signature1")
        asyncio.run(signers.PdfSigner(metadata, Signer()).async_sign_pdf(writer))
    return len(documents) / (time.perf_counter() - begin)


async def _ready(client) -> None:
    async def token_known() -> bool:
        return any(token.label == TOKEN for token in (await client.tokens()).tokens)

    await eventually(token_known, "the token")
