"""Schemes: which keys they fit, and that they check what they say."""

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, utils

from agent.formats.algorithms import HASHES, Kind, Scheme, best, check, fits
from agent.keys import Mechanism
from tests.support.pki import ec_key, rsa_key

ALL = [Scheme(kind, name) for kind in Kind for name in sorted(HASHES)]
RSA = rsa_key("algorithms")


def curve(name: type[ec.EllipticCurve]) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(name())


def test_every_mechanism_has_its_scheme() -> None:
    assert [Scheme.of(mechanism) for mechanism in Mechanism] == [
        Scheme(kind, hashed)
        for kind in (Kind.RSA_PKCS1, Kind.RSA_PSS, Kind.ECDSA)
        for hashed in ("sha256", "sha384", "sha512")
    ]
    assert [Scheme.of(mechanism).mechanism for mechanism in Mechanism] == list(Mechanism)


def test_no_sha1() -> None:
    assert {"sha256", "sha384", "sha512"} == HASHES


class TestFits:
    def test_rsa_from_2048_bits(self) -> None:
        assert fits(Scheme(Kind.RSA_PSS, "sha256"), RSA.public_key())
        assert not fits(Scheme(Kind.ECDSA, "sha256"), RSA.public_key())
        short = rsa_key("short", 1024).public_key()
        assert not any(fits(scheme, short) for scheme in ALL)

    def test_nists_curves_alone(self) -> None:
        for name in (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1):
            assert fits(Scheme(Kind.ECDSA, "sha256"), curve(name).public_key())
        for other in (curve(ec.SECP256K1), curve(ec.SECP224R1)):
            assert not any(fits(scheme, other.public_key()) for scheme in ALL)

    def test_no_other_keys(self) -> None:
        other = ed25519.Ed25519PrivateKey.generate().public_key()
        assert not any(fits(scheme, other) for scheme in ALL)


class TestBest:
    def test_the_first_for_rsa(self) -> None:
        schemes = [Scheme(Kind.ECDSA, "sha256"), *ALL]
        assert best(schemes, RSA.public_key()) == ALL[0]

    @pytest.mark.parametrize(
        ("name", "hash_"),
        [(ec.SECP256R1, "sha256"), (ec.SECP384R1, "sha384"), (ec.SECP521R1, "sha384")],
    )
    def test_the_nearest_hash_for_a_curve(self, name: type[ec.EllipticCurve], hash_: str) -> None:
        schemes = [Scheme.of(Mechanism.ECDSA_SHA256), Scheme.of(Mechanism.ECDSA_SHA384)]

        assert best(schemes, curve(name).public_key()) == Scheme(Kind.ECDSA, hash_)
        assert best(schemes[:1], curve(name).public_key()) == schemes[0]

    def test_none_where_none_fits(self) -> None:
        assert best([Scheme(Kind.ECDSA, "sha256")], RSA.public_key()) is None


class TestCheck:
    @pytest.mark.parametrize("scheme", ALL, ids=lambda scheme: f"{scheme.kind}-{scheme.hash}")
    def test_good_and_bad(self, scheme: Scheme) -> None:
        octets = b"content"
        digest = hashlib.new(scheme.hash, octets).digest()
        algorithm = getattr(hashes, scheme.hash.upper())()
        match scheme.kind:
            case Kind.RSA_PKCS1:
                key, made = RSA, RSA.sign(octets, padding.PKCS1v15(), algorithm)
            case Kind.RSA_PSS:
                mask = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
                key, made = RSA, RSA.sign(octets, mask, algorithm)
            case Kind.ECDSA:
                key = ec_key("algorithms")
                made = key.sign(octets, ec.ECDSA(algorithm))

        check(scheme, key.public_key(), signature=made, digest=digest)
        for signature, wrong in ((made[:-1], digest), (made, digest[::-1]), (made, digest[:-1])):
            with pytest.raises(InvalidSignature):
                check(scheme, key.public_key(), signature=signature, digest=wrong)

    def test_a_salt_of_another_length_must_be_announced(self) -> None:
        scheme = Scheme(Kind.RSA_PSS, "sha256")
        digest = hashlib.sha256(b"").digest()
        mask = padding.PSS(padding.MGF1(hashes.SHA256()), 20)
        made = RSA.sign(digest, mask, utils.Prehashed(hashes.SHA256()))

        check(scheme, RSA.public_key(), signature=made, digest=digest, salt_bytes=20)
        with pytest.raises(InvalidSignature):
            check(scheme, RSA.public_key(), signature=made, digest=digest)

    def test_a_key_that_does_not_fit_checks_nothing(self) -> None:
        short = rsa_key("short", 1024)
        digest = hashlib.sha256(b"").digest()
        made = short.sign(b"", padding.PKCS1v15(), hashes.SHA256())

        with pytest.raises(InvalidSignature):
            check(ALL[0], short.public_key(), signature=made, digest=digest)
