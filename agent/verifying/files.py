"""Signed files of every kind with one face: recognised by their content, verified by their format.

file = recognise(octets)
if file.detached:
content = …                       # by at least the hashes in `file.digests`
for signature in file.signatures(content):
…
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from agent.documents import Document, Filed
from agent.errors import DocumentError
from agent.formats import cms, jws, xml
from agent.formats.content import held

_PEM: Final = re.compile(rb"\s*-----BEGIN (CMS|PKCS7)-----\s(.*?)-----END \1-----\s*", re.DOTALL)
_JWS: Final = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\s*")
_XML: Final = re.compile(rb"(\xef\xbb\xbf)?\s*<|\xff\xfe<\0|\xfe\xff\0<")
_SEQUENCE: Final = b"\x30"
_PDF: Final = b"%PDF-"
#: Viewers look for a PDF's head within so many octets (ISO 32000-1, annex H).
_PDF_HEAD: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature whose value is right, over content that is intact."""

    certificate: bytes = field(repr=False)  # DER
    embedded: tuple[bytes, ...] = field(repr=False, default=())
    algorithm: str  # for support: "rsa-pkcs1-sha256", "RS256"
    #: Of all that is signed: the content's own, or for XML that of the canonical document.
    digest: bytes
    claimed_time: datetime | None
    time_is_signed: bool  # else anybody can have written the time
    value: bytes = field(repr=False, default=b"")  # what time stamps are of
    timestamps: tuple[bytes, ...] = field(repr=False, default=())
    ocsp_responses: tuple[bytes, ...] = field(repr=False, default=())
    crls: tuple[bytes, ...] = field(repr=False, default=())
    covers: str = ""  # "whole-file", "document", "content" …: what exactly is signed
    #: Codes of what a reader should know: certificate_not_bound …
    warnings: tuple[str, ...] = ()
    #: Time stamps of all that stands in the file with this signature in it, the earliest first.
    #: They are of it; whether their authorities are believed is not said.
    archived: tuple[cms.Timestamp, ...] = field(repr=False, default=())


class SignedFile(Protocol):
    @property
    def kind(self) -> str:
        """A key of the texts: "xml", "cms", "jws", "pdf"."""

    @property
    def detached(self) -> bool:
        """Whether the content is another file."""

    @property
    def digests(self) -> frozenset[str]:
        """By which hashes that content must be known; none if it must be at hand."""

    def signatures(self, content: Document | None) -> tuple[Signature, ...]:
        """At least one. Raises DocumentError (signature_invalid with its reason, document_*)."""


def recognise(octets: bytes) -> SignedFile:
    """Raises DocumentError signature_invalid (reason "unknown"), and what reading it raises."""
    if pem := _PEM.fullmatch(octets):
        return CmsFile.read(_unarmoured(pem[2]))
    if octets[:1] == _SEQUENCE:
        return CmsFile.read(octets)
    if _PDF in octets[:_PDF_HEAD]:
        return PdfFile(octets=octets)
    if _XML.match(octets):
        return XmlFile(octets=octets)
    if _JWS.fullmatch(octets):
        return JwsFile.read(octets.strip())
    raise DocumentError("signature_invalid", reason="unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class CmsFile:
    octets: bytes = field(repr=False)
    detached: bool
    digests: frozenset[str]
    kind: str = "cms"

    @classmethod
    def read(cls, octets: bytes) -> "CmsFile":
        return cls(
            octets=octets, detached=cms.is_detached(octets), digests=cms.needed_digests(octets)
        )

    def signatures(self, content: Document | None) -> tuple[Signature, ...]:
        return tuple(
            Signature(
                certificate=found.certificate,
                embedded=found.embedded,
                algorithm=f"{found.scheme.kind}-{found.scheme.hash}",
                digest=found.digest,
                claimed_time=found.signing_time,
                time_is_signed=True,
                value=found.signature,
                timestamps=found.timestamps,
            )
            for found in cms.verify(self.octets, content=content)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JwsFile:
    octets: bytes = field(repr=False)
    detached: bool
    digests: frozenset[str] = frozenset()
    kind: str = "jws"

    @classmethod
    def read(cls, octets: bytes) -> "JwsFile":
        return cls(octets=octets, detached=jws.is_detached(octets))

    def signatures(self, content: Document | None) -> tuple[Signature, ...]:
        given = None if content is None else held(content, limit=jws.MAX_CONTENT_BYTES)
        found = jws.verify(self.octets, content=given)
        return (
            Signature(
                certificate=found.certificate,
                embedded=found.embedded,
                algorithm=found.algorithm.name,
                digest=hashlib.sha256(found.content).digest(),
                claimed_time=found.signing_time,
                time_is_signed=True,
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlFile:
    """By one of our profiles: what they do not foresee is no signature that we can read."""

    octets: bytes = field(repr=False)
    detached: bool = False
    digests: frozenset[str] = frozenset()
    kind: str = "xml"

    def signatures(self, content: Document | None) -> tuple[Signature, ...]:
        if content is not None:
            raise DocumentError("signature_invalid", reason="content")
        found = self._by_some_profile()
        return (
            Signature(
                certificate=found.certificate,
                algorithm=found.method.value,
                digest=found.digest,
                claimed_time=found.claimed_time,
                time_is_signed=False,
            ),
        )

    def _by_some_profile(self) -> xml.Verified:
        """The profile whose container is there says what is wrong."""
        missing: DocumentError | None = None
        for profile in xml.PROFILES.values():
            try:
                return xml.verify(self.octets, profile)
            except DocumentError as error:
                if error.details.get("reason") != xml.Reason.MISSING:
                    raise
                missing = error
        assert missing is not None  # there are profiles
        raise missing


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfFile:
    """All signatures of the file; one that is broken, or over another text than what a reader now
    sees, spoils them all: nobody can tell which one somebody relies on.
    """

    octets: bytes | Filed = field(repr=False)
    detached: bool = False
    digests: frozenset[str] = frozenset()
    kind: str = "pdf"

    def signatures(self, content: Document | None) -> tuple[Signature, ...]:
        from agent.formats.pdf.judged import judged  # pyHanko takes a second to load

        if content is not None:
            raise DocumentError("signature_invalid", reason="content")
        signed = judged(self.octets)
        return tuple(
            Signature(
                certificate=one.certificate,
                embedded=(*one.embedded, *signed.store.certificates),
                algorithm=one.algorithm,
                digest=one.digest,
                claimed_time=one.claimed_at,
                time_is_signed=True,
                value=one.value,
                timestamps=one.timestamps,
                ocsp_responses=signed.store.ocsp_responses,
                crls=signed.store.crls,
                covers=one.covers,
                warnings=signed.warnings(one),
                archived=signed.archived(one),
            )
            for one in signed.signatures
        )


def _unarmoured(text: bytes) -> bytes:
    """RFC 7468 §2: base64 in lines."""
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DocumentError("signature_invalid", reason="unknown") from error
