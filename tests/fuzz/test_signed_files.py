"""Readers of signed files: whatever they are handed, what is wrong is a documented error."""

from typing import Final

from cryptography.x509 import load_der_x509_certificate

from agent.errors import AgentError, DocumentError, UserError
from agent.formats import cms, jws
from agent.formats.pdf.verify import signatures as pdf_signatures
from agent.formats.registry import format_for
from agent.formats.xml import PROFILES
from agent.formats.xml import verify as verify_xml
from agent.formats.xml.intake import take_in
from agent.verifying.files import recognise
from protocol.errors import ERRORS
from tests.fuzz import seeds
from tests.fuzz.bending import fuzzed
from tests.support.pki import NOW

_DETACHED: Final = b"content"


def documented(error: AgentError) -> None:
    assert error.code in ERRORS, error.code
    assert len(repr(error.details)) < 1000, "an error repeats what was sent"


@fuzzed(seeds.xml)
def test_xml_is_taken_in(octets: bytes) -> None:
    try:
        take_in(octets, path=("Hoso", "CKy_Dvi"))
    except DocumentError as error:
        documented(error)


@fuzzed(seeds.xml)
def test_xml_is_prepared(octets: bytes) -> None:
    for profile in ("bhxh-hoso", "einvoice"):
        try:
            format_for(profile).prepare(octets, certificate=seeds.unit().der, signing_time=NOW)
        except DocumentError as error:
            documented(error)


@fuzzed(seeds.xml)
def test_xml_is_verified(octets: bytes) -> None:
    try:
        verified = verify_xml(octets, PROFILES["bhxh-hoso"])
    except DocumentError as error:
        documented(error)
    else:
        # Bends may hit what is not signed, a certificate's own signature too; never the key.
        key = load_der_x509_certificate(verified.certificate).public_key()
        assert key == seeds.unit().key.public_key()


@fuzzed(seeds.cms)
def test_cms_is_verified(octets: bytes) -> None:
    try:
        cms.needed_digests(octets)
        content = _DETACHED if cms.is_detached(octets) else None
        for found in cms.verify(octets, content=content):
            # CAdES signs which certificate it is.
            assert found.certificate in {seeds.unit().der, seeds.unit_on_a_curve().der}
    except DocumentError as error:
        documented(error)


@fuzzed(lambda: {"token": seeds.cms()["token"]})
def test_time_stamps_are_verified(octets: bytes) -> None:
    try:
        cms.verify_timestamp(octets, stamped=b"something else")
    except DocumentError as error:
        documented(error)
    else:
        raise AssertionError("a token for another value was taken")


@fuzzed(seeds.jws)
def test_jws_is_verified(octets: bytes) -> None:
    for content in (None, _DETACHED):
        try:
            found = jws.verify(octets, content=content)
        except DocumentError as error:
            documented(error)
        else:
            assert found.content == _DETACHED


@fuzzed(seeds.pdfs)
def test_pdf_is_verified(octets: bytes) -> None:
    try:
        pdf_signatures(octets)
    except DocumentError as error:
        documented(error)


@fuzzed(seeds.pdfs)
def test_pdf_is_prepared(octets: bytes) -> None:
    try:
        format_for("pades").prepare(octets, certificate=seeds.unit().der, signing_time=NOW)
    except DocumentError as error:
        documented(error)


@fuzzed(lambda: seeds.xml() | seeds.cms() | seeds.jws() | seeds.pdfs())
def test_any_file_is_recognised_and_judged(octets: bytes) -> None:
    try:
        file = recognise(octets)
        file.signatures(_DETACHED if file.detached else None)
    except (DocumentError, UserError) as error:
        documented(error)
