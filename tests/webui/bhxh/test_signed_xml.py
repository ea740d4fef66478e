from base64 import b64encode

import pytest

from tests.support.pki import Holder, ec_key
from tests.support.xmldsig import C14N, DSIG, ENVELOPED, sign, signature
from tests.webui.bhxh.test_form05 import form
from tests.webui.world import authority, unit_holder
from webui.bhxh import form05
from webui.bhxh.signed_xml import verified, without_signature
from webui.errors import Refused

BUILT = form05.build(form())
SHA1 = f"{DSIG}sha1"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"


def refusal(document: bytes) -> str:
    with pytest.raises(Refused) as refused:
        verified(document, built=BUILT)
    return refused.value.code


def test_the_document_signed_is_accepted_with_the_certificate_that_signed_it():
    holder = unit_holder()
    signed = sign(BUILT, holder)

    assert verified(signed, built=BUILT).certificate == holder.der
    assert verified(signed, built=BUILT).document == signed
    assert without_signature(signed, built=BUILT) == BUILT


def test_an_explicit_inclusive_c14n_is_accepted_too():
    signed = sign(BUILT, unit_holder(), transforms=(ENVELOPED, C14N))

    assert verified(signed, built=BUILT)


def test_the_agents_own_signature_is_accepted():
    """Two implementations of the profile agree: the agent's and this one's."""
    from datetime import UTC, datetime

    from agent.formats.registry import FORMATS

    holder = unit_holder()
    prepared = FORMATS["bhxh-hoso"].prepare(
        BUILT, certificate=holder.der, signing_time=datetime.now(UTC)
    )
    signed = prepared.complete(holder.sign(prepared.digest))

    assert verified(signed, built=BUILT).certificate == holder.der


class TestContentThatWasNotBuiltByUs:
    def test_changed_after_signing(self):
        signed = sign(BUILT, unit_holder())

        assert refusal(signed.replace(b"a@b.vn", b"x@b.vn")) == "signature_invalid"

    def test_changed_before_signing(self):
        other = BUILT.replace(b"a@b.vn", b"x@b.vn")

        assert refusal(sign(other, unit_holder())) == "signed_content_differs"

    def test_the_same_canonical_form_in_other_bytes(self):
        """What we send must be what we built, also where C14N does not look."""
        other = BUILT.replace(b"'1.0' encoding='UTF-8'", b'"1.0" encoding="UTF-8"')

        assert refusal(sign(other, unit_holder())) == "signed_content_differs"

    def test_unsigned_words_beside_the_signature(self):
        signed = sign(BUILT, unit_holder())

        assert refusal(signed.replace(b"<CKy_Dvi>", b"<CKy_Dvi>them ")) == "signature_invalid"

    def test_not_signed_at_all(self):
        assert refusal(BUILT) == "signature_invalid"


class TestWrapping:
    """T11: the verified element is not the used one."""

    def test_the_signed_content_moved_into_the_signature_object(self):
        wrapped = (
            sign(BUILT, unit_holder())
            .replace(b"a@b.vn", b"x@b.vn")
            .replace(
                b"</Signature>",
                b"<Object>%s</Object></Signature>" % BUILT.partition(b"\n")[2],
            )
        )

        assert refusal(wrapped) == "signature_invalid"

    def test_a_second_container(self):
        signed = sign(BUILT, unit_holder())

        assert refusal(signed.replace(b"</Hoso>", b"<CKy_Dvi></CKy_Dvi></Hoso>")) != ""

    def test_a_second_signature(self):
        holder = unit_holder()
        twice = sign(BUILT, holder).replace(b"</CKy_Dvi>", signature(BUILT, holder) + b"</CKy_Dvi>")

        assert refusal(twice) == "signature_invalid"

    def test_a_signature_elsewhere(self):
        holder = unit_holder()
        elsewhere = BUILT.replace(b"</NoiDung>", signature(BUILT, holder) + b"</NoiDung>")

        assert refusal(elsewhere) == "signature_invalid"

    def test_a_reference_to_a_part(self):
        part = b'<NoiDung Id="x">a</NoiDung>'
        document = BUILT.replace(b"<NoiDung>", b'<NoiDung Id="x">')
        signed = sign(document, unit_holder(), uri="#x", covered=part)

        assert refusal(signed) == "signature_invalid"

    def test_two_references(self):
        assert refusal(sign(BUILT, unit_holder(), references=2)) == "signature_invalid"


@pytest.mark.parametrize(
    "wrongly",
    [
        {"signature_method": f"{DSIG}rsa-sha1"},
        {"digest_method": SHA1},
        {"c14n_method": EXCLUSIVE},
        {"c14n_method": f"{C14N}#WithComments"},
        {"transforms": ()},
        {"transforms": (C14N,)},
        {"transforms": (ENVELOPED, EXCLUSIVE)},
        {"transforms": (ENVELOPED, "http://www.w3.org/TR/1999/REC-xslt-19991116")},
        {"certificates": 2},
        {"certificates": 0},
    ],
    ids=str,
)
def test_another_algorithm_or_shape_is_refused(wrongly):
    assert refusal(sign(BUILT, unit_holder(), **wrongly)) == "signature_invalid"


def test_a_certificate_that_did_not_sign_is_refused():
    other = authority().issue("NGƯỜI KHÁC", mst="0100233488")

    assert refusal(sign(BUILT, unit_holder(), certificate=other)) == "signature_invalid"


def test_an_elliptic_key_is_refused():
    holder = authority().issue("EC", key=ec_key("ec"))

    assert refusal(sign(BUILT, holder)) == "signature_invalid"


def test_a_signature_of_another_document_is_refused():
    another = sign(form05.build(form(contact_email="c@d.vn")), unit_holder())
    moved = another[another.index(b"<Signature") : another.index(b"</CKy_Dvi>")]

    assert refusal(BUILT.replace(b"<CKy_Dvi>", b"<CKy_Dvi>" + moved)) == "signature_invalid"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.replace(b"<Hoso", b"<!DOCTYPE Hoso><Hoso", 1),
        lambda d: d.replace(b"<NoiDung>", b"<NoiDung><!-- c -->"),
        lambda d: d.decode().encode("utf-16"),
        lambda d: d[:-10],
        lambda _: b"",
    ],
)
def test_what_is_not_plain_xml_is_unreadable(spoil):
    assert refusal(spoil(sign(BUILT, unit_holder()))) == "signed_document_unreadable"


def test_a_certificate_that_is_no_certificate_is_refused():
    holder = unit_holder()
    signed = sign(BUILT, holder)
    broken = signed.replace(b64encode(holder.der), b64encode(b"\x30\x03\x02\x01\x01"))

    assert refusal(broken) == "signature_invalid"


def test_an_expired_certificate_still_verifies_here():
    """Validity is judged by filing.judging, with a message of its own."""
    from tests.support.pki import DAY, NOW

    old: Holder = authority().issue("CŨ", not_before=NOW - 900 * DAY, not_after=NOW - DAY)

    assert verified(sign(BUILT, old), built=BUILT).certificate == old.der
