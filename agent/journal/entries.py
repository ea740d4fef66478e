r"""One line of the journal, its canonical bytes and its place in the chain. Pure.

Entry n is bound to all before it:

    hash(0) = 32 zero bytes
    hash(n) = SHA-256( "OpenKySo journal v1\n" || hash(n-1) || canonical(n) )

`canonical` is the entry's number and fields as one JSON object: keys sorted, no white space, UTF-8.
It is stored as it was hashed, so that a later version that knows more fields checks old entries.
"""

import hashlib
import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_DOMAIN: Final = b"OpenKySo journal v1\n"
#: What entry 1 is chained to.
GENESIS: Final = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What happened to one request that reached the user's decision."""

    at: datetime  # UTC
    origin: str
    action: str  # "sign" or "login"
    name: str
    sha256: str  # hex, of the document as it was shown (for a login, of what was signed)
    certificate: bytes  # DER
    holder: str
    serial: str
    outcome: str  # "signed", or the error code it ended with
    evidence: tuple[bytes, ...] = ()  # DER: the chain above, OCSP responses and CRLs relied on
    #: SHA-256, hex, of evidence that is too large to keep beside every signature (whole CRLs).
    evidence_hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    number: int
    entry: Entry
    hash: bytes


def canonical(number: int, entry: Entry) -> bytes:
    fields = {
        "number": number,
        "at": entry.at.astimezone(UTC).isoformat(),
        "origin": entry.origin,
        "action": entry.action,
        "name": entry.name,
        "sha256": entry.sha256,
        "certificate": b64encode(entry.certificate).decode(),
        "holder": entry.holder,
        "serial": entry.serial,
        "outcome": entry.outcome,
        "evidence": [b64encode(item).decode() for item in entry.evidence],
        "evidence_hashes": list(entry.evidence_hashes),
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parse(text: bytes) -> tuple[int, Entry]:
    """The inverse of `canonical`. Raises ValueError, KeyError or TypeError on anything else."""
    fields = json.loads(text)
    return fields["number"], Entry(
        at=datetime.fromisoformat(fields["at"]),
        origin=fields["origin"],
        action=fields["action"],
        name=fields["name"],
        sha256=fields["sha256"],
        certificate=b64decode(fields["certificate"], validate=True),
        holder=fields["holder"],
        serial=fields["serial"],
        outcome=fields["outcome"],
        evidence=tuple(b64decode(item, validate=True) for item in fields["evidence"]),
        evidence_hashes=tuple(fields["evidence_hashes"]),
    )


def link(previous: bytes, text: bytes) -> bytes:
    """The hash of the entry with the canonical bytes `text`, after one with hash `previous`."""
    return hashlib.sha256(_DOMAIN + previous + text).digest()
