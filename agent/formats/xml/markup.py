"""The text of a ds:Signature, written by hand in canonical form.

Handwriting keeps the bytes ours: no serialiser chooses prefixes, quotes or line breaks, and the
SignedInfo that is hashed is letter for letter the one that is inserted.

`prefix` is that of all names of XMLDSig: "" with a default namespace, or "ds:", which leaves the
default namespace to what stands inside.
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
    Canonicalization,
    Digest,
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
    uri: str | None  # None: the receiver knows
    transforms: tuple[Transform, ...] = ()
    digest: bytes
    id: str | None = None
    type: str | None = None


def signed_info(
    *,
    canonicalization: Canonicalization,
    method: SignatureMethod,
    digest: Digest,
    references: Iterable[Reference],
    context: str = "",
    prefix: str = "",
) -> str:
    """SignedInfo; canonical when `context` is what its place in the tree brings along."""
    return (
        f"<{prefix}SignedInfo{context}>"
        + algorithm(f"{prefix}CanonicalizationMethod", CANONICALIZATION_URI[canonicalization])
        + algorithm(f"{prefix}SignatureMethod", SIGNATURE_URI[method])
        + "".join(_reference(reference, digest, prefix) for reference in references)
        + f"</{prefix}SignedInfo>"
    )


def _reference(reference: Reference, digest: Digest, prefix: str) -> str:
    steps = "".join(
        algorithm(f"{prefix}Transform", TRANSFORM_URI[step]) for step in reference.transforms
    )
    # In the order of canonical XML.
    own = "".join(
        f' {name}="{attribute(value)}"'
        for name, value in (("Id", reference.id), ("Type", reference.type), ("URI", reference.uri))
        if value is not None
    )
    return (
        f"<{prefix}Reference{own}>"
        + (f"<{prefix}Transforms>{steps}</{prefix}Transforms>" if steps else "")
        + digested(digest, reference.digest, prefix=prefix)
        + f"</{prefix}Reference>"
    )


def digested(method: Digest, value: bytes, *, prefix: str) -> str:
    """DigestMethod and DigestValue."""
    return (
        algorithm(f"{prefix}DigestMethod", DIGEST_URI[method])
        + f"<{prefix}DigestValue>{base64_text(value)}</{prefix}DigestValue>"
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
        f'<Signature xmlns="{DS}" Id="{attribute(profile.signature_id)}">'
        + signed_info
        + f"<SignatureValue>{base64_text(value)}</SignatureValue>"
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
            return f"<X509SubjectName>{text(signer.subject)}</X509SubjectName>"
        case KeyInfoPart.X509_CERTIFICATE:
            return f"<X509Certificate>{base64_text(signer.certificate)}</X509Certificate>"


def _rsa_key_value(numbers: rsa.RSAPublicNumbers) -> str:
    modulus, exponent = (
        base64_text(number.to_bytes((number.bit_length() + 7) // 8, "big"))
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
        f'<SignatureProperty Target="#{attribute(profile.signature_id)}">{written}'
        "</SignatureProperty></SignatureProperties></Object>"
    )


def _xmlns(namespace: str, *, within: str) -> str:
    """A default namespace is declared where it changes: canonical XML has no other declarations."""
    return "" if namespace == within else f' xmlns="{attribute(namespace)}"'


def _id(value: str | None) -> str:
    return "" if value is None else f' Id="{attribute(value)}"'


def algorithm(element: str, uri: str) -> str:
    return f'<{element} Algorithm="{uri}"></{element}>'


def base64_text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def text(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def attribute(value: str) -> str:
    return text(value).replace('"', "&quot;")
