"""What is turned away at the door, each with words of its own. Pure."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureConstructionMethod
from signxml.signer import XMLSigner

from tests.support.sandbox import Subscriber, form_for, signed, signed_dossier, subscriber
from webui.bhxh import form05
from webui.sandbox.ca import Authority
from webui.sandbox.gateway import door
from webui.sandbox.gateway.refusal import Code, Refusal

DS = "{http://www.w3.org/2000/09/xmldsig#}"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Subscriber:
    folder: Path = tmp_path_factory.mktemp("ca")
    return subscriber(Authority.open(folder, url="http://127.0.0.1:1"))


def refused(document: bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        door.read(document)
    return caught.value


def changed(document: bytes, path: str, text: str) -> bytes:
    root = etree.fromstring(document)
    element = root.find(path)
    assert element is not None
    element.text = text
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


class TestWelcome:
    def test_the_form_is_read_from_what_was_signed(self, company) -> None:
        arrival = door.read(signed_dossier(company))

        assert arrival.form == form_for(company)
        assert arrival.certificate == company.certificate

    def test_the_content_is_the_same_whoever_signs_it_and_whenever(self, company) -> None:
        document = form05.build(form_for(company))
        first = door.read(signed(document, company))
        spaced = signed(document, company).replace(b"</Hoso>", b"</Hoso>\n")

        assert door.read(spaced).content_sha256 == first.content_sha256

    def test_a_byte_order_mark_is_no_obstacle(self, company) -> None:
        assert door.read(b"\xef\xbb\xbf" + signed_dossier(company)).form.mst == "9900000143"


class TestUnreadable:
    @pytest.mark.parametrize(
        "document",
        [
            b"",
            b"\x00" * 100,
            b"<Hoso>",
            b"PK\x03\x04",
            "<Hoso>Đ</Hoso>".encode("utf-16"),
            b'<?xml version="1.0" encoding="ISO-8859-1"?><Hoso/>',
            b"<!DOCTYPE Hoso><Hoso/>",
            b'<!DOCTYPE x [<!ENTITY a "b">]><Hoso>&a;</Hoso>',
        ],
    )
    def test_what_is_not_plain_utf8_xml(self, document) -> None:
        assert refused(document).code is Code.UNREADABLE

    def test_a_dtd_put_into_a_signed_dossier(self, company) -> None:
        document = signed_dossier(company).replace(b"<Hoso", b"<!DOCTYPE Hoso><Hoso", 1)

        assert refused(document).code is Code.UNREADABLE

    def test_too_large(self) -> None:
        refusal = refused(b" " * (1024 * 1024 + 1))

        assert refusal.code is Code.TOO_LARGE
        assert "1024 KB" in refusal.words


class TestWrongForm:
    @pytest.mark.parametrize(
        ("path", "text"),
        [
            ("NoiDung/ThongTinHoSo/MaThuTuc", "06_NG-IVAN"),
            ("NoiDung/ThongTinDonVi/MaSoThue", "99-0000"),
            ("NoiDung/ThongTinIVAN/MaIVAN", "100"),
            ("NoiDung/ThongTinThayDoi/Email", "nobody"),
            ("NoiDung/ThongTinHoSo/NgayLap", "2026-01-02"),
        ],
    )
    def test_a_value_outside_the_schema(self, company, path, text) -> None:
        document = changed(form05.build(form_for(company)), path, text)

        assert refused(signed(document, company)).code is Code.WRONG_FORM

    def test_another_document(self) -> None:
        assert refused(b"<BHXH><DKI_BHXH/></BHXH>").code is Code.WRONG_FORM

    def test_a_day_that_is_none(self, company) -> None:
        document = changed(
            form05.build(form_for(company)), "NoiDung/ThongTinHoSo/NgayLap", "31/02/2026"
        )

        assert refused(signed(document, company)).code is Code.WRONG_FORM


class TestSignature:
    def test_none(self, company) -> None:
        refusal = refused(form05.build(form_for(company)))

        assert refusal.code is Code.SIGNATURE
        assert "chưa được ký" in refusal.words

    def test_a_word_changed_after_signing(self, company) -> None:
        document = changed(signed_dossier(company), "NoiDung/ThongTinThayDoi/Email", "x@y.example")

        assert refused(document).code is Code.SIGNATURE

    def test_a_certificate_exchanged_for_anothers(self, company, tmp_path) -> None:
        authority = Authority.open(tmp_path / "ca", url="http://127.0.0.1:1")
        others = [subscriber(authority) for _ in range(3)]
        other = next(
            one for one in others if one.key.private_numbers() != company.key.private_numbers()
        )
        theirs = etree.fromstring(signed_dossier(other)).find(f".//{DS}KeyInfo")
        root = etree.fromstring(signed_dossier(company))
        ours = root.find(f".//{DS}KeyInfo")
        assert ours is not None
        assert theirs is not None
        ours.getparent().replace(ours, theirs)

        assert refused(etree.tostring(root)).code is Code.SIGNATURE

    def test_a_signature_that_covers_another_dossier_which_it_carries_along(self, company) -> None:
        """Wrapping (T11): the signature verifies, but what it covers is not this dossier."""
        honest = etree.fromstring(form05.build(form_for(company)))
        carrying = XMLSigner(
            method=SignatureConstructionMethod.enveloping,
            # Exclusive: so that it goes on verifying where it is moved to.
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        ).sign(
            honest,
            key=company.key,
            cert=[x509.load_der_x509_certificate(company.certificate)],
        )
        forged = etree.fromstring(form05.build(form_for(company, contact_name="Kẻ Gian")))
        container = forged.find("CKy_Dvi")
        assert container is not None
        container.append(carrying)

        refusal = refused(etree.tostring(forged))
        assert refusal.code is Code.SIGNATURE
        assert "không bao trùm" in refusal.words

    def test_two_signatures(self, company) -> None:
        root = etree.fromstring(signed_dossier(company))
        signature = root.find(f".//{DS}Signature")
        assert signature is not None
        outside = etree.tostring(signature)
        container = root.find("NoiDung")
        assert container is not None
        container.append(etree.fromstring(outside))

        # The schema has no place for a second one; without the schema there would still be two.
        assert refused(etree.tostring(root)).code in {Code.WRONG_FORM, Code.SIGNATURE}

    def test_an_expired_certificate_is_the_verdicts_business(self, tmp_path, company) -> None:
        authority = Authority.open(tmp_path / "ca", url="http://127.0.0.1:1")
        long_ago = company.facts.not_before - timedelta(days=4 * 365)
        expired = subscriber(authority, not_before=long_ago)

        assert door.read(signed_dossier(expired)).certificate == expired.certificate


class TestKeys:
    @pytest.mark.parametrize("key", [None, "", "short", "x" * 101, "with blank", "kéy-kéy-kéy"])
    def test_a_missing_or_odd_idempotency_key(self, key) -> None:
        with pytest.raises(Refusal) as caught:
            door.checked_key(key)

        assert caught.value.code is Code.NO_KEY

    @pytest.mark.parametrize("kind", ["application/json", "text/html", "application/octet-stream"])
    def test_what_does_not_say_that_it_is_xml(self, kind) -> None:
        with pytest.raises(Refusal) as caught:
            door.checked_type(kind)

        assert caught.value.code is Code.NOT_XML_TYPE


def test_every_refusal_has_words() -> None:
    details = dict.fromkeys(
        ("limit_kb", "reason", "transaction", "end", "begin", "certificate", "unit"), "…"
    ) | {"written": "A", "signed": "B"}

    words = [Refusal(code, **details).words for code in Code]

    assert len(set(words)) == len(Code)
