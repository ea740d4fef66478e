"""Verify all signatures in a document, whatever program made them (see the package's docstring)."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from lxml import etree

from agent.documents import Document
from agent.errors import DocumentError
from agent.formats.cms import Timestamp
from agent.formats.xml import canonical, cosigning, grammar
from agent.formats.xml.algorithms import DS
from agent.formats.xml.general import covering, key_info, objects, signed_info, stamping
from agent.formats.xml.general.covering import Coverage, Covered, Lead, Surroundings
from agent.formats.xml.grammar import Reason
from agent.formats.xml.intake import SIGNATURE_ROOM, take_in
from agent.formats.xml.profiles import SignatureMethod
from protocol.limits import MAX_XML_BYTES

#: A contract that all of a meeting sign has some ten; each costs a canonicalization.
MAX_SIGNATURES: Final = 32
#: Room for what levels above B-B put into a signature: revocation lists are large.
EVIDENCE_ROOM: Final = 16 * 1024 * 1024
_HEAD_BYTES: Final = 4096
MAX_BYTES: Final = MAX_XML_BYTES + SIGNATURE_ROOM + EVIDENCE_ROOM
#: Of all that the signatures in a document refer to; many may refer to the same.
MAX_REFERRED_BYTES: Final = 16 * MAX_XML_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One signature whose value is right, over content that is intact."""

    id: str  # of ds:Signature; "" for none
    form: Literal["xmldsig", "xades"]
    certificate: bytes = field(repr=False)  # DER; its key made the signature. Not judged.
    method: SignatureMethod
    covered: tuple[Covered, ...]  # at least one; nothing else may be relied on
    referred: tuple[bytes, ...] = field(repr=False)  # all that was digested, own parts too
    claimed_time: datetime | None
    time_is_signed: bool  # else anybody can have written the time
    stamped: bytes = field(repr=False)  # what signature time stamps are of
    timestamps: tuple[bytes, ...] = field(repr=False, default=())  # tokens, not judged
    #: Of all that makes the signature; whether their authorities are believed is not said.
    archive_timestamps: tuple[Timestamp, ...] = field(repr=False, default=())
    embedded: tuple[bytes, ...] = field(repr=False, default=())  # certificates, DER
    ocsp_responses: tuple[bytes, ...] = field(repr=False, default=())
    crls: tuple[bytes, ...] = field(repr=False, default=())


def verify(octets: bytes, *, content: Document | None = None) -> tuple[Found, ...]:
    """All signatures in the document, in its order. `content` is of a detached signature.

    Raises DocumentError signature_invalid (details: reason, a `Reason`) if one of them is not
    good, and what `intake.take_in` raises.
    """
    return judge(take_in(octets, path=("*",), limit=MAX_BYTES).tree, content=content)


def content_needed(octets: bytes) -> frozenset[str] | None:
    """By which hashes the content of a detached signature must be known: none if it must be at
    hand. None for what is no detached signature, or cannot be read. Such a file begins with it.
    """
    if b"Signature" not in octets[:_HEAD_BYTES].replace(b"\0", b""):
        return None
    try:
        tree = take_in(octets, path=("*",), limit=MAX_BYTES).tree
    except DocumentError:
        return None  # `verify` says what is wrong
    needed: set[str] | None = None
    for element in tree.iter(f"{{{DS}}}Reference"):
        if (element.get("URI") or "x").startswith("#") or element.get("URI") == "":
            continue
        try:
            one = signed_info.read_reference(element)
        except DocumentError:
            return None
        needed = (needed or set()) | {one.digest.value}
        if one.canonical is not None:
            return frozenset()
    return None if needed is None else frozenset(needed)


def judge(
    tree: "etree._ElementTree[etree._Element]",
    *,
    content: Document | None = None,
    only: "etree._Element | None" = None,
    known: bytes | None = None,
) -> tuple[Found, ...]:
    """The same of what was taken in already; `only` this signature, if one is named. `known` is
    the digest of what it covers, for who has just computed it; octets are then left empty.

    A signature over the whole document is not in the tree afterwards.
    """
    signatures = cosigning.all_signatures(tree)
    _check_places(signatures)
    around = Surroundings.of(tree)
    read = [_Signature(one, around) for one in signatures if only in (None, one)]
    if content is not None and not any(one.is_detached for one in read):
        grammar.reject(Reason.CONTENT)
    if sum(one.is_of_document for one in read) > 1:
        grammar.reject(Reason.DIGEST)  # the later one has broken the earlier
    # One that covers the document is taken out of it, and it covers the others: it comes last.
    found: dict[_Signature, Found] = {}
    referred = 0
    for one in sorted(read, key=lambda one: one.is_of_document):
        found[one] = one.judged(content, known)
        referred += sum(len(part.octets) for part in found[one].covered)
        if referred > MAX_REFERRED_BYTES:
            raise DocumentError("document_too_large", limit=MAX_REFERRED_BYTES)
    return tuple(found[one] for one in read)


