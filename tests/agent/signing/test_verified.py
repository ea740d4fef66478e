"""A bare signature is by a certificate's key, or it is not."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from agent.keys import KeyType, Mechanism
from agent.signing.verified import is_by
from tests.support.tokens import Card

MESSAGE = b"what is signed"
HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
RSA_CARD, EC_CARD = Card(), Card(key_type=KeyType.EC)


def signature(mechanism: Mechanism, message: bytes = MESSAGE) -> tuple[Card, bytes]:
    algorithm = HASHES[mechanism[-3:]]
    card = EC_CARD if mechanism.startswith("ecdsa") else RSA_CARD
    match card.key:
        case ec.EllipticCurvePrivateKey() as key:
            return card, key.sign(message, ec.ECDSA(algorithm))
        case rsa.RSAPrivateKey() as key if "pss" in mechanism:
            pss = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
            return card, key.sign(message, pss, algorithm)
        case rsa.RSAPrivateKey() as key:
            return card, key.sign(message, padding.PKCS1v15(), algorithm)


@pytest.mark.parametrize("mechanism", list(Mechanism))
def test_of_every_mechanism(mechanism: Mechanism) -> None:
    card, value = signature(mechanism)

    assert is_by(card.der, value, MESSAGE, mechanism)
    assert not is_by(card.der, value, MESSAGE + b"!", mechanism)
    assert not is_by(card.der, value[:-1], MESSAGE, mechanism)
    assert not is_by(Card(number=2, key_type=card.key_type).der, value, MESSAGE, mechanism)


@pytest.mark.parametrize("mechanism", list(Mechanism))
@pytest.mark.parametrize("other", list(Mechanism))
def test_of_one_mechanism_is_no_signature_of_another(
    mechanism: Mechanism, other: Mechanism
) -> None:
    card, value = signature(mechanism)

    assert is_by(card.der, value, MESSAGE, other) == (mechanism is other)


def test_by_a_key_of_another_kind() -> None:
    _, value = signature(Mechanism.RSA_PKCS1_SHA256)

    assert not is_by(EC_CARD.der, value, MESSAGE, Mechanism.RSA_PKCS1_SHA256)
