"""What a PDF's signatures are worth, each for itself.

    valid          the CMS is by its certificate's key, and over exactly this ByteRange
    covers_file    nothing was added after it
    changed_after  what was added after it, by pyHanko's difference analysis: nothing that matters,
                   form fields and further signatures, or anything else (shadow attacks among it)

Whether the certificate is to be believed is not said here (agent.certificates).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from asn1crypto import cms as asn1cms
from cryptography.exceptions import InvalidSignature
from cryptography.x509 import load_der_x509_certificate
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from agent.errors import DocumentError
from agent.formats.algorithms import HASHES, Kind, Scheme, check
from agent.formats.pdf.intake import read, readable

_MAX_SIGNATURES: Final = 200


class Change(StrEnum):
    NONE = "none"
    MAINTENANCE = "maintenance"  # revocation data and timestamps for the archive
    FILLED = "filled"  # form fields and further signatures
    OTHER = "other"  # what a reader sees may be another text than the one that was signed


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfSignature:
    field_name: str
    certificate: bytes = field(repr=False)  # DER; the signer says it is his
    embedded: tuple[bytes, ...] = field(repr=False)  # further certificates, DER
    algorithm: str  # "rsa-pkcs1-sha256"; "" for one that we do not know
    digest: bytes = field(repr=False)  # of the ByteRange
    value: bytes = field(repr=False)  # what a time stamp is of
    timestamps: tuple[bytes, ...] = field(repr=False)  # tokens, DER; not judged
    claimed_at: datetime | None  # /M: the signer's word
    valid: bool
    covers_file: bool
    changed_after: Change


def signatures(document: bytes) -> tuple[PdfSignature, ...]:
    """In the order they were made. Raises DocumentError pdf_malformed, pdf_encrypted,
    document_too_large.
    """
    reader = read(document)
    with readable():
        return tuple(_judged(reader.embedded_signatures))


def last_signature(document: bytes) -> PdfSignature:
    """Raises DocumentError pdf_malformed when there is none."""
    reader = read(document)
    with readable():
        found = reader.embedded_signatures[-1:]
        judged = tuple(_judged(found))
    if not judged:
        raise DocumentError("pdf_malformed", reason="unsigned")
    return judged[0]


def _judged(found: list[EmbeddedPdfSignature]) -> Iterator[PdfSignature]:
    if len(found) > _MAX_SIGNATURES:
        raise DocumentError("pdf_malformed", reason="signatures")
    for signature in found:
        if signature.sig_object_type != "/Sig":
            continue  # a document timestamp
        hash_name = signature.md_algorithm
        digest = signature.compute_digest()
        coverage = signature.evaluate_signature_coverage()
        yield PdfSignature(
            field_name=signature.field_name,
            certificate=signature.signer_cert.dump(),
            embedded=tuple(one.dump() for one in signature.other_embedded_certs),
            algorithm=_name(signature.signer_info, hash_name),
            digest=digest,
            value=signature.signer_info["signature"].native,
            timestamps=tuple(_timestamps(signature.signer_info)),
            claimed_at=signature.self_reported_timestamp,
            valid=coverage >= SignatureCoverageLevel.ENTIRE_REVISION
            and _is_by(signature.signer_info, signature.signer_cert.dump(), digest, hash_name),
            covers_file=coverage is SignatureCoverageLevel.ENTIRE_FILE,
            changed_after=_change(signature, coverage),
        )


_CHANGES: Final = {
    ModificationLevel.NONE: Change.NONE,
    ModificationLevel.LTA_UPDATES: Change.MAINTENANCE,
    ModificationLevel.FORM_FILLING: Change.FILLED,
}


def _change(signature: EmbeddedPdfSignature, coverage: SignatureCoverageLevel) -> Change:
    if coverage is SignatureCoverageLevel.ENTIRE_FILE:
        return Change.NONE
    if coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        return Change.OTHER
    try:
        signature.compute_integrity_info()  # type: ignore[no-untyped-call]
        result: object = signature.diff_result
    except Exception:  # noqa: BLE001 - what cannot be analysed is not called harmless
        return Change.OTHER
    if not isinstance(result, DiffResult):
        return Change.OTHER  # a SuspiciousModification
    return _CHANGES.get(result.modification_level, Change.OTHER)


def _is_by(info: asn1cms.SignerInfo, certificate: bytes, digest: bytes, hash_name: str) -> bool:
    """RFC 5652 §5.4 and 5.6: signed attributes there, about this content, by this key."""
    attributes = info["signed_attrs"]
    said = {one["type"].native: [value.native for value in one["values"]] for one in attributes}
    scheme, salt = _scheme(info["signature_algorithm"], hash_name)
    if (
        said.get("message_digest") != [digest]
        or said.get("content_type") != ["data"]
        or scheme is None
        or scheme.hash != hash_name
    ):
        return False
    try:
        check(
            scheme,
            load_der_x509_certificate(certificate).public_key(),
            signature=info["signature"].native,
            digest=hashlib.new(scheme.hash, attributes.untag().dump()).digest(),
            salt_bytes=salt,
        )
    except InvalidSignature:
        return False
    return True


def _name(info: asn1cms.SignerInfo, hash_name: str) -> str:
    scheme, _ = _scheme(info["signature_algorithm"], hash_name)
    return f"{scheme.kind}-{scheme.hash}" if scheme is not None else ""


def _timestamps(info: asn1cms.SignerInfo) -> Iterator[bytes]:
    """signature-time-stamp attributes (RFC 3161, appendix A)."""
    for attribute in info["unsigned_attrs"] or ():
        if attribute["type"].native == "signature_time_stamp_token":
            yield from (token.dump() for token in attribute["values"])


_KINDS: Final = {
    "rsassa_pkcs1v15": Kind.RSA_PKCS1,
    "rsassa_pss": Kind.RSA_PSS,
    "ecdsa": Kind.ECDSA,
}


def _scheme(
    algorithm: asn1cms.SignedDigestAlgorithm, content_hash: str
) -> tuple[Scheme | None, int | None]:
    """And the salt's length for RSASSA-PSS."""
    kind = _KINDS.get(algorithm.signature_algo)
    try:
        name = str(algorithm.hash_algo)
    except ValueError:
        name = content_hash  # plain rsaEncryption names none: the content's (RFC 3370 §3.2)
    if kind is None or name not in HASHES:
        return None, None
    salt = int(algorithm["parameters"]["salt_length"].native) if kind is Kind.RSA_PSS else None
    return Scheme(kind, name), salt
