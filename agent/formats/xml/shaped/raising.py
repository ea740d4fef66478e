"""Levels above B-B of XAdES (EN 319 132-1 §6): what is put into the unsigned properties.

    B-T    SignatureTimeStamp, of the SignatureValue element
    B-LT   CertificateValues and RevocationValues of the signer, TimeStampValidationData of the
           time stamp's authority
    B-LTA  ArchiveTimeStamp (of XAdES 1.4.1), of all that

The document is cut and joined as bytes here too. What is there already is kept, so a signature can
be raised by one level after the other, and renewed: B-LTA adds another archive stamp each time.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from agent.documents import Document, Made, octets
from agent.errors import DocumentError
from agent.formats.cms import verify_timestamp
from agent.formats.levels import Evidence, EvidenceNeeded, Level, Raising, StampNeeded
from agent.formats.xml import cosigning
from agent.formats.xml.algorithms import DS
from agent.formats.xml.container import Gap
from agent.formats.xml.general import stamping
from agent.formats.xml.general.signed_info import Canonical
from agent.formats.xml.general.verify import MAX_BYTES, Found, judge
from agent.formats.xml.general.xades import QUALIFYING_PROPERTIES, XADES
from agent.formats.xml.grammar import Reason
from agent.formats.xml.intake import end_of, take_in
from agent.formats.xml.shaped import properties
from agent.formats.xml_shape import Packaging, XmlShape

_HOW: Final = Canonical(method=properties.STAMPED)


def raised(signed: Made, *, shape: XmlShape, document: Document, level: Level) -> Raising:
    """See `levels`. `document` is what a detached signature is of.

    Raises DocumentError signature_invalid, document_too_large, option_unsupported.
    """
    now = _Standing.of(octets(signed), shape, document)
    if level.includes(Level.T) and not now.found.timestamps:
        token = yield StampNeeded(sha256=hashlib.sha256(now.stamped).digest())
        assert isinstance(token, bytes)  # a StampNeeded is answered by a token
        verify_timestamp(token, stamped=now.stamped)
        now = now.with_unsigned(properties.signature_stamp(token))
    if level.includes(Level.LT) and not now.has_evidence:
        found = now.found
        signer = yield EvidenceNeeded(certificates=(found.certificate,), hints=found.embedded)
        assert isinstance(signer, Evidence)  # an EvidenceNeeded is answered by evidence
        if not (signer.ocsp_responses or signer.crls):
            raise DocumentError("signature_invalid", reason=Reason.CONTENT.value)
        known = (found.certificate, *found.embedded)
        text = properties.validation_data(signer, known=known)
        for token in found.timestamps:
            stamp = verify_timestamp(token, stamped=found.stamped)
            authority = yield EvidenceNeeded(
                certificates=(stamp.certificate,), hints=stamp.embedded
            )
            assert isinstance(authority, Evidence)
            inside = (*known, stamp.certificate, *stamp.embedded, *signer.certificates)
            text += properties.stamp_validation_data(authority, known=inside)
        now = now.with_unsigned(text)
    if level.includes(Level.LTA):
        archived = now.archived
        if archived is None:  # only the hashes of what is signed are known
            raise DocumentError("option_unsupported", option="level")
        token = yield StampNeeded(sha256=hashlib.sha256(archived).digest())
        assert isinstance(token, bytes)
        verify_timestamp(token, stamped=archived)
        now = now.with_unsigned(properties.archive_stamp(token))
    return now.signed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """A signed document at some level, verified, and what is needed to bring it to the next."""

    signed: bytes = field(repr=False)
    found: Found
    stamped: bytes = field(repr=False)  # what a signature time stamp is to be of
    archived: bytes | None = field(repr=False)  # the same of an archive stamp; None: not at hand
    _gap: Gap = field(repr=False)  # where more unsigned properties go
    _is_first: bool  # so their wrappers go there too
    _shape: XmlShape
    _document: Document = field(repr=False)

    @classmethod
    def of(cls, signed: bytes, shape: XmlShape, document: Document) -> "_Standing":
        intake = take_in(signed, path=("*",), limit=MAX_BYTES)
        signature = cosigning.signature_with(intake.tree, shape.signature_id)
        holder = signature.find(f"{{{DS}}}Object/{QUALIFYING_PROPERTIES}")
        if holder is None:
            raise DocumentError("option_unsupported", option="level")
        unsigned = holder.find(
            f"{{{XADES}}}UnsignedProperties/{{{XADES}}}UnsignedSignatureProperties"
        )
        end = end_of(intake, holder if unsigned is None else unsigned)
        # All of the signature's own octets before `judge`, which may take it out of the tree.
        stamped = stamping.signature_octets(signature, _HOW)
        own = stamping.archive_octets(
            signature, _HOW, unsigned=() if unsigned is None else tuple(unsigned)
        )
        is_detached = shape.packaging is Packaging.DETACHED
        (found,) = judge(intake.tree, content=document if is_detached else None, only=signature)
        is_at_hand = not is_detached or isinstance(document, bytes)
        return cls(
            signed=signed,
            found=found,
            stamped=stamped,
            archived=b"".join((*found.referred, own)) if is_at_hand else None,
            _gap=Gap(before=signed[:end], after=signed[end:], codec=intake.codec),
            _is_first=unsigned is None,
            _shape=shape,
            _document=document,
        )

    @property
    def has_evidence(self) -> bool:
        return bool(self.found.ocsp_responses or self.found.crls)

    def with_unsigned(self, text: str) -> "_Standing":
        """With more unsigned properties, verified again."""
        if not text:
            return self
        filled = self._gap.filled_with(properties.unsigned(text) if self._is_first else text)
        return _Standing.of(filled, self._shape, self._document)
