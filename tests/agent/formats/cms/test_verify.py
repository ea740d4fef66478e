"""The verifier: what it takes from others, and each thing that it refuses, by its reason."""

import hashlib
import io
import sys

import pytest
from asn1crypto import cms, core
from cryptography import x509

from agent.errors import DocumentError
from agent.formats.algorithms import Kind, Scheme
from agent.formats.cms import Reason, der, is_detached, needed_digests, verify
from agent.formats.content import digested
from agent.keys import Mechanism
from tests.support import cms as made
from tests.support.forged_cms import Forgery, forgeries
from tests.support.pki import NOW, Authority, Holder, ec_key, rsa_key

CONTENT = b"Pay 100 to Alice."


@pytest.fixture(scope="module")
def forged(ca: Authority, unit: Holder) -> list[Forgery]:
    return forgeries(ca, unit)


class TestWhatOthersMake:
    def test_attached(self, unit: Holder) -> None:
        (found,) = verify(made.build(unit, CONTENT))

        assert found.certificate == unit.der
        assert found.content == CONTENT
        assert found.digest == hashlib.sha256(CONTENT).digest()
        assert found.signing_time == NOW
        assert found.scheme == Scheme(Kind.RSA_PKCS1, "sha256")
        assert (found.others, found.timestamps) == ((), ())

    def test_attached_beside_the_same_content(self, unit: Holder) -> None:
        assert verify(made.build(unit, CONTENT), content=CONTENT)

    def test_detached(self, unit: Holder) -> None:
        signed = made.build(unit, CONTENT, attached=False)

        (found,) = verify(signed, content=CONTENT)

        assert found.content is None
        assert is_detached(signed)
        assert not is_detached(made.build(unit, CONTENT))

    def test_named_by_key_identifier(self, unit: Holder) -> None:
        assert verify(made.build(unit, CONTENT, by_key_identifier=True))

    def test_bound_with_issuer_and_serial_number(self, unit: Holder) -> None:
        told = made.attributes(unit, CONTENT)
        told["signing_certificate_v2"] = [made.binding(unit, issuer=True)]

        assert verify(made.build(unit, CONTENT, signed=told))

    def test_bound_by_another_hash(self, unit: Holder) -> None:
        told = made.attributes(unit, CONTENT)
        told["signing_certificate_v2"] = [made.binding(unit, algorithm="sha512")]

        assert verify(made.build(unit, CONTENT, signed=told))

    def test_other_signed_attributes_are_told(self, unit: Holder) -> None:
        told = made.attributes(unit, CONTENT) | {"1.2.840.113549.1.9.16.2.4": [core.Null()]}

        (found,) = verify(made.build(unit, CONTENT, signed=told))

        assert found.others == ("1.2.840.113549.1.9.16.2.4",)

    def test_algorithm_protection_that_is_right(self, unit: Holder) -> None:
        told = made.attributes(unit, CONTENT)
        told["cms_algorithm_protection"] = [
            {
                "digest_algorithm": {"algorithm": "sha256"},
                "signature_algorithm": {"algorithm": "sha256_rsa"},
            }
        ]

        assert verify(made.build(unit, CONTENT, signed=told))

    @pytest.mark.parametrize(
        ("mechanism", "identifier"),
        [
            (Mechanism.RSA_PKCS1_SHA384, None),
            (Mechanism.RSA_PKCS1_SHA512, {"algorithm": "rsassa_pkcs1v15"}),
            (Mechanism.RSA_PSS_SHA256, made.pss_identifier()),
            (Mechanism.ECDSA_SHA256, None),
            (Mechanism.ECDSA_SHA384, None),
        ],
    )
    def test_every_mechanism(self, ca: Authority, mechanism: Mechanism, identifier) -> None:
        key = ec_key("cms") if "ecdsa" in mechanism else rsa_key("cms")
        holder = ca.issue(mechanism.value, key=key)

        signed = made.build(
            holder, CONTENT, mechanism=mechanism, signature_algorithm=identifier, attached=False
        )

        assert needed_digests(signed) == {mechanism.value.rpartition("-")[2]}
        (found,) = verify(signed, content=CONTENT)
        assert found.scheme.mechanism is mechanism

    def test_several_signatures_that_are_all_good(self, ca: Authority, unit: Holder) -> None:
        other = ca.issue("CÔNG TY KHÁC", mst="0312345679")
        second = made.build(other, CONTENT)
        taken = cms.ContentInfo.load(second)["content"]["signer_infos"][0]

        def bend(data: cms.SignedData) -> None:
            data["signer_infos"] = [data["signer_infos"][0], taken]

        found = verify(made.build(unit, CONTENT, certificates=[unit, other], bend=bend))

        assert {one.certificate for one in found} == {unit.der, other.der}

    def test_certificates_of_keys_that_we_do_not_know_do_no_harm(self, unit: Holder) -> None:
        from cryptography.hazmat.primitives.asymmetric import ed25519

        stranger = Authority.root().issue("Ed", key=ed25519.Ed25519PrivateKey.generate())

        assert verify(made.build(unit, CONTENT, certificates=[stranger, unit]))

    def test_revocation_data_beside_it(self, ca: Authority, unit: Holder) -> None:
        def bend(data: cms.SignedData) -> None:
            data["crls"] = [cms.CertificateList.load(ca.crl())]

        assert verify(made.build(unit, CONTENT, bend=bend))

    def test_ber_with_open_lengths_and_content_in_pieces(self, unit: Holder) -> None:
        """As Java's usual library writes it."""
        data = cms.ContentInfo.load(made.build(unit, CONTENT))["content"]
        pieces = der.octet_string(CONTENT[:5]) + der.octet_string(CONTENT[5:])

        def opened(tag: bytes, *parts: bytes) -> bytes:
            return tag + b"\x80" + b"".join(parts) + b"\0\0"

        info = opened(
            b"\x30", der.oid("1.2.840.113549.1.7.1"), opened(b"\xa0", opened(b"\x24", pieces))
        )
        whole = opened(
            b"\x30",
            der.oid("1.2.840.113549.1.7.2"),
            opened(
                b"\xa0",
                opened(
                    b"\x30",
                    data["version"].dump(),
                    data["digest_algorithms"].dump(),
                    info,
                    data["certificates"].dump(),
                    data["signer_infos"].dump(),
                ),
            ),
        )

        (found,) = verify(whole)

        assert found.content == CONTENT


