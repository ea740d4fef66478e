"""CAdES B-B as we make it: what is in it, and what never leaves."""

import dataclasses
import hashlib
import io
from datetime import UTC, datetime

import pytest
from asn1crypto import cms

from agent.documents import Digested
from agent.errors import DocumentError, InternalError, UserError
from agent.formats.cms import CmsFormat, PreparedCms, verify
from agent.formats.cms import sign as module
from agent.formats.content import digested
from agent.formats.registry import format_for
from agent.keys import Mechanism
from tests.support.pki import Authority, Holder, Urls, ec_key, rsa_key

NOON = datetime(2026, 11, 23, 12, 0, 0, 123, tzinfo=UTC)
DOCUMENT = "Hợp đồng số 1".encode()
ATTACHED, DETACHED = CmsFormat(attached=True), CmsFormat(attached=False)


def prepared(unit: Holder, document: object = DOCUMENT, way: CmsFormat = ATTACHED) -> PreparedCms:
    return way.prepare(document, certificate=unit.der, signing_time=NOON)


def signed(unit: Holder, document: object = DOCUMENT, way: CmsFormat = ATTACHED) -> bytes:
    made = prepared(unit, document, way)
    return made.complete(unit.sign_by(made.mechanism, made.digest))


def read(octets: bytes) -> cms.SignedData:
    return cms.ContentInfo.load(octets, strict=True)["content"]


class TestWhatIsInIt:
    def test_versions_and_types(self, unit: Holder) -> None:
        data = read(signed(unit))

        (signer,) = data["signer_infos"]
        assert (data["version"].native, signer["version"].native) == ("v1", "v1")
        assert data["encap_content_info"]["content_type"].native == "data"
        assert data["encap_content_info"]["content"].native == DOCUMENT
        assert data["crls"].native is None

    def test_detached_has_no_content(self, unit: Holder) -> None:
        info = read(signed(unit, way=DETACHED))["encap_content_info"]

        assert info["content"].native is None

    def test_the_signed_attributes_are_those_of_cades_b_b(self, unit: Holder) -> None:
        (signer,) = read(signed(unit))["signer_infos"]

        told = {a["type"].native: a["values"] for a in signer["signed_attrs"]}
        assert set(told) == {
            "content_type",
            "message_digest",
            "signing_time",
            "signing_certificate_v2",
        }
        assert told["content_type"].native == ["data"]
        assert told["message_digest"].native == [hashlib.sha256(DOCUMENT).digest()]
        assert told["signing_time"].native == [NOON.replace(microsecond=0)]
        (bound,) = told["signing_certificate_v2"][0]["certs"]
        assert bound["cert_hash"].native == hashlib.sha256(unit.der).digest()
        assert signer["unsigned_attrs"].native is None

    def test_it_is_der_to_the_last_octet(self, unit: Holder) -> None:
        made = signed(unit)

        assert cms.ContentInfo.load(made).dump(force=True) == made

    def test_the_chain_is_embedded_without_the_root(self, unit: Holder) -> None:
        root = Authority.root("Another root")
        upper = Authority.under(root, "Upper", urls=Urls())
        lower = Authority.under(upper, "Lower", urls=Urls())
        holder = lower.issue()
        everything = (root.der, unit.der, upper.der, b"junk", lower.der)

        made = signed(holder, way=CmsFormat(attached=True, authorities=everything))

        found = {one.chosen.dump() for one in read(made)["certificates"]}
        assert found == {holder.der, lower.der, upper.der}
        (verified,) = verify(made)
        assert set(verified.embedded) == found

    @pytest.mark.parametrize(
        ("mechanism", "method"),
        [
            (Mechanism.RSA_PKCS1_SHA256, "sha256_rsa"),
            (Mechanism.RSA_PKCS1_SHA384, "sha384_rsa"),
            (Mechanism.RSA_PKCS1_SHA512, "sha512_rsa"),
            (Mechanism.RSA_PSS_SHA256, "rsassa_pss"),
            (Mechanism.ECDSA_SHA256, "sha256_ecdsa"),
            (Mechanism.RSA_PSS_SHA384, "rsassa_pss"),
            (Mechanism.RSA_PSS_SHA512, "rsassa_pss"),
            (Mechanism.ECDSA_SHA384, "sha384_ecdsa"),
            (Mechanism.ECDSA_SHA512, "sha512_ecdsa"),
        ],
    )
    def test_every_mechanism(self, ca: Authority, mechanism: Mechanism, method: str) -> None:
        key = ec_key("cms") if "ecdsa" in mechanism else rsa_key("cms")
        holder = ca.issue(mechanism.value, key=key)

        made = signed(holder, way=CmsFormat(attached=False, mechanisms=(mechanism,)))

        (signer,) = read(made)["signer_infos"]
        assert signer["signature_algorithm"]["algorithm"].native == method
        assert signer["digest_algorithm"]["algorithm"].native in mechanism.value
        (verified,) = verify(made, content=DOCUMENT)
        assert verified.scheme.mechanism is mechanism


