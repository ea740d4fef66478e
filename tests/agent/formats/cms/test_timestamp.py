"""RFC 3161 tokens: verified as signatures of an authority that may stamp, and put beside ours."""

import hashlib

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from agent.errors import DocumentError
from agent.formats.cms import CmsFormat, ber, timestamped, verify, verify_timestamp
from tests.support import cms as made
from tests.support.pki import NOW, Authority, Holder, rsa_key

VALUE = b"a signature's value"


@pytest.fixture(scope="session")
def tsa(ca: Authority) -> Holder:
    return ca.stamping()


def signed(unit: Holder, document: bytes = b"abc", *, attached: bool = False) -> bytes:
    prepared = CmsFormat(attached=attached).prepare(
        document, certificate=unit.der, signing_time=NOW
    )
    return prepared.complete(unit.sign(prepared.digest))


class TestVerifyTimestamp:
    @pytest.mark.parametrize("v1", [False, True])
    @pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
    def test_a_good_one(self, tsa: Holder, algorithm: str, *, v1: bool) -> None:
        token = made.stamp(tsa, VALUE, algorithm=algorithm, v1=v1)

        found = verify_timestamp(token, stamped=VALUE)

        assert (found.at, found.certificate, found.token) == (NOW, tsa.der, token)

    def test_of_another_value(self, tsa: Holder) -> None:
        refused(made.stamp(tsa, VALUE), stamped=b"another")

    def test_by_a_broken_hash(self, tsa: Holder) -> None:
        refused(made.stamp(tsa, VALUE, algorithm="sha1"))

    def test_whose_signature_is_wrong(self, tsa: Holder, unit: Holder) -> None:
        refused(made.stamp(tsa, VALUE, signer=unit))

    def test_whose_certificate_is_not_bound(self, tsa: Holder) -> None:
        octets = cms.ContentInfo.load(made.stamp(tsa, VALUE))["content"]["encap_content_info"]
        told = made.attributes(tsa, octets["content"].contents, content_type="tst_info")
        del told["signing_certificate_v2"]
        refused(made.stamp(tsa, VALUE, signed=told))

    @pytest.mark.parametrize(
        "extensions",
        [
            (),
            ((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), False),),
            ((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), True),),
            (
                (
                    x509.ExtendedKeyUsage(
                        [ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING]
                    ),
                    True,
                ),
            ),
        ],
        ids=["no usage", "not critical", "another usage", "more usages"],
    )
    def test_by_one_who_may_not_stamp(self, ca: Authority, extensions) -> None:
        refused(made.stamp(ca.stamping("No authority", extensions=extensions), VALUE))

    def test_by_a_weak_key(self, ca: Authority) -> None:
        refused(made.stamp(ca.stamping("Weak", key=rsa_key("weak", 1024)), VALUE))

    def test_that_is_a_signature_of_a_document(self, unit: Holder) -> None:
        refused(made.build(unit, VALUE))

    def test_with_two_signers(self, tsa: Holder) -> None:
        def twice(data: cms.SignedData) -> None:
            data["signer_infos"] = [data["signer_infos"][0]] * 2

        refused(made.stamp(tsa, VALUE, bend=twice))

    @pytest.mark.parametrize("octets", [b"", b"\x30\x00", b"junk", bytes(70_000)])
    def test_that_is_none(self, octets: bytes) -> None:
        refused(octets)

    def test_whose_content_is_none(self, tsa: Holder) -> None:
        refused(made.build(tsa, b"\x30\x03\x02\x01\x01", content_type="tst_info"))


class TestTimestamped:
    @pytest.mark.parametrize("attached", [False, True])
    def test_the_token_stands_beside_the_signature(
        self, unit: Holder, tsa: Holder, *, attached: bool
    ) -> None:
        before = signed(unit, attached=attached)
        token = made.stamp(tsa, made.signature_value(before))

        after = timestamped(before, token)

        (found,) = verify(after, content=b"abc")
        assert found.timestamps == (token,)
        assert ber.read(after).all_der()
        (was,) = verify(before, content=b"abc")
        assert (found.signature, found.digest) == (was.signature, was.digest)

    def test_a_second_one_leaves_the_first(self, unit: Holder, tsa: Holder) -> None:
        before = signed(unit)
        tokens = [made.stamp(tsa, made.signature_value(before), nonce=n) for n in (1, 2)]

        after = timestamped(timestamped(before, tokens[0]), tokens[1])

        (found,) = verify(after, content=b"abc")
        assert sorted(found.timestamps) == sorted(tokens)

    def test_a_token_of_something_else_is_refused(self, unit: Holder, tsa: Holder) -> None:
        with pytest.raises(DocumentError, match="signature_invalid"):
            timestamped(signed(unit), made.stamp(tsa, VALUE))

    def test_what_is_no_signature_is_refused(self, tsa: Holder) -> None:
        with pytest.raises(DocumentError, match="signature_invalid"):
            timestamped(b"\x30\x00", made.stamp(tsa, VALUE))

    def test_the_imprint_is_of_the_signature_value(self, unit: Holder, tsa: Holder) -> None:
        """RFC 5126 §6.1.1: the value without tag and length."""
        before = signed(unit)
        token = made.stamp(tsa, made.signature_value(before))

        info = cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"].parsed
        expected = hashlib.sha256(made.signature_value(before)).digest()
        assert info["message_imprint"]["hashed_message"].native == expected


def refused(token: bytes, *, stamped: bytes = VALUE) -> None:
    with pytest.raises(DocumentError) as caught:
        verify_timestamp(token, stamped=stamped)

    assert caught.value.details == {"reason": "timestamp"}
