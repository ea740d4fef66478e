"""Our mechanisms as the API's object identifiers (v2 §5 and §7.5; v1 §7.4).

A key's `algo` lists what it does: `rsaEncryption` stands for PKCS #1 v1.5 with whatever hash is
named beside it, `id-ecPublicKey` for ECDSA likewise; the rest names scheme and hash at once.
"""

import base64
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from asn1crypto.algos import RSASSAPSSParams

from agent.keys import Mechanism

SHA256: Final = "2.16.840.1.101.3.4.2.1"
SHA384: Final = "2.16.840.1.101.3.4.2.2"
SHA512: Final = "2.16.840.1.101.3.4.2.3"
_RSA: Final = "1.2.840.113549.1.1.1"  # rsaEncryption
_PSS: Final = "1.2.840.113549.1.1.10"  # id-RSASSA-PSS
_EC: Final = "1.2.840.10045.2.1"  # id-ecPublicKey

#: By the length of the digest, bytes.
HASHES: Final = {32: SHA256, 48: SHA384, 64: SHA512}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    hash_algo: str
    sign_algos: tuple[str, ...]  # any of them does; the first that the key lists is named


SCHEMES: Final[dict[Mechanism, Scheme]] = {
    Mechanism.RSA_PKCS1_SHA256: Scheme(
        hash_algo=SHA256, sign_algos=("1.2.840.113549.1.1.11", _RSA)
    ),
    Mechanism.RSA_PKCS1_SHA384: Scheme(
        hash_algo=SHA384, sign_algos=("1.2.840.113549.1.1.12", _RSA)
    ),
    Mechanism.RSA_PKCS1_SHA512: Scheme(
        hash_algo=SHA512, sign_algos=("1.2.840.113549.1.1.13", _RSA)
    ),
    Mechanism.RSA_PSS_SHA256: Scheme(hash_algo=SHA256, sign_algos=(_PSS,)),
    Mechanism.RSA_PSS_SHA384: Scheme(hash_algo=SHA384, sign_algos=(_PSS,)),
    Mechanism.RSA_PSS_SHA512: Scheme(hash_algo=SHA512, sign_algos=(_PSS,)),
    Mechanism.ECDSA_SHA256: Scheme(hash_algo=SHA256, sign_algos=("1.2.840.10045.4.3.2", _EC)),
    Mechanism.ECDSA_SHA384: Scheme(hash_algo=SHA384, sign_algos=("1.2.840.10045.4.3.3", _EC)),
    Mechanism.ECDSA_SHA512: Scheme(hash_algo=SHA512, sign_algos=("1.2.840.10045.4.3.4", _EC)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """What signatures/signHash is told. The hash is named even where `sign_algo` says it: a service
    ignores it then (11.10), and some do not do without.
    """

    sign_algo: str
    hash_algo: str
    params: str | None = None  # base64 of the DER


def mechanisms(algos: Collection[str]) -> frozenset[Mechanism]:
    """What a key with these `algo` can do for us; those that we do not know are no matter."""
    return frozenset(
        m for m, scheme in SCHEMES.items() if not set(algos).isdisjoint(scheme.sign_algos)
    )


def algorithm(mechanism: Mechanism, algos: Collection[str]) -> Algorithm | None:
    """How to ask for `mechanism`; None if the key does not do it."""
    scheme = SCHEMES[mechanism]
    for sign_algo in scheme.sign_algos:
        if sign_algo in algos:
            return Algorithm(
                sign_algo=sign_algo,
                hash_algo=scheme.hash_algo,
                params=_pss_params(scheme.hash_algo) if sign_algo == _PSS else None,
            )
    return None


def _pss_params(hash_algo: str) -> str:
    """RSASSA-PSS-params (RFC 8017 A.2.3): the hash, MGF1 over it, a salt as long as the hash."""
    digest = {"algorithm": hash_algo}
    params = RSASSAPSSParams(
        {
            "hash_algorithm": digest,
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": digest},
            "salt_length": next(size for size, oid in HASHES.items() if oid == hash_algo),
        }
    )
    return base64.b64encode(params.dump()).decode("ascii")
