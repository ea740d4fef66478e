r"""One line of the journal, its canonical bytes and its place in the chain. Pure.

Entry n is bound to all before it:

    hash(0) = 32 zero bytes
    hash(n) = SHA-256( "OpenKySo journal v1\n" || hash(n-1) || canonical(n) )

`canonical` is the entry's number and fields as one JSON object: keys sorted, no white space, UTF-8,
without the fields that have no value. It is stored as it was hashed, and never written anew:
entries of version 1, which have their evidence in base64 inside, stay what they were.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from agent.journal.evidence import Exhibit, Kind

_DOMAIN: Final = b"OpenKySo journal v1\n"
#: What entry 1 is chained to.
GENESIS: Final = bytes(32)
#: The action of an entry that says which others were deleted. It is never deleted itself.
DELETE: Final = "delete"
#: The action of an entry about a signature that has its own: what was put around it later.
RAISE: Final = "raise"

Span = tuple[int, int]  # numbers, from and to, both included


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """Which entries are gone, and what they were: their hashes stay behind as tombstones."""

    spans: tuple[Span, ...]  # ascending
    sha256: str  # hex, over the entries' hashes in the order of their numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What happened to one request that reached the user's decision."""

    at: datetime  # UTC, when this was written
    origin: str  # who asked
    action: str  # "sign", "login", …
    name: str
    sha256: str  # hex, of the document as it was shown (for a login, of what was signed)
    size: int | None = None  # bytes, of the document
    profile: str = ""
    mechanism: str = ""  # agent.keys.Mechanism
    level: str = ""  # that the signature has: "B-B" to "B-LTA"
    level_problem: str = ""  # error code: why it is not higher
    signed_at: datetime | None = None  # as the signature itself says
    stamped_at: datetime | None = None  # as the authority's time stamp says
    certificate: Exhibit | None = None
    holder: str = ""
    serial: str = ""
    state: str = ""  # of the certificate at that time: protocol.messages.CertificateState
    outcome: str  # "signed", or the error code it ended with
    evidence: tuple[Exhibit, ...] = ()  # the chain above, OCSP responses, CRLs, time stamps
    #: Of entries of version 1: SHA-256, hex, of whole CRLs, which were not kept then.
    evidence_hashes: tuple[str, ...] = ()
    deletion: Deletion | None = None

    @property
    def exhibits(self) -> tuple[Exhibit, ...]:
        return self.evidence if self.certificate is None else (self.certificate, *self.evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    number: int
    entry: Entry
    hash: bytes


_Number = Annotated[int, Meta(ge=1)]
#: These become names of files in an export.
_Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class _Numbered(msgspec.Struct, frozen=True, kw_only=True):
    number: _Number
    version: int = 1


class _Version1(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    origin: str
    action: str
    name: str
    sha256: str
    certificate: bytes
    holder: str
    serial: str
    outcome: str
    evidence: tuple[bytes, ...]
    evidence_hashes: tuple[str, ...]


class _Deletion(msgspec.Struct, frozen=True, kw_only=True):
    spans: tuple[tuple[_Number, _Number], ...]
    sha256: _Sha256


class _Version2(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    number: _Number
    version: Literal[2]
    at: datetime
    origin: str
    action: str
    name: str
    sha256: str
    size: int | None = None
    profile: str = ""
    mechanism: str = ""
    level: str = ""
    level_problem: str = ""
    signed_at: datetime | None = None
    stamped_at: datetime | None = None
    certificate: _Sha256 | None = None
    holder: str = ""
    serial: str = ""
    state: str = ""
    outcome: str
    evidence: tuple[tuple[Kind, _Sha256], ...] = ()
    deletion: _Deletion | None = None


_encoder: Final = msgspec.json.Encoder(order="sorted")
_numbered: Final = msgspec.json.Decoder(_Numbered)
_version_1: Final = msgspec.json.Decoder(_Version1)
_version_2: Final = msgspec.json.Decoder(_Version2)


def canonical(number: int, entry: Entry) -> bytes:
    deletion, certificate = entry.deletion, entry.certificate
    return _encoder.encode(
        _Version2(
            number=number,
            version=2,
            at=entry.at.astimezone(UTC),
            origin=entry.origin,
            action=entry.action,
            name=entry.name,
            sha256=entry.sha256,
            size=entry.size,
            profile=entry.profile,
            mechanism=entry.mechanism,
            level=entry.level,
            level_problem=entry.level_problem,
            signed_at=entry.signed_at and entry.signed_at.astimezone(UTC),
            stamped_at=entry.stamped_at and entry.stamped_at.astimezone(UTC),
            certificate=None if certificate is None else certificate.sha256,
            holder=entry.holder,
            serial=entry.serial,
            state=entry.state,
            outcome=entry.outcome,
            evidence=tuple((one.kind, one.sha256) for one in entry.evidence),
            deletion=None
            if deletion is None
            else _Deletion(spans=deletion.spans, sha256=deletion.sha256),
        )
    )


def parse(text: bytes) -> tuple[int, Entry]:
    """The inverse of `canonical`, also of version 1's. Raises ValueError on anything else."""
    begun = _numbered.decode(text)
    match begun.version:
        case 1:
            return begun.number, _of_version_1(_version_1.decode(text))
        case 2:
            return begun.number, _of_version_2(_version_2.decode(text))
        case unknown:
            raise ValueError(f"an entry of version {unknown}")


def link(previous: bytes, text: bytes) -> bytes:
    """The hash of the entry with the canonical bytes `text`, after one with hash `previous`."""
    return hashlib.sha256(_DOMAIN + previous + text).digest()


def _of_version_1(line: _Version1) -> Entry:
    return Entry(
        at=line.at,
        origin=line.origin,
        action=line.action,
        name=line.name,
        sha256=line.sha256,
        certificate=Exhibit.of(line.certificate),
        holder=line.holder,
        serial=line.serial,
        outcome=line.outcome,
        evidence=tuple(map(Exhibit.of, line.evidence)),
        evidence_hashes=line.evidence_hashes,
    )


def _of_version_2(line: _Version2) -> Entry:
    deletion = line.deletion
    return Entry(
        at=line.at,
        origin=line.origin,
        action=line.action,
        name=line.name,
        sha256=line.sha256,
        size=line.size,
        profile=line.profile,
        mechanism=line.mechanism,
        level=line.level,
        level_problem=line.level_problem,
        signed_at=line.signed_at,
        stamped_at=line.stamped_at,
        certificate=None
        if line.certificate is None
        else Exhibit(kind=Kind.CERTIFICATE, sha256=line.certificate),
        holder=line.holder,
        serial=line.serial,
        state=line.state,
        outcome=line.outcome,
        evidence=tuple(Exhibit(kind=kind, sha256=sha256) for kind, sha256 in line.evidence),
        deletion=None
        if deletion is None
        else Deletion(spans=deletion.spans, sha256=deletion.sha256),
    )
