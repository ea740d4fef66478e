"""The text of a ds:Signature, written by hand in canonical form.

Handwriting keeps the bytes ours: no serialiser chooses prefixes, quotes or line breaks, and the
SignedInfo that is hashed is letter for letter the one that is inserted.
"""

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import groupby
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from agent.formats.signer import Signer
from agent.formats.xml.algorithms import (
    CANONICALIZATION_URI,
    DIGEST_URI,
    DS,
    SIGNATURE_URI,
    TRANSFORM_URI,
)
from agent.formats.xml.profiles import (
    KeyInfoPart,
    Profile,
    SignatureMethod,
    TimeForm,
    Transform,
)

#: Others write local time and call it "Z"; here "Z" is true UTC.
TIME_FORMAT: Final = {
    TimeForm.UTC: "%Y-%m-%dT%H:%M:%SZ",
    TimeForm.VIETNAM: "%Y-%m-%dT%H:%M:%S",
}
#: Vietnam has no summer time.
ZONE: Final = {TimeForm.UTC: UTC, TimeForm.VIETNAM: timezone(timedelta(hours=7))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    uri: str
    transforms: tuple[Transform, ...] = ()
    digest: bytes


def signed_info(
    profile: Profile,
    *,
    method: SignatureMethod,
    references: Iterable[Reference],
    context: str = "",
) -> str:
    """SignedInfo; canonical when `context` is what its place in the tree brings along."""
    return (
        f"<SignedInfo{context}>"
        + _algorithm("CanonicalizationMethod", CANONICALIZATION_URI[profile.canonicalization])
        + _algorithm("SignatureMethod", SIGNATURE_URI[method])
        + "".join(_reference(reference, profile) for reference in references)
        + "</SignedInfo>"
    )


def _reference(reference: Reference, profile: Profile) -> str:
    steps = "".join(_algorithm("Transform", TRANSFORM_URI[step]) for step in reference.transforms)
    return (
        f'<Reference URI="{_attribute(reference.uri)}">'
        + (f"<Transforms>{steps}</Transforms>" if steps else "")
        + _algorithm("DigestMethod", DIGEST_URI[profile.digest])
        + f"<DigestValue>{_base64(reference.digest)}</DigestValue>"
        + "</Reference>"
    )


def signature(
    profile: Profile,
    *,
    signed_info: str,
    value: bytes,
    signer: Signer,
    time_object: str,
) -> str:
    """The whole ds:Signature."""
    return (
        f'<Signature xmlns="{DS}" Id="{_attribute(profile.signature_id)}">'
        + signed_info
        + f"<SignatureValue>{_base64(value)}</SignatureValue>"
        + _key_info(profile, signer)
        + time_object
        + "</Signature>"
    )


def _key_info(profile: Profile, signer: Signer) -> str:
    """KeyInfo with the profile's parts in the profile's order."""
    written = []
    for is_x509, parts in groupby(profile.key_info, key=KeyInfoPart.is_x509):
        text = "".join(_key_info_part(part, signer) for part in parts)
        written.append(
            f"<X509Data>{text}</X509Data>" if is_x509 else f"<KeyValue>{text}</KeyValue>"
        )
    return f"<KeyInfo>{''.join(written)}</KeyInfo>"


def _key_info_part(part: KeyInfoPart, signer: Signer) -> str:
    match part:
        case KeyInfoPart.RSA_KEY_VALUE:
            assert isinstance(signer.key, rsa.RSAPublicKey)  # `algorithms.fits` was asked before
            return _rsa_key_value(signer.key.public_numbers())
        case KeyInfoPart.X509_SUBJECT_NAME:
            return f"<X509SubjectName>{_text(signer.subject)}</X509SubjectName>"
        case KeyInfoPart.X509_CERTIFICATE:
            return f"<X509Certificate>{_base64(signer.certificate)}</X509Certificate>"


def _rsa_key_value(numbers: rsa.RSAPublicNumbers) -> str:
    modulus, exponent = (
        _base64(number.to_bytes((number.bit_length() + 7) // 8, "big"))
        for number in (numbers.n, numbers.e)
    )
    return f"<RSAKeyValue><Modulus>{modulus}</Modulus><Exponent>{exponent}</Exponent></RSAKeyValue>"


def time_object(
    profile: Profile, moment: datetime, *, context: Callable[[str], str] | None = None
) -> str:
    """The ds:Object with the claimed time; "" for a profile without.

    Canonical when `context` gives what its place brings along to the attributes that it is told.
    """
    time = profile.signing_time
    if time is None:
        return ""
    own = _id(time.object_id)
    written = (
        f"<SigningTime{_xmlns(time.time_namespace, within=time.properties_namespace)}>"
        f"{moment.astimezone(ZONE[time.form]).strftime(TIME_FORMAT[time.form])}</SigningTime>"
    )
    return (
        f"<Object{context(own) if context else own}>"
        f"<SignatureProperties{_xmlns(time.properties_namespace, within=DS)}"
        f"{_id(time.properties_id)}>"
        f'<SignatureProperty Target="#{_attribute(profile.signature_id)}">{written}'
        "</SignatureProperty></SignatureProperties></Object>"
    )


def _xmlns(namespace: str, *, within: str) -> str:
    """A default namespace is declared where it changes: canonical XML has no other declarations."""
    return "" if namespace == within else f' xmlns="{_attribute(namespace)}"'


def _id(value: str | None) -> str:
    return "" if value is None else f' Id="{_attribute(value)}"'


def _algorithm(element: str, uri: str) -> str:
    return f'<{element} Algorithm="{uri}"></{element}>'


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(text: str) -> str:
    return _text(text).replace('"', "&quot;")
