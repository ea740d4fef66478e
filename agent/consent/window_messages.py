"""What the agent and its window process say to each other, one JSON object a line.

    agent → window    Ask… once, then what happens meanwhile; end of file means "close"
    window → agent    Moved for every step of the state machine, one answer, and again after a
                      rejected PIN; the service's one-time password whenever it is asked for

Secrets are not JSON: `Approved` and `OtpGiven` are followed by `pin_bytes` raw bytes, so that no
parser makes a copy that cannot be erased.
"""

from typing import Final

import msgspec

from agent.consent.prompts import (
    CertificateFacts,
    Grant,
    SelectQuestion,
    SignQuestion,
    SiteQuestion,
)
from agent.consent.states import Event
from agent.keys import CertificateId, PinState


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


Question = AskSite | AskSelect | AskSign | Tell
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


class OtpGiven(_Message, frozen=True):
    pin_bytes: int


class Refused(_Message, frozen=True):
    pass


Answer = Moved | Granted | Chosen | Approved | OtpGiven | Refused

#: A PIN longer than this is not a PIN (PKCS#11 tokens allow at most 255 bytes).
MAX_PIN_BYTES: Final = 255
#: One-time passwords are six or eight digits; the longest known are printed on cards.
MAX_OTP_BYTES: Final = 64
#: No answer of the window comes near this.
MAX_ANSWER_BYTES: Final = 4096

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