def _check_places(signatures: "list[etree._Element]") -> None:
    if not signatures:
        grammar.reject(Reason.MISSING)
    known = set(signatures)
    if len(signatures) > MAX_SIGNATURES or any(
        not known.isdisjoint(signature.iterancestors()) for signature in signatures
    ):
        grammar.reject(Reason.PLACE)


class _Signature:
    """One ds:Signature, read; judged in a second step, when all have been read."""

    def __init__(self, element: "etree._Element", around: Surroundings) -> None:
        self._element = element
        self._around = around
        grammar.only_attributes(element, "Id")
        self.id = element.get("Id", "")
        if self.id and around.ids[self.id] != 1:
            grammar.reject(Reason.REFERENCE)
        info, value, key_info_element, *held = _parts(element)
        self._info = signed_info.read(info)
        self._info_octets = canonical.subtree(
            info, self._info.canonical.method, prefixes=self._info.canonical.prefixes
        )
        grammar.only_attributes(value, "Id")
        self._value = grammar.base64_octets(value)
        self._key_info = key_info.read(key_info_element)
        self._objects = objects.read(held, element)
        self._leads = covering.leads(
            self._info.references,
            signature=element,
            key_info=key_info_element,
            objects=self._objects,
            around=around,
        )

    @property
    def is_of_document(self) -> bool:
        return any(lead.kind is Coverage.DOCUMENT for lead in self._leads)

    @property
    def is_detached(self) -> bool:
        return any(lead.kind is Coverage.EXTERNAL for lead in self._leads)

    def judged(self, content: Document | None, known: bytes | None) -> Found:
        properties, claim = self._objects.properties, self._objects.claim
        bound = None
        if properties is not None:
            named = self._key_info.certificates
            bound = next((one for one in named if properties.certificate.is_of(one)), None)
            if bound is None:
                grammar.reject(Reason.BINDING)
        certificate = self._key_info.signer(
            method=self._info.method, value=self._value, octets=self._info_octets, bound=bound
        )
        stamps = () if properties is None else properties.stamps
        stamped = stamping.signature_octets(self._element, stamping.first_of(stamps))
        archived = stamping.archived(self._element, properties) if properties else ()
        parts = dict(self._octets(content, known))
        referred = tuple(parts[lead] for lead in self._leads)
        archive_stamps = tuple(
            stamping.checked(stamp, b"".join((*referred, own))) for stamp, own in archived
        )
        return Found(
            id=self.id,
            form="xmldsig" if properties is None else "xades",
            certificate=certificate,
            method=self._info.method,
            covered=tuple(
                Covered(
                    kind=lead.kind,
                    name=lead.name,
                    octets=parts[lead],
                    digest=lead.reference.value,
                )
                for lead in self._leads
                if lead.kind is not None
            ),
            referred=referred,
            claimed_time=claim.at if claim else properties.signing_time if properties else None,
            time_is_signed=properties is not None
            or (claim is not None and any(lead.element in claim.elements for lead in self._leads)),
            stamped=stamped,
            timestamps=tuple(stamp.token for stamp in stamps),
            archive_timestamps=archive_stamps,
            embedded=(
                *(one for one in self._key_info.certificates if one != certificate),
                *(properties.certificates if properties else ()),
            ),
            ocsp_responses=properties.ocsp_responses if properties else (),
            crls=properties.crls if properties else (),
        )

    def _octets(
        self, content: Document | None, known: bytes | None
    ) -> Iterator[tuple[Lead, bytes]]:
        """Each lead with what it leads to, whose digest is right."""
        last = [lead for lead in self._leads if lead.kind is Coverage.DOCUMENT]
        for lead in [*(one for one in self._leads if one not in last), *last]:
            if known is not None and lead.kind is not None:
                if not hmac.compare_digest(known, lead.reference.value):
                    grammar.reject(Reason.DIGEST)
                yield lead, b""
                continue
            found = covering.octets(
                lead, signature=self._element, around=self._around, external=content
            )
            covering.check_digest(lead, found, external=content)
            yield lead, found


def _parts(signature: "etree._Element") -> "list[etree._Element]":
    """SignedInfo, SignatureValue, KeyInfo, Objects."""
    children = grammar.elements(signature)
    names = ["SignedInfo", "SignatureValue", "KeyInfo", *["Object"] * (len(children) - 3)]
    if [child.tag for child in children] != [f"{{{DS}}}{name}" for name in names]:
        grammar.reject(Reason.GRAMMAR)
    return children
