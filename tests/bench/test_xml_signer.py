"""XML documents signed per second: ours beside signxml and beside the bare RSA signature.

Run with: pytest -m bench -s tests/bench/test_xml_signer.py
"""

import base64
import hashlib
import os
import time
from collections.abc import Callable

import pytest
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner
from signxml.verifier import XMLVerifier

from agent.formats.registry import format_for
from tests.support.pki import NOW, Authority

pytestmark = pytest.mark.bench

SECONDS = 1.0
ROUNDS = 3


def per_second(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    done = 0
    while (spent := time.perf_counter() - begin) < SECONDS:
        work()
        done += 1
    return done / spent


def dossiers() -> dict[str, bytes]:
    file = base64.b64encode(os.urandom(150_000)).decode()
    row = "<Dong><HoTen>Nguyễn Thị Hồng Ánh</HoTen><MaSoBHXH>0123456789</MaSoBHXH></Dong>"
    root = (
        '<Hoso xmlns:xsd="http://www.w3.org/2001/XMLSchema"><NoiDung>{}</NoiDung><CKy_Dvi /></Hoso>'
    )
    return {
        "200 KB, one file": root.format(f"<NoiDungFile>{file}</NoiDungFile>").encode(),
        "200 KB, 7000 elements": root.format(row * (200_000 // len(row.encode()))).encode(),
    }


@pytest.mark.parametrize("name", dossiers())
def test_documents_per_second(name: str) -> None:
    """Rounds take turns, because this kind of machine changes its speed within minutes."""
    unit = Authority.root().issue()
    document = dossiers()[name]
    ours = format_for("bhxh-hoso")
    prepared = ours.prepare(document, certificate=unit.der, signing_time=NOW)
    value = unit.sign(prepared.digest)
    digest = hashlib.sha256(document).digest()

    def sign_ours() -> None:
        made = ours.prepare(document, certificate=unit.der, signing_time=NOW)
        made.complete(unit.sign(made.digest))

    def sign_by_signxml() -> bytes:
        signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0)
        signed = signer.sign(etree.fromstring(document), key=unit.key, cert=[unit.certificate])
        return etree.tostring(signed)

    def sign_and_verify_by_signxml() -> None:
        XMLVerifier().verify(sign_by_signxml(), x509_cert=unit.certificate)

    works = {
        "bare RSA-2048": lambda: unit.sign(digest),
        "ours: prepare, sign, complete": sign_ours,
        "  of which prepare": lambda: ours.prepare(
            document, certificate=unit.der, signing_time=NOW
        ),
        "  of which complete (verifies)": lambda: prepared.complete(value),
        "signxml: sign": sign_by_signxml,
        "signxml: sign, verify": sign_and_verify_by_signxml,
    }
    print(f"\n{name} ({len(document)} bytes), per second, {ROUNDS} rounds")
    rounds = [{what: per_second(work) for what, work in works.items()} for _ in range(ROUNDS)]
    for what in works:
        print(f"  {what:34}" + "".join(f"{one[what]:9.1f}" for one in rounds))
