"""Signature profiles as data: `profiles.toml`, read strictly into frozen values.

A new receiver is a new table there. Code changes only when a receiver wants a shape that none of
the closed sets below can say yet.
"""

import tomllib
from enum import StrEnum
from importlib import resources
from typing import Annotated, Final

from msgspec import Meta, Struct, convert


class Reference(StrEnum):
    """What the signature covers."""

    #: URI="" with the one transform enveloped-signature: all but the signature itself.
    DOCUMENT = "document"


class Canonicalization(StrEnum):
    C14N_10 = "c14n-1.0"  # inclusive, without comments (W3C REC-xml-c14n-20010315)


class Digest(StrEnum):
    SHA256 = "sha256"


class SignatureMethod(StrEnum):
    RSA_SHA256 = "rsa-sha256"  # RSASSA-PKCS1-v1_5 (RFC 8017 §8.2)


class KeyInfoPart(StrEnum):
    """Neighbouring x509 parts share one X509Data."""

    RSA_KEY_VALUE = "rsa-key-value"
    X509_SUBJECT_NAME = "x509-subject-name"
    X509_CERTIFICATE = "x509-certificate"

    def is_x509(self) -> bool:
        return self is not KeyInfoPart.RSA_KEY_VALUE


class TimePlacement(StrEnum):
    #: A ds:Object that no reference covers: a claim, never to be trusted.
    UNSIGNED_OBJECT = "unsigned-object"


class _Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class SigningTime(_Table, frozen=True, kw_only=True):
    """The claimed time, written in true UTC with a "Z"."""

    placement: TimePlacement
    properties_id: str
    properties_namespace: str
    time_namespace: str


class Profile(_Table, frozen=True, kw_only=True):
    container: Annotated[tuple[str, ...], Meta(min_length=1)]
    reference: Reference
    canonicalization: Canonicalization
    digest: Digest
    signature: Annotated[tuple[SignatureMethod, ...], Meta(min_length=1)]
    key_info: tuple[KeyInfoPart, ...]
    signature_id: str
    signing_time: SigningTime | None = None


def read_profiles(toml: str) -> dict[str, Profile]:
    """Profiles by name. Raises ValueError for anything this code cannot honour to the letter."""
    return convert(tomllib.loads(toml), dict[str, Profile])


PROFILES: Final[dict[str, Profile]] = read_profiles(
    resources.files("agent.formats.xml").joinpath("profiles.toml").read_text("utf-8")
)
