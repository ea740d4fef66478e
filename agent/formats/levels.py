"""Baseline levels (ETSI EN 319 122-1, 132-1, 142-1): what is put around a signature that is there.

    B-B    the signature itself
    B-T    and a time stamp of it, by a time-stamping authority
    B-LT   and the certificates and revocation answers with which it can be judged offline
    B-LTA  and a time stamp of all that, to be renewed before its authority's key ages

Formats know where these things go, and never fetch them: raising a signature is a generator that
says what it needs and is sent it (`agent.signing.raising` asks authorities and responders).

    raising = format.raised(signed, level=Level.LT)
    need = next(raising)
    while True:
        match need:
            case StampNeeded():     answer = the token (RFC 3161), DER
            case EvidenceNeeded():  answer = Evidence(…)
        need = raising.send(answer)          # StopIteration.value is the document
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from agent.documents import Made
from agent.errors import DocumentError


class Level(StrEnum):
    """In ascending order; each holds all before it."""

    B = "B-B"
    T = "B-T"
    LT = "B-LT"
    LTA = "B-LTA"

    def includes(self, other: "Level") -> bool:
        order = list(Level)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class StampNeeded:
    """A time-stamp token is to be had for something with this hash. The answer is its DER."""

    sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceNeeded:
    """What is known of these certificates (DER: the signer's, time-stamping authorities')."""

    certificates: tuple[bytes, ...] = field(repr=False)
    #: Found beside the signature; hints for the path, never believed.
    hints: tuple[bytes, ...] = field(default=(), repr=False)
    at: datetime | None = None  # as of when; None for now


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What proves that the certificates counted. All in DER."""

    certificates: tuple[bytes, ...] = field(default=(), repr=False)  # chains, roots too
    ocsp_responses: tuple[bytes, ...] = field(default=(), repr=False)  # OCSPResponse, RFC 6960
    crls: tuple[bytes, ...] = field(default=(), repr=False)  # CertificateList, RFC 5280


Need = StampNeeded | EvidenceNeeded
Answer = bytes | Evidence
#: Yields needs, is sent answers, returns the document.
Raising = Generator[Need, Answer, Made]


def only_basic(signed: Made, level: Level) -> Raising:
    """For formats that have no level above B-B. Raises DocumentError option_unsupported."""
    if level is not Level.B:
        raise DocumentError("option_unsupported", option="level")
    yield from ()  # what makes it a generator
    return signed
