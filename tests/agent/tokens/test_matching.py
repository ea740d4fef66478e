"""Which certificates can sign, judged from what a token shows before login."""

from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from agent.keys import KeyType, PinState
from agent.tokens.calls import CertificateObject, KeyObject, Slot, TokenRef
from agent.tokens.matching import matches
from tests.support.softhsm import PrivateKey, new_ec_key, new_rsa_key, self_signed

TOKEN = TokenRef(slot=0, label="L", manufacturer="M", model="T", serial="1")


@dataclass(frozen=True, kw_only=True)
class Pair:
    certificate: x509.Certificate
    public: bytes
    key_type: KeyType

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def stored(self, key_id: bytes = b"") -> CertificateObject:
        return CertificateObject(key_id=key_id, der=self.der)

    def key(self, key_id: bytes = b"", *, shown: bool = True, always: bool = False) -> KeyObject:
        return KeyObject(
            key_id=key_id,
            key_type=self.key_type,
            public=self.public if shown else b"",
            always_authenticate=always,
        )


def pair(key: PrivateKey, *, ca: bool = False) -> Pair:
    if isinstance(key, rsa.RSAPrivateKey):
        public = key.public_key().public_numbers().n.to_bytes(key.key_size // 8)
        kind = KeyType.RSA
    else:
        public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        kind = KeyType.EC
    return Pair(certificate=self_signed(key, "A", ca=ca), public=public, key_type=kind)


@pytest.fixture(scope="module")
def mine() -> Pair:
    return pair(new_rsa_key())


@pytest.fixture(scope="module")
def other() -> Pair:
    return pair(new_rsa_key())


@pytest.fixture(scope="module")
def authority() -> Pair:
    return pair(new_rsa_key(), ca=True)


def found(
    *certificates: CertificateObject,
    public: tuple[KeyObject, ...] = (),
    private: tuple[KeyObject, ...] = (),
) -> dict[bytes, bytes]:
    """CKA_ID of the key by certificate."""
    slot = Slot(
        token=TOKEN,
        reader="R",
        pin=PinState(),
        certificates=certificates,
        public_keys=public,
        private_keys=private,
    )
    return {match.der: match.key.key_id for match in matches(slot)}


class TestWhatIsVisible:
    def test_a_private_key_that_shows_its_public_half_decides(
        self, mine: Pair, other: Pair
    ) -> None:
        """Even against the CKA_ID, which tools copy wrongly."""
        shown = found(mine.stored(b"\x02"), other.stored(b"\x01"), private=(mine.key(b"\x01"),))

        assert shown == {mine.der: b"\x01"}

    def test_a_private_key_with_the_same_id_is_enough(self, mine: Pair, other: Pair) -> None:
        shown = found(
            mine.stored(b"\x01"), other.stored(b"\x02"), private=(mine.key(b"\x01", shown=False),)
        )

        assert shown == {mine.der: b"\x01"}

    def test_an_old_certificate_under_the_id_of_a_new_key_has_none(
        self, mine: Pair, other: Pair
    ) -> None:
        """A renewal that kept the CKA_ID; the public key object tells which is which."""
        shown = found(
            other.stored(b"\x01"),
            mine.stored(b"\x01"),
            private=(mine.key(b"\x01", shown=False),),
            public=(mine.key(b"\x01"),),
        )

        assert shown == {mine.der: b"\x01"}

    def test_a_key_of_another_kind_under_the_same_id_is_not_it(self, mine: Pair) -> None:
        elliptic = pair(new_ec_key())

        assert found(mine.stored(b"\x01"), private=(elliptic.key(b"\x01", shown=False),)) == {}

    def test_always_authenticate_is_told_if_it_can_be_seen(self, mine: Pair) -> None:
        slot = Slot(
            token=TOKEN,
            reader="R",
            pin=PinState(),
            certificates=(mine.stored(b"\x01"),),
            private_keys=(mine.key(b"\x01", always=True),),
        )

        assert [match.always_authenticate for match in matches(slot)] == [True]


class TestWhatIsHidden:
    def test_a_public_key_object_stands_for_its_private_twin(self, mine: Pair, other: Pair) -> None:
        shown = found(mine.stored(), other.stored(), public=(mine.key(b"\x01"), other.key(b"\x02")))

        assert shown == {mine.der: b"\x01", other.der: b"\x02"}

    def test_without_any_key_in_sight_the_certificates_id_is_assumed(
        self, mine: Pair, authority: Pair
    ) -> None:
        shown = found(authority.stored(b"\x09"), mine.stored(b"\x01"))

        assert shown == {mine.der: b"\x01"}

    def test_a_public_key_that_is_another_one_speaks_against_it(
        self, mine: Pair, other: Pair
    ) -> None:
        assert found(mine.stored(b"\x01"), public=(other.key(b"\x01"),)) == {}

    def test_a_public_key_of_a_stranger_does_not_sign_when_private_keys_are_seen(
        self, mine: Pair, other: Pair
    ) -> None:
        shown = found(
            mine.stored(b"\x01"),
            other.stored(b"\x02"),
            public=(mine.key(b"\x01"), other.key(b"\x02")),
            private=(mine.key(b"\x01", shown=False),),
        )

        assert shown == {mine.der: b"\x01"}


class TestAnEmptyId:
    def test_is_accepted_for_the_only_key(self, mine: Pair) -> None:
        assert found(mine.stored(), private=(mine.key(shown=False),)) == {mine.der: b""}

    def test_is_not_accepted_among_several_keys(self, mine: Pair, other: Pair) -> None:
        keys = (mine.key(shown=False), other.key(shown=False))

        assert found(mine.stored(), private=keys) == {}

    def test_is_accepted_for_the_only_certificate_beside_those_of_cas(
        self, mine: Pair, authority: Pair
    ) -> None:
        assert found(authority.stored(), mine.stored()) == {mine.der: b""}

    def test_is_not_accepted_for_two_certificates(self, mine: Pair, other: Pair) -> None:
        assert found(mine.stored(), other.stored()) == {}


def test_copies_of_a_certificate_are_one(mine: Pair) -> None:
    assert found(mine.stored(), mine.stored(b"\x01")) == {mine.der: b"\x01"}


def test_elliptic_keys_match_by_their_point(mine: Pair) -> None:
    elliptic = pair(new_ec_key())
    shown = found(mine.stored(), elliptic.stored(), public=(elliptic.key(b"\x05"),))

    assert shown == {elliptic.der: b"\x05"}


def test_what_is_no_certificate_is_left_out(mine: Pair) -> None:
    broken = CertificateObject(key_id=b"\x01", der=b"\x30\x03\x02\x01\x01")

    assert found(broken, mine.stored(b"\x02")) == {mine.der: b"\x02"}
