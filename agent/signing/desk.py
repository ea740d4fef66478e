"""What every use case works with, and who asked for it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from agent.consent.prompts import Asker, Prompts
from agent.formats.api import Format
from agent.formats.levels import Evidence, EvidenceNeeded
from agent.hsm.api import Services
from agent.hsm.nothing import NoServices
from agent.journal import Journal
from agent.tokens.api import Tokens
from protocol.limits import PROMPT_SECONDS
from protocol.messages import CertificateState, Stage

if TYPE_CHECKING:
    from agent.certificates.timestamp import TimestampAuthority  # its library loads at first use


class Summary(Protocol):
    """What a certificate says of itself."""

    @property
    def holder(self) -> str: ...
    @property
    def mst(self) -> tuple[str, ...]: ...
    @property
    def subject(self) -> str: ...
    @property
    def issuer(self) -> str: ...
    @property
    def serial(self) -> str: ...
    @property
    def not_before(self) -> datetime: ...
    @property
    def not_after(self) -> datetime: ...
    @property
    def key(self) -> str: ...


class Assessment(Protocol):
    """What the world says of it: period, chain, revocation."""

    @property
    def state(self) -> CertificateState: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...
    @property
    def evidence(self) -> tuple[bytes, ...]: ...

    def require_usable(self) -> None:
        """Raises UserError certificate_* when it must not sign."""


class Judge(Protocol):
    """Each raises UserError certificate_unsuitable for what cannot be read as a certificate."""

    def describe(self, der: bytes, /) -> Summary: ...

    def glance(self, der: bytes, /, *, at: datetime) -> Assessment:
        """By its dates alone: no network, so a window can open with it."""

    async def assess(self, der: bytes, /, *, at: datetime) -> Assessment:
        """In full; unknown revocation is a warning, never an exception."""


class EvidenceSource(Protocol):
    @property
    def required(self) -> bool:
        """Whether a signature for which there is none must not be handed out."""

    async def gather(self, need: EvidenceNeeded, /) -> Evidence:
        """Chains, and answers for every certificate below the roots.

        Raises ServiceError evidence_unavailable.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    tokens: Tokens
    services: Services = field(default_factory=NoServices)
    prompts: Prompts
    judge: Judge
    #: The table from a profile's name; a function, since the formats' libraries load at first use.
    formats: Callable[[], Mapping[str, Format]]
    #: Its keys, to be told without loading them.
    profiles: tuple[str, ...]
    journal: Journal
    #: Who raises signatures above B-B; None where nobody is configured.
    authorities: "TimestampAuthority | None" = None
    evidence: EvidenceSource | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    #: How long a request waits for a token to be plugged in.
    waiting_seconds: float = PROMPT_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One request: on whose behalf, and how to say where it stands.

    It is cancelled by cancelling the task that runs it; every use case then closes its window and
    logs out before it ends.
    """

    asker: Asker
    progress: Callable[[Stage], Awaitable[None]]
