"""What the agent and its window process say to each other, one JSON object a line.

    agent → window    Ask… once, then what happens meanwhile; end of file means "close"
    window → agent    Moved for every step of the state machine, one answer, and again after a
                      rejected PIN; the service's one-time password whenever it is asked for
    of many documents WantPreview whenever the user looks at one, answered by PreviewMade or
                      PreviewFailed; StillHere while the user goes through them
    of files          Picked for each of them, then PickedAll

Secrets are not JSON: `Approved` and `OtpGiven` are followed by `pin_bytes` raw bytes, so that no
parser makes a copy that cannot be erased.
"""

from collections.abc import Collection, Iterable
from typing import Annotated, Final

import msgspec

from agent.consent.prompts import (
    BatchQuestion,
    CertificateFacts,
    DigestsQuestion,
    Grant,
    PickQuestion,
    SelectQuestion,
    SignQuestion,
    SiteQuestion,
)
from agent.consent.states import Event
from agent.documents import Description
from agent.keys import CertificateId, PinState
from protocol.limits import MAX_DOCUMENTS_IN_BATCH


class _Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag=True):
    pass


# --- agent → window ------------------------------------------------------------------------------


class AskSite(_Message, frozen=True):
    question: SiteQuestion
    seconds: float  # after which the agent takes silence for a refusal


class AskSelect(_Message, frozen=True):
    question: SelectQuestion
    seconds: float


class AskSign(_Message, frozen=True):
    question: SignQuestion
    seconds: float


class AskBatch(_Message, frozen=True):
    question: BatchQuestion
    seconds: float


class AskDigests(_Message, frozen=True):
    question: DigestsQuestion
    seconds: float


class AskPick(_Message, frozen=True):
    question: PickQuestion
    seconds: float


class Tell(_Message, frozen=True):
    title: str
    text: str
    language: str
    seconds: float


class Certificates(_Message, frozen=True):
    certificates: tuple[CertificateFacts, ...]


class PinRejected(_Message, frozen=True):
    state: PinState
    seconds: float


class PinLength(_Message, frozen=True):
    seconds: float


class TokenPresent(_Message, frozen=True):
    present: bool


class Working(_Message, frozen=True):
    stage: str


class ServicePinRejected(_Message, frozen=True):
    seconds: float


class AskOtp(_Message, frozen=True):
    rejected: bool  # the last one was
    seconds: float


class OnPhone(_Message, frozen=True):
    """The service waits for its user's confirmation on the phone."""

    seconds: float


class PreviewMade(_Message, frozen=True):
    index: int
    description: Description


class PreviewFailed(_Message, frozen=True):
    index: int
    code: str
    details: dict[str, str]


class Done(_Message, frozen=True):
    """Of many documents, so many have been dealt with."""

    count: int
    total: int


Question = AskSite | AskSelect | AskSign | AskBatch | AskDigests | AskPick | Tell
Command = (
    Question
    | Certificates
    | PinRejected
    | PinLength
    | TokenPresent
    | Working
    | ServicePinRejected
    | AskOtp
    | OnPhone
    | PreviewMade
    | PreviewFailed
    | Done
)


# --- window → agent ------------------------------------------------------------------------------


class Moved(_Message, frozen=True):
    """The window's own state machine took this step."""

    event: Event


class Granted(_Message, frozen=True):
    grant: Grant


class Chosen(_Message, frozen=True):
    certificate: CertificateId


class Approved(_Message, frozen=True):
    pin_bytes: int | None  # None: it is typed on the reader, or the service asks none
    #: Which documents of many were taken out: one bit for each, in the order of the question.
    excluded: Annotated[bytes, msgspec.Meta(max_length=(MAX_DOCUMENTS_IN_BATCH + 7) // 8)] = b""


class OtpGiven(_Message, frozen=True):
    pin_bytes: int


class WantPreview(_Message, frozen=True):
    """The user looks at the document with this index."""

    index: int


class StillHere(_Message, frozen=True):
    """The user goes through the documents: the time to answer begins anew."""


class Picked(_Message, frozen=True):
    path: str


class PickedAll(_Message, frozen=True):
    count: int


class Refused(_Message, frozen=True):
    pass


Answer = (
    Moved
    | Granted
    | Chosen
    | Approved
    | OtpGiven
    | WantPreview
    | StillHere
    | Picked
    | PickedAll
    | Refused
)

#: A PIN longer than this is not a PIN (PKCS#11 tokens allow at most 255 bytes).
MAX_PIN_BYTES: Final = 255
#: One-time passwords are six or eight digits; the longest known are printed on cards.
MAX_OTP_BYTES: Final = 64
#: No answer of the window comes near this: a path, or a bit for each document in base64.
MAX_ANSWER_BYTES: Final = 8192

_encoder = msgspec.json.Encoder()
_commands = msgspec.json.Decoder(Command)
_answers = msgspec.json.Decoder(Answer)


def encode(message: Command | Answer) -> bytes:
    """One line, newline included."""
    return _encoder.encode(message) + b"\n"


def decode_command(line: bytes) -> Command:
    """Raises msgspec.MsgspecError."""
    command: Command = _commands.decode(line)
    return command


def decode_answer(line: bytes | bytearray | memoryview) -> Answer:
    """Raises msgspec.MsgspecError."""
    answer: Answer = _answers.decode(line)
    return answer


def bits(positions: Iterable[int]) -> bytes:
    """A set of numbers as bytes: number `n` is the bit `n % 8` of byte `n // 8`."""
    number = 0
    for position in positions:
        number |= 1 << position
    return number.to_bytes((number.bit_length() + 7) // 8, "little")


def positions(raw: bytes) -> Collection[int]:
    """What `bits` was given."""
    number = int.from_bytes(raw, "little")
    return frozenset(at for at in range(number.bit_length()) if number >> at & 1)