class TestForgeries:
    def test_each_is_refused_for_its_reason(self, forged: list[Forgery]) -> None:
        found = {}
        for forgery in forged:
            with pytest.raises(DocumentError, match="signature_invalid") as caught:
                verify(forgery.signed, content=forgery.content)
            found[forgery.name] = caught.value.details["reason"]

        assert found == {forgery.name: forgery.reason for forgery in forged}

    def test_every_reason_has_a_case(self, forged: list[Forgery]) -> None:
        assert len({forgery.name for forgery in forged}) == len(forged) > 40
        reasons = {forgery.reason for forgery in forged}
        assert reasons == set(Reason) - {Reason.TIMESTAMP}  # see test_timestamp.py

    def test_what_they_are_made_from_is_good(self, unit: Holder) -> None:
        """Else all of them could be refused for another reason than their own."""
        assert verify(made.build(unit, CONTENT))


class TestBounds:
    def test_a_file_that_is_too_large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # The package's name for it is the function.
        module = sys.modules["agent.formats.cms.verify"]
        monkeypatch.setattr(module, "MAX_ATTACHED_BYTES", 0)
        monkeypatch.setattr(module, "SIGNATURE_ROOM", 10)

        for ask in (verify, is_detached, needed_digests):
            with pytest.raises(DocumentError, match="document_too_large"):
                ask(bytes(11))

    def test_too_many_certificates_and_signers(self, unit: Holder) -> None:
        def signers(data: cms.SignedData) -> None:
            data["signer_infos"] = [data["signer_infos"][0]] * 17

        many = made.build(unit, CONTENT, bend=signers)
        with pytest.raises(DocumentError, match="signature_invalid"):
            verify(many)
        with pytest.raises(DocumentError, match="signature_invalid"):
            verify(made.build(unit, CONTENT, certificates=[unit] * 65))

    def test_a_certificate_that_is_too_large(self, ca: Authority, unit: Holder) -> None:
        comment = x509.UnrecognizedExtension(
            x509.ObjectIdentifier("1.3.6.1.4.1.55555.9"), bytes(70_000)
        )
        large = ca.issue("large", extensions=((comment, False),))

        with pytest.raises(DocumentError, match="signature_invalid"):
            verify(made.build(unit, CONTENT, certificates=[unit, large]))

    def test_content_that_is_known_by_the_wrong_hash(self, unit: Holder) -> None:
        signed = made.build(unit, CONTENT, attached=False, mechanism=Mechanism.RSA_PKCS1_SHA512)
        document = digested(io.BytesIO(CONTENT), algorithms=needed_digests(signed))

        assert verify(signed, content=document)
        with pytest.raises(DocumentError, match="document_too_large"):
            verify(signed, content=digested(io.BytesIO(CONTENT)))
