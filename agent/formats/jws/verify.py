"""Verify a JWS in compact serialization, strictly (RFC 7515 §5.2, RFC 7797).

The key is that of the first certificate of `x5c`, which the signature covers with the rest of the
header; nothing else in the header can name another. The algorithm must be one of ours and fit that
key, so a public key can never be taken for a secret one.

Whether the certificate is trusted, valid or the right one is the caller's question.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature

from agent.errors import DocumentError, UserError
from agent.formats.jws import base64url, header
from agent.formats.jws.algorithms import Algorithm
from agent.formats.jws.header import Header
from agent.formats.jws.reasons import Reason, Rejected
from agent.formats.signer import signer_of

#: Largest content that is signed, bytes. The header is hashed before it, so even detached content
#: cannot be hashed without knowing the signer.
MAX_CONTENT_BYTES: Final = 64 * 1024 * 1024
_MAX_JWS_BYTES: Final = 2 * MAX_CONTENT_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A good signature and what it covers: the content and the whole header."""

    certificate: bytes = field(repr=False)  # DER; its key made the signature. Not judged.
    algorithm: Algorithm
    content: bytes = field(repr=False)
    signing_time: datetime | None  # signed, but by the signer's own clock: a claim
    #: Other names in the header.
    others: tuple[str, ...]
    #: All certificates of the header, DER: hints for finding a path, nothing more.
    embedded: tuple[bytes, ...] = field(repr=False)


def verify(signed: bytes, *, content: bytes | None = None) -> Verified:
    """Verify `signed`; `content` is what a detached signature is of.

    Raises DocumentError signature_invalid (details: reason, a `Reason`), document_too_large.
    """
    parts = _split(signed)
    said = header.read(_decoded(parts.header))
    document, detached = _document(said, parts, content)
    try:
        key = signer_of(said.certificates[0]).key
    except UserError as error:
        raise Rejected(Reason.CERTIFICATE) from error
    if said.thumbprint not in (None, hashlib.sha256(said.certificates[0]).digest()):
        raise Rejected(Reason.BINDING)
    if not said.algorithm.fits(key):
        raise Rejected(Reason.ALGORITHM)
    digest = signing_digest(
        said.algorithm, parts.header, document, encoded_content=said.encoded_content
    )
    try:
        said.algorithm.check(key, signature=_decoded(parts.signature), digest=digest)
    except InvalidSignature as error:
        missing = detached and content is None
        raise Rejected(Reason.CONTENT if missing else Reason.VALUE) from error
    return Verified(
        certificate=said.certificates[0],
        algorithm=said.algorithm,
        content=document,
        signing_time=said.signing_time,
        others=said.others,
        embedded=said.certificates,
    )


def is_detached(signed: bytes) -> bool:
    """Whether there is no content in `signed`. Raises as `verify`."""
    return not _split(signed).content


def signing_digest(
    algorithm: Algorithm, encoded_header: bytes, document: bytes, *, encoded_content: bool
) -> bytes:
    """Of the JWS Signing Input (RFC 7515 §5.1 step 8, RFC 7797 §3)."""
    hashed = hashlib.new(algorithm.scheme.hash, encoded_header + b".")
    hashed.update(base64url.encoded(document) if encoded_content else document)
    return hashed.digest()


class _Parts(NamedTuple):
    header: bytes
    content: bytes
    signature: bytes


def _split(signed: bytes) -> _Parts:
    if len(signed) > _MAX_JWS_BYTES:
        raise DocumentError("document_too_large", size=len(signed), limit=_MAX_JWS_BYTES)
    match signed.split(b".", 3):
        case [head, content, signature]:
            return _Parts(head, content, signature)
        case _:
            raise Rejected(Reason.GRAMMAR)


def _document(said: Header, parts: _Parts, given: bytes | None) -> tuple[bytes, bool]:
    """What was signed, and whether it is not in the file."""
    if not said.encoded_content:
        # RFC 7797 §5.2 allows some content between the dots; nobody could tell it from base64url.
        if parts.content:
            raise Rejected(Reason.HEADER)
        if given is None:
            raise Rejected(Reason.CONTENT)
        return given, True
    if not parts.content:
        return given or b"", True
    document = _decoded(parts.content)
    if given is not None and not hmac.compare_digest(given, document):
        raise Rejected(Reason.CONTENT)
    return document, False


def _decoded(part: bytes) -> bytes:
    try:
        return base64url.decoded(part)
    except ValueError as error:
        raise Rejected(Reason.GRAMMAR) from error
