"""The text of a ds:Signature, written by hand in canonical form.

Handwriting keeps the bytes ours: no serialiser chooses prefixes, quotes or line breaks, and the
SignedInfo that is hashed is letter for letter the one that is inserted.
"""

import base64
from datetime import UTC, datetime
from itertools import groupby

from cryptography.hazmat.primitives.asymmetric import rsa

from agent.formats.signer import Signer
from agent.formats.xml.algorithms import (
    CANONICALIZATION_URI,
    DIGEST_URI,
    DS,
    ENVELOPED,
    SIGNATURE_URI,
)
from agent.formats.xml.profiles import KeyInfoPart, Profile, SignatureMethod, SigningTime


def signed_info(
    profile: Profile, *, method: SignatureMethod, reference_digest: bytes, context: str = ""
) -> str:
    """SignedInfo; canonical when `context` is what its place in the tree brings along."""
    return (
        f"<SignedInfo{context}>"
        + _algorithm("CanonicalizationMethod", CANONICALIZATION_URI[profile.canonicalization])
        + _algorithm("SignatureMethod", SIGNATURE_URI[method])
        + '<Reference URI="">'
        + f"<Transforms>{_algorithm('Transform', ENVELOPED)}</Transforms>"
        + _algorithm("DigestMethod", DIGEST_URI[profile.digest])
        + f"<DigestValue>{_base64(reference_digest)}</DigestValue>"
        + "</Reference>"
        + "</SignedInfo>"
    )


def signature(
    profile: Profile,
    *,
    signed_info: str,
    value: bytes,
    signer: Signer,
    signing_time: datetime,
) -> str:
    """The whole ds:Signature."""
    time = profile.signing_time
    return (
        f'<Signature xmlns="{DS}" Id="{_attribute(profile.signature_id)}">'
        + signed_info
        + f"<SignatureValue>{_base64(value)}</SignatureValue>"
        + _key_info(profile, signer)
        + (_unsigned_time(profile.signature_id, time, signing_time) if time else "")
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


def _unsigned_time(signature_id: str, time: SigningTime, moment: datetime) -> str:
    """The claimed time. Others write local time and call it "Z"; this is UTC."""
    utc = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        "<Object>"
        f'<SignatureProperties xmlns="{_attribute(time.properties_namespace)}"'
        f' Id="{_attribute(time.properties_id)}">'
        f'<SignatureProperty Target="#{_attribute(signature_id)}">'
        f'<SigningTime xmlns="{_attribute(time.time_namespace)}">{utc}</SigningTime>'
        "</SignatureProperty>"
        "</SignatureProperties>"
        "</Object>"
    )


def _algorithm(element: str, uri: str) -> str:
    return f'<{element} Algorithm="{uri}"></{element}>'


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(text: str) -> str:
    return _text(text).replace('"', "&quot;")
