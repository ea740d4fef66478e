"""The sandbox's private keys: RSA-2048, made on first use, kept in files, read once.

Reading a key proves its primes, which takes much longer than a signature with it. certomancer would
read it anew for each certificate, OCSP answer and CRL; here it remembers what it has read.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from asn1crypto import keys as asn1
from certomancer import crypto_utils
from certomancer.registry.keys import AsymKey
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
)

from webui.sandbox.ca.ledger import replace

#: More than one world holds: the keys of its CAs, their servers, and BHXH's.
_REMEMBERED: Final = 64


def new() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def kept(path: Path) -> rsa.RSAPrivateKey:
    """The key in that file (PKCS#8 in PEM, readable by its owner alone); made if there is none."""
    if not path.exists():
        replace(path, pem(new()))
    return _read_pem(path.read_bytes())


def pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public(key: rsa.RSAPrivateKey) -> bytes:
    """SubjectPublicKeyInfo, DER."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def pair(key: rsa.RSAPrivateKey) -> AsymKey:
    """As certomancer wants it."""
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return AsymKey(
        public=asn1.PublicKeyInfo.load(public(key)), private=asn1.PrivateKeyInfo.load(private)
    )


@lru_cache(_REMEMBERED)
def _read_pem(content: bytes) -> rsa.RSAPrivateKey:
    return _rsa(load_pem_private_key(content, None))


@lru_cache(_REMEMBERED)
def _read_der(content: bytes) -> rsa.RSAPrivateKey:
    return _rsa(load_der_private_key(content, None))


def _rsa(key: Any) -> rsa.RSAPrivateKey:
    assert isinstance(key, rsa.RSAPrivateKey), "that is what was written"
    return key


class _Remembering(crypto_utils.PycaCryptographyBackend):
    def generic_sign(self, private_key: Any, tbs_bytes: bytes, sd_algo: Any) -> bytes:
        if sd_algo.signature_algo != "rsassa_pkcs1v15":
            return bytes(super().generic_sign(private_key, tbs_bytes, sd_algo))
        algorithm = getattr(hashes, sd_algo.hash_algo.upper())()
        return _read_der(private_key.dump()).sign(tbs_bytes, padding.PKCS1v15(), algorithm)


crypto_utils.CRYPTO_BACKEND = _Remembering()
