"""Signed files are recognised by their content, whatever they are called."""

import base64
import hashlib
from pathlib import Path

import pytest
from asn1crypto import cms, core, ocsp
from asn1crypto import crl as asn1_crl

from agent.errors import DocumentError
from agent.formats.cms import CmsFormat
from agent.formats.jws import JwsFormat
from agent.formats.registry import format_for
from agent.verifying import files
from agent.verifying.files import recognise, recognise_file
from tests.support import asic, pdf
from tests.support.cms import attributes, binding, build
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


class TestContainers:
    @pytest.mark.parametrize("write", [asic.container, None], ids=["extended", "simple"])
    def test_say_what_they_cover(self, unit: Holder, write) -> None:
        octets = (
            asic.container(unit, {"a": b"1", "b": b"2"}, extra=[("c", b"3")])
            if write
            else asic.simple(unit, "a", b"1")
        )
        file = recognise(octets)

        (found,) = file.signatures(None)

        assert (file.kind, file.detached) == ("asic", False)
        assert found.certificate == unit.der
        assert found.covers == ("a, b" if write else "a")
        assert found.warnings == (("files_not_covered",) if write else ())

    def test_content_beside_them_is_refused(self, unit: Holder) -> None:
        with pytest.raises(DocumentError, match="signature_invalid"):
            recognise(asic.simple(unit, "a", b"1")).signatures(b"1")

    def test_other_zip_files_are_none(self) -> None:
        with pytest.raises(DocumentError) as caught:
            recognise(asic.zipped([("word/document.xml", b"<x/>")], kind=None))

        assert caught.value.details == {"reason": "unknown"}


class TestPlainCms:
    """What `openssl cms -sign` makes, and half of the world with it."""

    def test_it_is_good_and_told_as_what_it_is(self, unit: Holder) -> None:
        told = attributes(unit, DOCUMENT)
        del told["signing_certificate_v2"], told["signing_time"]

        (found,) = recognise(build(unit, DOCUMENT, signed=told)).signatures(None)

        assert found.warnings == ("certificate_not_bound",)
        assert (found.claimed_time, found.time_is_signed) == (None, False)

    def test_bound_by_sha1_alone_it_is_as_good_as_not_bound(self, unit: Holder) -> None:
        told = attributes(unit, DOCUMENT)
        del told["signing_certificate_v2"]
        told["signing_certificate"] = [binding(unit, algorithm="sha1")]

        (found,) = recognise(build(unit, DOCUMENT, signed=told)).signatures(None)

        assert found.warnings == ("certificate_not_bound",)

    @pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
    def test_bound_to_another_it_is_refused(self, unit: Holder, algorithm: str) -> None:
        other = Authority.root("Another").issue("CÔNG TY KHÁC", mst="0312345679")
        told = attributes(unit, DOCUMENT)
        del told["signing_certificate_v2"]
        name = "signing_certificate" if algorithm == "sha1" else "signing_certificate_v2"
        told[name] = [binding(other, algorithm=algorithm)]

        with pytest.raises(DocumentError) as caught:
            recognise(build(unit, DOCUMENT, signed=told)).signatures(None)
        assert caught.value.details == {"reason": "binding"}

    def test_without_signed_attributes_it_is_refused(self, unit: Holder) -> None:
        """They could be shown as content (RFC 5652 §5.4)."""
        with pytest.raises(DocumentError) as caught:
            recognise(build(unit, DOCUMENT, with_attributes=False)).signatures(None)
        assert caught.value.details == {"reason": "attributes"}

    def test_revocation_data_beside_it_is_told(self, unit: Holder) -> None:
        ca = Authority.root("Another")
        crl = ca.crl()
        response = ocsp.OCSPResponse({"response_status": "try_later"})
        basic = b"\x30\x03\x02\x01\x05"

        def bend(data: cms.SignedData) -> None:
            data["crls"] = [
                cms.RevocationInfoChoice("crl", asn1_crl.CertificateList.load(crl)),
                _other("1.3.6.1.5.5.7.16.2", response),
                _other("1.3.6.1.5.5.7.48.1.1", core.Any.load(basic)),
                _other("1.2.3.4", core.Null()),
            ]

        (found,) = recognise(build(unit, DOCUMENT, bend=bend)).signatures(None)

        assert found.crls == (crl,)
        whole, from_basic = found.ocsp_responses
        assert whole == response.dump()
        parsed = ocsp.OCSPResponse.load(from_basic)
        assert parsed["response_bytes"]["response_type"].native == "basic_ocsp_response"
        assert parsed["response_bytes"]["response"].contents == basic


def _other(oid: str, value: core.Asn1Value) -> cms.RevocationInfoChoice:
    return cms.RevocationInfoChoice(
        "other", {"other_rev_info_format": oid, "other_rev_info": core.Any(value)}
    )


class TestFiles:
    @pytest.fixture
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is held is smaller than these documents."""
        monkeypatch.setattr(files.cms, "MAX_ATTACHED_BYTES", 10)
        monkeypatch.setattr(files, "MAX_HELD_BYTES", 10)

    def at(self, directory: Path, octets: bytes) -> Path:
        path = directory / "signed"
        path.write_bytes(octets)
        return path

    @pytest.mark.parametrize("profile", ["cades-attached", "jws", "bhxh-hoso", "asic-e"])
    def test_small_ones_are_held(self, unit: Holder, tmp_path: Path, profile: str) -> None:
        path = self.at(tmp_path, signed(unit, profile))

        assert recognise_file(path) == recognise(path.read_bytes())

    @pytest.mark.usefixtures("small")
    def test_large_cms_is_read_where_it_is(self, unit: Holder, tmp_path: Path) -> None:
        file = recognise_file(self.at(tmp_path, signed(unit, "cades-attached")))

        assert (file.kind, file.detached) == ("cms", False)
        (found,) = file.signatures(None)
        assert found.digest == hashlib.sha256(DOCUMENT).digest()
        assert file.signatures(DOCUMENT) == (found,)
        with pytest.raises(DocumentError) as caught:
            file.signatures(b"another")
        assert caught.value.details == {"reason": "content"}

    @pytest.mark.usefixtures("small")
    def test_large_containers_are_read_where_they_are(self, unit: Holder, tmp_path: Path) -> None:
        file = recognise_file(self.at(tmp_path, signed(unit, "asic-e")))

        assert file.signatures(None)[0].covers == "document"

    @pytest.mark.usefixtures("small")
    @pytest.mark.parametrize("profile", ["jws", "bhxh-hoso"])
    def test_others_are_too_large(self, unit: Holder, tmp_path: Path, profile: str) -> None:
        with pytest.raises(DocumentError, match="document_too_large"):
            recognise_file(self.at(tmp_path, signed(unit, profile)))


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
            (lambda document: document.replace(b"(Hello 1)", b"(Hallo 1)"), "value"),
            (lambda document: pdf.appended(document, {4: pdf.stream("BT ET")}), "digest"),
        ],
        ids=["unsigned", "changed", "another page in its place"],
    )
    def test_one_that_is_not_good_is_none(self, unit: Holder, spoil, reason: str) -> None:
        with pytest.raises(DocumentError) as caught:
            recognise(spoil(signed(unit, "pades", pdf.file()))).signatures(None)

        assert caught.value.details["reason"] == reason

    def test_a_damaged_file_is_said_to_be_one(self) -> None:
        with pytest.raises(DocumentError, match="pdf_malformed"):
            recognise(b"%PDF-1.7").signatures(None)
