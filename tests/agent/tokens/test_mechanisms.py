"""Digests in, signatures out; `cryptography` is the judge."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from hypothesis import given
from hypothesis import strategies as st

from agent.keys import Mechanism
from agent.tokens.mechanisms import SCHEMES, finished, to_be_signed, trimmed_der
from tests.support.softhsm import new_rsa_key

P256 = b"\x04" + bytes(64)
P384 = b"\x04" + bytes(96)
RSA2048 = b"\xff" * 256


def test_every_mechanism_has_a_scheme() -> None:
    assert set(SCHEMES) == set(Mechanism)


@pytest.mark.parametrize(
    ("mechanism", "algorithm"),
    [
        (Mechanism.RSA_PKCS1_SHA256, "sha256"),
        (Mechanism.RSA_PKCS1_SHA384, "sha384"),
        (Mechanism.RSA_PKCS1_SHA512, "sha512"),
    ],
)
def test_digest_info_is_what_another_implementation_recovers(
    mechanism: Mechanism, algorithm: str
) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, utils

    key = new_rsa_key()
    digest = hashlib.new(algorithm, b"x").digest()
    prehashed = utils.Prehashed(getattr(hashes, algorithm.upper())())
    signature = key.sign(digest, padding.PKCS1v15(), prehashed)
    recovered = key.public_key().recover_data_from_signature(signature, padding.PKCS1v15(), None)

    assert to_be_signed(digest, mechanism, public=RSA2048) == recovered


@pytest.mark.parametrize("mechanism", Mechanism)
def test_a_digest_of_another_length_is_refused(mechanism: Mechanism) -> None:
    for size in (0, 20, SCHEMES[mechanism].digest_bytes - 1, SCHEMES[mechanism].digest_bytes + 1):
        with pytest.raises(ValueError, match="bytes"):
            to_be_signed(bytes(size), mechanism, public=P256)


def test_a_digest_longer_than_the_curve_is_cut_on_the_right() -> None:
    digest = bytes(range(48))

    assert to_be_signed(digest, Mechanism.ECDSA_SHA384, public=P256) == digest[:32]
    assert to_be_signed(digest, Mechanism.ECDSA_SHA384, public=P384) == digest


@given(
    r=st.integers(1, 2**256 - 1),
    s=st.integers(1, 2**256 - 1),
)
def test_ecdsa_signatures_become_der(r: int, s: int) -> None:
    raw = r.to_bytes(32) + s.to_bytes(32)
    der = finished(raw, Mechanism.ECDSA_SHA256, public=P256)

    assert decode_dss_signature(der) == (r, s)
    assert der == encode_dss_signature(r, s)


def test_long_ecdsa_signatures_become_der() -> None:
    size = (ec.SECP521R1().key_size + 7) // 8
    r = s = 2**520 + 1
    der = finished(r.to_bytes(size) * 2, Mechanism.ECDSA_SHA256, public=b"\x04" + bytes(2 * size))

    assert decode_dss_signature(der) == (r, s)


def test_an_ecdsa_signature_that_is_der_already_stays() -> None:
    der = encode_dss_signature(2**255, 5)

    assert finished(der, Mechanism.ECDSA_SHA256, public=P256) == der


@pytest.mark.parametrize("raw", [b"", bytes(63), bytes(65), b"\x30\x05" + bytes(9)])
def test_what_cannot_be_an_ecdsa_signature_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="ECDSA"):
        finished(raw, Mechanism.ECDSA_SHA256, public=P256)


@pytest.mark.parametrize("size", [0, 128, 255, 257])
def test_what_cannot_be_an_rsa_signature_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="RSA"):
        finished(bytes(size), Mechanism.RSA_PKCS1_SHA256, public=RSA2048)


@given(content=st.binary(max_size=400), tail=st.binary(max_size=50))
def test_der_is_trimmed_to_its_own_length(content: bytes, tail: bytes) -> None:
    from asn1crypto.core import OctetString

    der = OctetString(content).dump()

    assert trimmed_der(der + tail) == der


@given(st.binary(max_size=20))
def test_trimming_never_fails(value: bytes) -> None:
    assert value.startswith(trimmed_der(value))
