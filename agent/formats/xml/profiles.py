"""Signature profiles as data: `profiles.toml`, read strictly into frozen values.

A new receiver is a new table there. Code changes only when a receiver wants a shape that none of
the closed sets below can say yet.
"""

import tomllib
from enum import StrEnum
from importlib import resources
from typing import Annotated, Final

from msgspec import Meta, Struct, convert

#: From the root: local names, "{uri}name", or "*".
Path = Annotated[tuple[str, ...], Meta(min_length=1)]


class Reference(StrEnum):
    """What the signature covers."""

    #: URI="": all but the signature itself, which the transform enveloped-signature takes out.
    DOCUMENT = "document"


class IdAttribute(StrEnum):
    """The spellings that receivers look for when they are told URI="#…"."""

    UPPER_CAMEL = "Id"
    LOWER = "id"
    UPPER = "ID"


class Canonicalization(StrEnum):
    """Without comments, all of them."""

    C14N_10 = "c14n-1.0"  # inclusive (W3C REC-xml-c14n-20010315)
    C14N_11 = "c14n-1.1"  # the same, but for xml:id and xml:base (W3C REC-xml-c14n11-20080502)
    EXC_C14N_10 = "exc-c14n-1.0"  # exclusive (W3C REC-xml-exc-c14n-20020718)


class Transform(StrEnum):
    ENVELOPED_SIGNATURE = "enveloped-signature"
    C14N_10 = "c14n-1.0"
    C14N_11 = "c14n-1.1"
    EXC_C14N_10 = "exc-c14n-1.0"
    BASE64 = "base64"


class Digest(StrEnum):
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"


class SignatureMethod(StrEnum):
    RSA_SHA256 = "rsa-sha256"  # RSASSA-PKCS1-v1_5 (RFC 8017 §8.2)
    RSA_SHA384 = "rsa-sha384"
    RSA_SHA512 = "rsa-sha512"
    RSA_PSS_SHA256 = "rsa-pss-sha256"  # RSASSA-PSS (RFC 8017 §8.1), salt as long as the hash
    RSA_PSS_SHA384 = "rsa-pss-sha384"
    RSA_PSS_SHA512 = "rsa-pss-sha512"
    ECDSA_SHA256 = "ecdsa-sha256"
    ECDSA_SHA384 = "ecdsa-sha384"
    ECDSA_SHA512 = "ecdsa-sha512"


class KeyInfoPart(StrEnum):
    """Neighbouring x509 parts share one X509Data."""

    RSA_KEY_VALUE = "rsa-key-value"
    X509_SUBJECT_NAME = "x509-subject-name"
    X509_CERTIFICATE = "x509-certificate"

    def is_x509(self) -> bool:
        return self is not KeyInfoPart.RSA_KEY_VALUE


class TimePlacement(StrEnum):
    #: A ds:Object that no reference covers: anybody could change it.
    UNSIGNED_OBJECT = "unsigned-object"
    #: A ds:Object that a second reference covers, by its Id and without transforms: nobody but the
    #: signer wrote it, who could still have any clock.
    SIGNED_OBJECT = "signed-object"


class TimeForm(StrEnum):
    UTC = "utc"  # 2026-11-23T02:00:00Z
    VIETNAM = "vietnam"  # 2026-11-23T09:00:00: wall clock of UTC+7, and no zone is said


class _Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Element(_Table, frozen=True, kw_only=True):
    """URI="#…": the one element at `path`, named by the Id that the document gives it."""

    path: Path
    id_attribute: IdAttribute


class SigningTime(_Table, frozen=True, kw_only=True):
    """The claimed time."""

    placement: TimePlacement
    form: TimeForm
    object_id: str | None = None
    properties_id: str | None = None
    properties_namespace: str
    time_namespace: str

    def __post_init__(self) -> None:
        if self.is_signed() and not self.object_id:
            raise ValueError("a signed-object needs an object_id to be referred to")

    def is_signed(self) -> bool:
        return self.placement is TimePlacement.SIGNED_OBJECT


class Profile(_Table, frozen=True, kw_only=True):
    container: Path
    co_signers: tuple[Path, ...] = ()
    reference: Reference | Element
    transforms: tuple[Transform, ...]
    canonicalization: Canonicalization
    digest: Digest
    signature: Annotated[tuple[SignatureMethod, ...], Meta(min_length=1)]
    key_info: tuple[KeyInfoPart, ...]
    signature_id: str
    signing_time: SigningTime | None = None

    def __post_init__(self) -> None:
        *first, last = self.transforms or (None,)
        if Transform.BASE64 in self.transforms:
            raise ValueError("base64 is for what a signature envelops")
        if len(first) > 1 or (first and (first[0] is not _ENVELOPED or last is _ENVELOPED)):
            raise ValueError("transforms: enveloped-signature, a canonicalization, or both so")
        if isinstance(self.reference, Element) and "*" in (*self.reference.path, *self.container):
            raise ValueError("an element that is referred to has a path of names")
        if not self.is_enveloped():
            return
        if _ENVELOPED not in self.transforms:
            raise ValueError("what holds its own signature needs enveloped-signature")
        if self.co_signers:
            raise ValueError("each signature would break the others")

    def is_enveloped(self) -> bool:
        """Whether the signature stands in what it covers."""
        if isinstance(self.reference, Reference):
            return True
        path = self.reference.path
        return self.container[: len(path)] == path


_ENVELOPED: Final = Transform.ENVELOPED_SIGNATURE


def read_profiles(toml: str) -> dict[str, Profile]:
    """Profiles by name. Raises ValueError for anything this code cannot honour to the letter."""
    return convert(tomllib.loads(toml), dict[str, Profile])


PROFILES: Final[dict[str, Profile]] = read_profiles(
    resources.files("agent.formats.xml").joinpath("profiles.toml").read_text("utf-8")
)
