"""Signed files are recognised by their content, whatever they are called."""

import base64
import hashlib

import pytest

from agent.errors import DocumentError
from agent.formats.cms import CmsFormat
from agent.formats.jws import JwsFormat
from agent.formats.levels import Level
from agent.formats.registry import format_for
from agent.verifying.files import recognise
from tests.support import pdf
from tests.support.cms import build
from tests.support.pdf_levels import World
from tests.support.pki import NOW, Authority, Holder, Urls

DOCUMENT = b"<Hoso><CKy_Dvi/></Hoso>"


@pytest.fixture(scope="module")
def unit() -> Holder:
    return Authority.under(Authority.root(), urls=Urls()).issue()


def signed(unit: Holder, profile: str, document: bytes = DOCUMENT) -> bytes:
    made = format_for(profile).prepare(document, certificate=unit.der, signing_time=NOW)
    return made.complete(unit.sign(made.digest))


@pytest.mark.parametrize(
    ("profile", "kind", "detached"),
    [
        ("bhxh-hoso", "xml", False),
        ("cades-attached", "cms", False),
        ("cades-detached", "cms", True),
        ("jws", "jws", False),
        ("jws-detached", "jws", True),
    ],
)
def test_every_profile_of_ours(unit: Holder, profile: str, kind: str, *, detached: bool) -> None:
    file = recognise(signed(unit, profile))

    assert (file.kind, file.detached) == (kind, detached)
    assert file.digests == (frozenset({"sha256"}) if kind == "cms" else frozenset())
    (found,) = file.signatures(DOCUMENT if detached else None)
    assert found.certificate == unit.der
    assert found.claimed_time == NOW
    assert found.time_is_signed is (kind != "xml")
    if kind != "xml":
        assert found.digest == hashlib.sha256(DOCUMENT).digest()


@pytest.mark.parametrize("kind", [b"CMS", b"PKCS7"])
def test_cms_in_pem(unit: Holder, kind: bytes) -> None:
    text = base64.encodebytes(signed(unit, "cades-attached"))
    pem = b"-----BEGIN %s-----\r\n%s-----END %s-----\n" % (kind, text, kind)

    assert recognise(pem).signatures(None)[0].certificate == unit.der


def test_a_jws_with_a_line_end_as_editors_leave_it(unit: Holder) -> None:
    assert recognise(signed(unit, "jws") + b"\r\n").signatures(None)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_xml_with_its_mark(unit: Holder, mark: bytes) -> None:
    assert recognise(mark + b"\n" + signed(unit, "bhxh-hoso")).kind == "xml"


def test_xml_of_sixteen_bits() -> None:
    assert recognise("\ufeff<a/>".encode("utf-16-le")).kind == "xml"


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"PK\x03\x04",
        b"text",
        b"a.b",
        b"-----BEGIN CMS-----\n!!!!\n-----END CMS-----\n",
        b"-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n",
    ],
)
def test_other_files_are_none(octets: bytes) -> None:
    with pytest.raises(DocumentError) as caught:
        recognise(octets)

    assert caught.value.details == {"reason": "unknown"}


def test_der_that_is_no_cms() -> None:
    with pytest.raises(DocumentError) as caught:
        recognise(b"\x30\x00")

    assert caught.value.details == {"reason": "grammar"}


def test_content_beside_xml_is_refused(unit: Holder) -> None:
    with pytest.raises(DocumentError, match="signature_invalid"):
        recognise(signed(unit, "bhxh-hoso")).signatures(b"")


def test_xml_without_a_signature_says_so() -> None:
    for document in (DOCUMENT, b"<other/>"):
        with pytest.raises(DocumentError) as caught:
            recognise(document).signatures(None)
        assert caught.value.details == {"reason": "missing"}


def test_what_is_told_of_cms_by_others(unit: Holder) -> None:
    (found,) = recognise(build(unit, DOCUMENT)).signatures(None)

    assert (found.algorithm, found.embedded) == ("rsa-pkcs1-sha256", (unit.der,))


def test_every_kind_has_its_algorithm(unit: Holder) -> None:
    for way in (CmsFormat(attached=True), JwsFormat(detached=False)):
        made = way.prepare(DOCUMENT, certificate=unit.der, signing_time=NOW)
        (found,) = recognise(made.complete(unit.sign(made.digest))).signatures(None)
        assert found.algorithm in {"rsa-pkcs1-sha256", "RS256"}


class TestPdf:
    def test_every_signature_is_told(self, unit: Holder) -> None:
        document = signed(unit, "pades", pdf.file())

        found = recognise(signed(unit, "pades", document)).signatures(None)

        assert [one.certificate for one in found] == [unit.der] * 2
        assert {one.algorithm for one in found} == {"rsa-pkcs1-sha256"}

    @pytest.mark.parametrize(
        ("spoil", "reason"),
        [
            (lambda _: pdf.file(), "missing"),
            (lambda document: document.replace(b"(Hello 1)", b"(Hallo 1)"), "digest"),
            (lambda document: pdf.appended(document, {4: pdf.stream("BT ET")}), "changed"),
        ],
        ids=["unsigned", "changed", "another page in its place"],
    )
    def test_one_that_is_not_good_is_none(self, unit: Holder, spoil, reason: str) -> None:
        with pytest.raises(DocumentError) as caught:
            recognise(spoil(signed(unit, "pades", pdf.file()))).signatures(None)

        assert caught.value.details["reason"] == reason

    def test_what_it_is_judged_by_offline_is_told(self) -> None:
        world = World()
        archived = world.raised(world.signed(pdf.file()), Level.LTA)
        _, evidence, archive = world.given

        (found,) = recognise(archived).signatures(None)

        assert found.covers == "revision"
        assert set(evidence.certificates) <= set(found.embedded)
        assert found.ocsp_responses == evidence.ocsp_responses
        assert found.crls == evidence.crls
        assert [one.token for one in found.archived] == [archive]

    def test_the_whole_file_is_covered_by_one_that_nothing_follows(self, unit: Holder) -> None:
        (found,) = recognise(signed(unit, "pades", pdf.file())).signatures(None)

        assert (found.covers, found.warnings, found.archived) == ("whole-file", (), ())

    def test_a_damaged_file_is_said_to_be_one(self) -> None:
        with pytest.raises(DocumentError, match="pdf_malformed"):
            recognise(b"%PDF-1.7").signatures(None)