class TestTheKey:
    @pytest.mark.parametrize(
        ("bits", "mechanism"),
        [
            (256, Mechanism.ECDSA_SHA256),
            (384, Mechanism.ECDSA_SHA384),
            (521, Mechanism.ECDSA_SHA512),
        ],
    )
    def test_a_curve_has_its_hash(self, ca: Authority, bits: int, mechanism: Mechanism) -> None:
        holder = ca.issue(f"EC {bits}", key=ec_key("cms", bits))

        assert prepared(holder).mechanism is mechanism
        assert verify(signed(holder))

    def test_of_a_document_known_by_one_hash_that_hash(self, ca: Authority) -> None:
        holder = ca.issue("EC 384", key=ec_key("cms", 384))
        document = digested(io.BytesIO(DOCUMENT))

        assert prepared(holder, document, DETACHED).mechanism is Mechanism.ECDSA_SHA256

    def test_one_that_is_too_weak_is_refused(self, ca: Authority) -> None:
        holder = ca.issue("short", key=rsa_key("short", 1024))

        with pytest.raises(UserError) as caught:
            prepared(holder)

        assert (caught.value.code, caught.value.details) == (
            "certificate_unsuitable",
            {"reason": "key"},
        )


class TestDocumentsNotAtHand:
    def test_detached_needs_the_hash_alone(self, unit: Holder) -> None:
        document = digested(io.BytesIO(DOCUMENT))

        made = signed(unit, document, DETACHED)

        assert made == signed(unit, DOCUMENT, DETACHED)
        assert verify(made, content=document) == verify(made, content=DOCUMENT)

    def test_attached_needs_the_document(self, unit: Holder) -> None:
        with pytest.raises(DocumentError, match="document_too_large"):
            prepared(unit, digested(io.BytesIO(DOCUMENT)))

    def test_attached_has_a_limit(self, unit: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MAX_ATTACHED_BYTES", len(DOCUMENT) - 1)

        with pytest.raises(DocumentError, match="document_too_large"):
            prepared(unit)

    def test_an_empty_document_is_a_document(self, unit: Holder) -> None:
        (verified,) = verify(signed(unit, b""))

        assert verified.content == b""


class TestPrepared:
    def test_describes_the_document(self, unit: Holder) -> None:
        told = prepared(unit).description

        assert (told.kind, told.size) == ("other", len(DOCUMENT))
        assert told.sha256 == hashlib.sha256(DOCUMENT).hexdigest()
        assert told.preview == "Hợp đồng số 1"

    def test_the_digest_is_of_the_message(self, unit: Holder) -> None:
        made = prepared(unit)

        assert made.digest == hashlib.sha256(made.message).digest()
        assert made.message[:1] == b"\x31"

    def test_the_profiles_are_in_the_registry(self, unit: Holder) -> None:
        for name, attached in (("cades-attached", True), ("cades-detached", False)):
            made = format_for(name).prepare(DOCUMENT, certificate=unit.der, signing_time=NOON)
            octets = made.complete(unit.sign(made.digest))
            assert (DOCUMENT in octets) is attached


class TestWhatNeverLeaves:
    @pytest.mark.parametrize(
        "spoil",
        [
            lambda value: value[:-1],
            lambda value: bytes([value[0] ^ 1]) + value[1:],
            lambda _: b"",
            lambda value: value + b"\0",
            lambda value: value * 4000,
        ],
    )
    def test_a_wrong_signature_value(self, unit: Holder, spoil) -> None:
        made = prepared(unit)

        with pytest.raises(InternalError, match="self_check_failed") as caught:
            made.complete(spoil(unit.sign(made.digest)))

        assert caught.value.details["reason"] == "value"

    def test_another_keys_signature(self, ca: Authority, unit: Holder) -> None:
        made = prepared(unit)

        with pytest.raises(InternalError, match="self_check_failed"):
            made.complete(ca.issue("another").sign(made.digest))

    def test_a_signature_of_something_else(self, unit: Holder) -> None:
        """The self-check compares with what was prepared, not only with itself."""
        made = dataclasses.replace(prepared(unit), _content_digest=bytes(32))

        with pytest.raises(InternalError, match="self_check_failed") as caught:
            made.complete(unit.sign(made.digest))

        assert caught.value.details == {"reason": "content"}

    def test_another_certificate_of_the_key(self, ca: Authority, unit: Holder) -> None:
        renewed = ca.issue("renewed", key=unit.key)
        made = dataclasses.replace(prepared(unit), _certificate=renewed.der)

        with pytest.raises(InternalError, match="self_check_failed"):
            made.complete(unit.sign(made.digest))


def test_a_document_by_its_hashes_is_never_equal_to_other_bytes(unit: Holder) -> None:
    wrong = Digested(size=1, digests={"sha256": bytes(32)})

    with pytest.raises(DocumentError, match="signature_invalid"):
        verify(signed(unit, way=DETACHED), content=wrong)
