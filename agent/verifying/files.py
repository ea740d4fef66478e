"""Signed files of every kind with one face: recognised by their content, verified by their format.

file = recognise_file(path)       # or `recognise(octets)`
if file.detached:
content = …                       # by at least the hashes in `file.digests`
for signature in file.signatures(content):
…
"""

import base64
import binascii
import hashlib
import os
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from agent.documents import Digested, Document
from agent.errors import DocumentError
from agent.formats import asic, cms, jws, xml
from agent.formats.content import digest, held

_PEM: Final = re.compile(rb"\s*-----BEGIN (CMS|PKCS7)-----\s(.*?)-----END \1-----\s*", re.DOTALL)
_JWS: Final = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\s*")
_XML: Final = re.compile(rb"(\xef\xbb\xbf)?\s*<|\xff\xfe<\0|\xfe\xff\0<")
_SEQUENCE: Final = b"\x30"
#: A container begins with a file that says what it is (EN 319 162-1, annex A.1).
_ASIC: Final = re.compile(rb"PK\x03\x04.{26}mimetype", re.DOTALL)
_ASIC_HEAD: Final = 38
_PDF: Final = b"%PDF-"
#: Attached content, its base64 in a JWS, and what stands beside it.
MAX_HELD_BYTES: Final = 2 * cms.MAX_ATTACHED_BYTES
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
    #: Found beside it, in DER; hints as all of that is: OCSPResponse, CertificateList.
    ocsp_responses: tuple[bytes, ...] = field(repr=False, default=())
    crls: tuple[bytes, ...] = field(repr=False, default=())
    #: Codes of what a reader must know of it, although it is good.
    warnings: tuple[str, ...] = ()
    covers: str = ""  # the names of the files that it is of, where there could be others


class SignedFile(Protocol):
    @property
    def kind(self) -> str:
        """A key of the texts: "xml", "cms", "jws", "pdf", "asic"."""

    @property
    def detached(self) -> bool:
        """Whether the content is another file."""

    @property
    def digests(self) -> frozenset[str]:
        """By which hashes that content must be known; none if it must be at hand."""

    def signatures(self, content: Document | None) -> tuple[Signature, ...]:
        """At least one. Raises DocumentError (signature_invalid with its reason, document_*)."""


def recognise_file(path: Path) -> SignedFile:
    """As `recognise`, of a file of any size: large CMS and containers are read where they are.

    Raises DocumentError document_too_large for what is too large to be held, too; OSError.
    """
    with path.open("rb") as file:
        size, head = os.fstat(file.fileno()).st_size, file.read(_ASIC_HEAD)
        in_place = _ASIC.match(head) or head[:1] == _SEQUENCE
        if size <= (cms.MAX_ATTACHED_BYTES if in_place else MAX_HELD_BYTES):
            return recognise(head + file.read(MAX_HELD_BYTES))
    if _ASIC.match(head):
        return AsicFile(source=path)
    if in_place:
        return CmsFile.of_large(path)
    raise DocumentError("document_too_large", size=size, limit=MAX_HELD_BYTES)


def recognise(octets: bytes) -> SignedFile:
    """Raises DocumentError signature_invalid (reason "unknown"), and what reading it raises."""
    if pem := _PEM.fullmatch(octets):
        return CmsFile.read(_unarmoured(pem[2]))
    if octets[:1] == _SEQUENCE:
        return CmsFile.read(octets)
    if _ASIC.match(octets):
        return AsicFile(source=octets)
    if _PDF in octets[:_PDF_HEAD]:
        return PdfFile(octets=octets)
    if _XML.match(octets):
        return XmlFile(octets=octets)
    if _JWS.fullmatch(octets):
        return JwsFile.read(octets.strip())
    raise DocumentError("signature_invalid", reason="unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class CmsFile:
    """Also plain CMS, whose signatures are then told to be not bound to their certificates."""

    octets: bytes = field(repr=False)
    detached: bool
    digests: frozenset[str]
    #: That of a large file, whose `octets` are the signatures without it.
    content: Digested | None = None
    kind: str = "cms"

    @classmethod
    def read(cls, octets: bytes) -> "CmsFile":
        return cls(
            octets=octets, detached=cms.is_detached(octets), digests=cms.needed_digests(octets)
        )

    @classmethod
    def of_large(cls, path: Path) -> "CmsFile":
        """Reads all of it. Raises as `recognise_file`."""
        taken = cms.apart(path)
        return cls(
            octets=taken.signature, detached=False, digests=frozenset(), content=taken.content
        )

    def signatures(self, content: Document | None) -> tuple[Signature, ...]:
        if self.content is not None:
            if content is not None and digest(content, "sha256") != digest(self.content, "sha256"):
                raise DocumentError("signature_invalid", reason="content")
            content = self.content
        return tuple(map(_of_cms, cms.verify(self.octets, content=content, rules=cms.PLAIN)))


def _of_cms(found: cms.Verified) -> Signature:
    return Signature(
        certificate=found.certificate,
        embedded=found.embedded,
        algorithm=f"{found.scheme.kind}-{found.scheme.hash}",
        digest=found.digest,
        claimed_time=found.signing_time,
        time_is_signed=found.signing_time is not None,
        value=found.signature,
        timestamps=found.timestamps,
        ocsp_responses=found.ocsp_responses,
        crls=found.crls,
        warnings=() if found.bound else ("certificate_not_bound",),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AsicFile:
    """A container; every signature is told with the files that it covers."""

    source: bytes | Path = field(repr=False)
    detached: bool = False
    digests: frozenset[str] = frozenset()
    kind: str = "asic"

    def signatures(self, content: Document | None) -> tuple[Signature, ...]:
        if content is not None:
            raise DocumentError("signature_invalid", reason="content")
        return tuple(_of_asic(one) for one in asic.verify(self.source))


def _of_asic(found: asic.Verified) -> Signature:
    told = _of_cms(found.signature)
    missed = ("files_not_covered",) if found.uncovered else ()
    return replace(told, warnings=(*told.warnings, *missed), covers=", ".join(found.files))


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

    octets: bytes = field(repr=False)
    detached: bool = False
    digests: frozenset[str] = frozenset()
    kind: str = "pdf"

    def signatures(self, content: Document | None) -> tuple[Signature, ...]:
        from agent.formats.pdf.verify import Change, signatures  # pyHanko takes a second to load

        if content is not None:
            raise DocumentError("signature_invalid", reason="content")
        found = signatures(self.octets)
        if not found:
            raise DocumentError("signature_invalid", reason="missing")
        if not all(one.valid for one in found):
            raise DocumentError("signature_invalid", reason="value")
        harmless = {Change.NONE, Change.MAINTENANCE}
        if found[-1].changed_after not in harmless or any(
            one.changed_after is Change.OTHER for one in found
        ):
            raise DocumentError("signature_invalid", reason="digest")
        return tuple(
            Signature(
                certificate=one.certificate,
                embedded=one.embedded,
                algorithm=one.algorithm,
                digest=one.digest,
                claimed_time=one.claimed_at,
                time_is_signed=True,
                value=one.value,
                timestamps=one.timestamps,
            )
            for one in found
        )


def _unarmoured(text: bytes) -> bytes:
    """RFC 7468 §2: base64 in lines."""
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DocumentError("signature_invalid", reason="unknown") from error
