"""A bare signature is by a certificate's key, or it is not."""

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from agent.keys import KeyType, Mechanism
from agent.signing.verified import is_by
from tests.support.tokens import Card

RSA_CARD, EC_CARD = Card(), Card(key_type=KeyType.EC)
DIGEST = hashlib.sha256(b"what is signed").digest()
RS256, ES256 = Mechanism.RSA_PKCS1_SHA256, Mechanism.ECDSA_SHA256


def signatures() -> list[tuple[Card, bytes, Mechanism]]:
    message, algorithm = b"what is signed", hashes.SHA256()
    pss = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
    return [
        (RSA_CARD, RSA_CARD.key.sign(message, padding.PKCS1v15(), algorithm), RS256),
        (RSA_CARD, RSA_CARD.key.sign(message, pss, algorithm), Mechanism.RSA_PSS_SHA256),
        (EC_CARD, EC_CARD.key.sign(message, ec.ECDSA(algorithm)), ES256),
    ]


@pytest.mark.parametrize(
    ("card", "value", "mechanism"), signatures(), ids=["pkcs1", "pss", "ecdsa"]
)
def test_is_known_by_key_digest_and_mechanism(
    card: Card, value: bytes, mechanism: Mechanism
) -> None:
    stranger = Card(number=2, key_type=card.key_type)

    assert is_by(card.der, value, DIGEST, mechanism)
    assert not is_by(stranger.der, value, DIGEST, mechanism)
    assert not is_by(card.der, value, hashlib.sha256(b"else").digest(), mechanism)
    assert not is_by(card.der, value[:-1], DIGEST, mechanism)
    assert not is_by(card.der, b"", DIGEST, mechanism)
    for other in set(Mechanism) - {mechanism}:
        assert not is_by(card.der, value, DIGEST, other), other
