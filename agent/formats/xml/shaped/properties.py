"""XAdES properties as text (EN 319 132-1; the order is that of its schema)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from agent.formats.levels import Evidence
from agent.formats.xml import algorithms
from agent.formats.xml.algorithms import CANONICALIZATION_URI
from agent.formats.xml.general.xades import XADES, XADES_141
from agent.formats.xml.markup import algorithm, attribute, base64_text, digested, text
from agent.formats.xml.profiles import Canonicalization, Digest

TIME_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"
#: How time stamps' octets come about. Exclusive: it depends on nothing around the signature.
STAMPED: Final = Canonicalization.EXC_C14N_10


def signed_properties_id(signature_id: str) -> str:
    return f"{signature_id}-properties"


def qualifying(
    *,
    signature_id: str,
    certificate: bytes,
    signing_time: datetime,
    digest: Digest,
    reference_id: str,
    mime_type: str,
) -> str:
    """QualifyingProperties with all that is signed."""
    bound = digested(digest, algorithms.digest(digest, certificate), prefix="ds:")
    moment = signing_time.astimezone(UTC).strftime(TIME_FORMAT)
    own = attribute(signature_id)
    return (
        f'<xades:QualifyingProperties xmlns:xades="{XADES}" Target="#{own}">'
        f'<xades:SignedProperties Id="{signed_properties_id(own)}">'
        "<xades:SignedSignatureProperties>"
        f"<xades:SigningTime>{moment}</xades:SigningTime>"
        "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>"
        f"{bound}</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>"
        "</xades:SignedSignatureProperties>"
        "<xades:SignedDataObjectProperties>"
        f'<xades:DataObjectFormat ObjectReference="#{attribute(reference_id)}">'
        f"<xades:MimeType>{text(mime_type)}</xades:MimeType></xades:DataObjectFormat>"
        "</xades:SignedDataObjectProperties>"
        "</xades:SignedProperties></xades:QualifyingProperties>"
    )


def unsigned(properties: str) -> str:
    """The wrappers of the first unsigned properties."""
    return (
        "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>"
        f"{properties}</xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
    )


def signature_stamp(token: bytes) -> str:
    return f"<xades:SignatureTimeStamp>{_stamp(token)}</xades:SignatureTimeStamp>"


def archive_stamp(token: bytes) -> str:
    return (
        f'<xades141:ArchiveTimeStamp xmlns:xades141="{XADES_141}">{_stamp(token)}'
        "</xades141:ArchiveTimeStamp>"
    )


def _stamp(token: bytes) -> str:
    return (
        algorithm("ds:CanonicalizationMethod", CANONICALIZATION_URI[STAMPED])
        + f"<xades:EncapsulatedTimeStamp>{base64_text(token)}</xades:EncapsulatedTimeStamp>"
    )


def validation_data(evidence: Evidence, *, known: Iterable[bytes]) -> str:
    """CertificateValues, without those that are `known`, and RevocationValues."""
    apart = set(known)
    certificates = _values(
        "EncapsulatedX509Certificate", (one for one in evidence.certificates if one not in apart)
    )
    crls = _values("EncapsulatedCRLValue", evidence.crls)
    answers = _values("EncapsulatedOCSPValue", evidence.ocsp_responses)
    revocation = _inside("CRLValues", crls) + _inside("OCSPValues", answers)
    return _inside("CertificateValues", certificates) + _inside("RevocationValues", revocation)


def stamp_validation_data(evidence: Evidence, *, known: Iterable[bytes]) -> str:
    """The same of a time stamp."""
    inside = validation_data(evidence, known=known)
    if not inside:
        return ""
    return (
        f'<xades141:TimeStampValidationData xmlns:xades141="{XADES_141}">{inside}'
        "</xades141:TimeStampValidationData>"
    )


def _values(name: str, octets: Iterable[bytes]) -> str:
    return "".join(
        f"<xades:{name}>{base64_text(one)}</xades:{name}>" for one in dict.fromkeys(octets)
    )


def _inside(name: str, content: str) -> str:
    return f"<xades:{name}>{content}</xades:{name}>" if content else ""
