"""Verify a CMS signature as CAdES B-B, strictly (RFC 5652 §5.6, EN 319 122-1 §6).

What is believed of a signature is what its signed attributes say, so they must be there: a
signature over the bare content could be one over attributes that somebody presents as content.
Of each signature:

* the signer's certificate is in the file, and the signed attribute signing-certificate-v2 has its
  hash; so another certificate for the same key cannot take its place. Plain CMS (`PLAIN`), of which
  the world is full, does without, and without a signing time; that is told (`Verified.bound`);
* message-digest is that of the content, content-type is that of the file;
* the attributes are in DER and in order, so what is hashed is what is read;
* one hash throughout, SHA-256 or better, and a key that fits.

A file with several signatures is good if all are; nobody can tell which one a reader would look at.
Whether a certificate is trusted, valid or the right one is the caller's question. Rejection is an
exception; there is no result that could be mistaken for success.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature

from agent.documents import Document
from agent.errors import DocumentError, UserError
from agent.formats import algorithms, content
from agent.formats.algorithms import Scheme
from agent.formats.cms import attributes, ber, oids
from agent.formats.cms.attributes import SignedAttributes
from agent.formats.cms.ber import Element
from agent.formats.cms.reasons import Reason, Rejected
from agent.formats.cms.structure import (
    SignedData,
    SignerInfo,
    attribute_values,
    read_signed_data,
)
from agent.formats.signer import Signer, signer_of

#: Largest content that a signature may contain, bytes; a detached one leaves it where it is.
MAX_ATTACHED_BYTES: Final = 64 * 1024 * 1024
#: Room for certificates, time stamps and revocation data beside the content.
SIGNATURE_ROOM: Final = 16 * 1024 * 1024
_SET: Final = b"\x31"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """One good signature and what it covers: the content, and nothing else in the file."""

    certificate: bytes = field(repr=False)  # DER; its key made the signature. Not judged.
    scheme: Scheme
    content: bytes | None = field(repr=False)  # as it stands in the file; None: detached
    digest: bytes  # of the content, by the scheme's hash
    signing_time: datetime | None  # signed, but by the signer's own clock: a claim
    #: Other signed attributes, OIDs.
    others: tuple[str, ...]
    #: Whether the signature says which certificate is meant, by a hash that counts.
    bound: bool
    signature: bytes = field(repr=False)  # what a time stamp is of
    #: Time-stamp tokens, DER, not verified: anybody can add them.
    timestamps: tuple[bytes, ...] = field(repr=False)
    #: All certificates of the file, DER: hints for finding a path, nothing more.
    embedded: tuple[bytes, ...] = field(repr=False)
    #: Found beside it, in DER, not looked at: CertificateList and OCSPResponse.
    crls: tuple[bytes, ...] = field(default=(), repr=False)
    ocsp_responses: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a use of CMS asks beyond RFC 5652."""

    content_type: bytes
    signing_time: bool  # must be there
    #: A SHA-1 hash of the certificate will do as its name, where the first edition of
    #: signing-certificate has no other. Time-stamping authorities still write it.
    certificate_v1: bool
    #: The certificate's hash must be signed; else only what is said of it must be true.
    binding: bool = True


CADES: Final = Rules(content_type=oids.DATA, signing_time=True, certificate_v1=False)
#: In a PDF the signature's dictionary tells the time (EN 319 142-1 §6.3).
PADES: Final = Rules(content_type=oids.DATA, signing_time=False, certificate_v1=False)
#: As much as RFC 5652 asks, with signed attributes; for looking at others' files.
PLAIN: Final = Rules(content_type=oids.DATA, signing_time=False, certificate_v1=True, binding=False)


def verify(
    signed: bytes, *, content: Document | None = None, rules: Rules = CADES
) -> tuple[Verified, ...]:
    """Verify every signature in `signed`, which is DER or BER; there is at least one.

    `content` is what a detached signature is of; its hashes must include `needed_digests`.

    Raises DocumentError signature_invalid (details: reason, a `Reason`), document_too_large.
    """
    return verify_by(rules, _within_bounds(signed), content=content)


def needed_digests(signed: bytes) -> frozenset[str]:
    """By which hashes the content must be known to verify `signed`. Raises as `verify`."""
    return frozenset(signer.digest for signer in read_signed_data(_within_bounds(signed)).signers)


