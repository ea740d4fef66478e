"""The channel from the I-VAN to BHXH, as a port.

The real channel is not public [U] (facts B4). What any such channel must let us tell apart is an
answer, a refusal, a message that certainly did not arrive, and one that may have.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol

#: The dossier's id, sent with every attempt; the same key is the same dossier.
IdempotencyKey = NewType("IdempotencyKey", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """BHXH has it. The same key again gets the same acknowledgement."""

    transaction: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedAtTheDoor:
    """BHXH will not take it, in its own words; sending again would not help."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDelivered:
    """It certainly did not arrive, or was turned away for now: send again later."""

    why: str
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """It may have arrived (time-out, broken answer): ask before sending again."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeverReceived:
    """BHXH says that it does not have this key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDecided:
    """There is no receipt yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptDocument:
    """A receipt as it came; what it is worth is `receipt.judge`'s to say."""

    document: bytes


class Gateway(Protocol):
    async def send(
        self, document: bytes, key: IdempotencyKey
    ) -> Acknowledged | RefusedAtTheDoor | NotDelivered | Unknown: ...

    async def ask(self, key: IdempotencyKey) -> Acknowledged | NeverReceived | Unknown:
        """Has this key arrived?"""

    async def receipt(self, key: IdempotencyKey) -> ReceiptDocument | NotDecided | Unknown: ...

    async def close(self) -> None: ...


class NoGateway:
    """Where none is configured: dossiers wait, and say so."""

    async def send(self, document: bytes, key: IdempotencyKey) -> NotDelivered:  # noqa: ARG002
        return NotDelivered(why="gateway_not_configured")

    async def ask(self, key: IdempotencyKey) -> Unknown:  # noqa: ARG002
        return Unknown(why="gateway_not_configured")

    async def receipt(self, key: IdempotencyKey) -> Unknown:  # noqa: ARG002
        return Unknown(why="gateway_not_configured")

    async def close(self) -> None:
        return