def is_detached(signed: bytes) -> bool:
    """Raises as `verify`."""
    return read_signed_data(_within_bounds(signed)).content is None


def verify_by(rules: Rules, signed: bytes, *, content: Document | None) -> tuple[Verified, ...]:
    """As `verify`, for any use of CMS."""
    data = read_signed_data(signed)
    if data.content_type != rules.content_type:
        raise Rejected(Reason.GRAMMAR)
    document = _content(data, content)
    return tuple(_verified(rules, data, signer, document) for signer in data.signers)


def _within_bounds(signed: bytes) -> bytes:
    limit = MAX_ATTACHED_BYTES + SIGNATURE_ROOM
    if len(signed) > limit:
        raise DocumentError("document_too_large", size=len(signed), limit=limit)
    return signed


def _content(data: SignedData, given: Document | None) -> Document:
    if data.content is None:
        if given is None:
            raise Rejected(Reason.CONTENT)
        return given
    if given is not None and not hmac.compare_digest(
        content.digest(given, "sha256"), hashlib.sha256(data.content).digest()
    ):
        raise Rejected(Reason.CONTENT)
    return data.content


def _verified(rules: Rules, data: SignedData, info: SignerInfo, document: Document) -> Verified:
    if info.signed is None:
        raise Rejected(Reason.ATTRIBUTES)
    try:
        said = attributes.read(info.signed)
        timestamps = _timestamps(info.unsigned)
    except ber.Malformed as error:
        raise Rejected(Reason.GRAMMAR) from error
    signer = _signer(data, info)
    if said.content_type != data.content_type or (rules.signing_time and not said.signing_time):
        raise Rejected(Reason.ATTRIBUTES)
    if said.algorithms not in (None, (info.digest, info.scheme)):
        raise Rejected(Reason.ATTRIBUTES)
    bound = _check_binding(rules, said, signer)
    _check_value(info, info.signed, signer)
    if not hmac.compare_digest(content.digest(document, info.digest), said.message_digest):
        raise Rejected(Reason.DIGEST)
    return Verified(
        certificate=signer.certificate,
        scheme=info.scheme,
        content=data.content,
        digest=said.message_digest,
        signing_time=said.signing_time,
        others=said.others,
        bound=bound,
        signature=info.signature,
        timestamps=timestamps,
        embedded=data.certificates,
        crls=data.crls,
        ocsp_responses=data.ocsp_responses,
    )


def _signer(data: SignedData, info: SignerInfo) -> Signer:
    """The one certificate in the file that the signer's identifier names."""
    found = []
    for certificate in data.certificates:
        try:
            one = signer_of(certificate)
        except UserError:
            continue  # another's, with a kind of key that we do not know
        named = (
            one.key_identifier == info.key_identifier
            if info.issuer_and_serial is None
            else (one.issuer, one.serial) == info.issuer_and_serial
        )
        if named:
            found.append(one)
    if len(found) != 1:
        raise Rejected(Reason.CERTIFICATE)
    return found[0]


def _check_binding(rules: Rules, said: SignedAttributes, signer: Signer) -> bool:
    """Whether the certificate is bound by a hash that counts."""
    bound = said.certificate
    if bound is None and rules.certificate_v1:
        bound = said.certificate_v1
    if bound is None:
        if rules.binding:
            raise Rejected(Reason.BINDING)
        return False
    if not bound.is_of(signer.certificate, issuer=signer.issuer, serial=signer.serial):
        raise Rejected(Reason.BINDING)
    return bound is said.certificate


def _check_value(info: SignerInfo, signed: Element, signer: Signer) -> None:
    if not algorithms.fits(info.scheme, signer.key):
        raise Rejected(Reason.ALGORITHM)
    # RFC 5652 §5.4: what is hashed is a SET OF, although [0] stands in the file.
    hashed = hashlib.new(info.digest, _SET)
    hashed.update(signed.whole[1:])
    try:
        algorithms.check(
            info.scheme,
            signer.key,
            signature=info.signature,
            digest=hashed.digest(),
            salt_bytes=info.salt_bytes,
        )
    except InvalidSignature as error:
        raise Rejected(Reason.VALUE) from error


def _timestamps(unsigned: Element | None) -> tuple[bytes, ...]:
    if unsigned is None:
        return ()
    return tuple(
        bytes(value.whole)
        for oid, values in attribute_values(unsigned)
        if oid == oids.SIGNATURE_TIMESTAMP
        for value in values
    )
