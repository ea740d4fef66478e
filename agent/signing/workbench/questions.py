"""What the agent and a workbench say to each other.

A frame is four bytes of length and that many bytes. What is asked comes pickled from the agent;
what is answered is plain data, since the documents that are read there are strangers', and a reader
may have been turned against us. The first answer comes unasked and says that all is loaded.
"""

import pickle
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from struct import Struct as Layout
from typing import Final, assert_never

import msgspec

from agent.documents import Document, Filed, Made
from agent.errors import AgentError, DocumentError, InternalError, UserError
from agent.formats.api import Format
from agent.keys import Mechanism

HEADER: Final = Layout(">I")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare:
    number: int  # by which it is completed
    format: Format
    document: Document
    certificate: bytes
    signing_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    number: int
    signature: bytes


Question = Prepare | Complete


class Waiting(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """For the signature's value."""

    mechanism: Mechanism
    digest: bytes
    message: bytes


class Held(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    document: bytes


class InFile(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    path: str
    size: int
    digests: dict[str, bytes]
    head: bytes
    scratch: str


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    pass


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """`kind` is the name of the error's class."""

    kind: str
    code: str
    details: dict[str, str | int | bool | None] = {}


Answer = Ready | Waiting | Held | InFile | Refused

_encoder: Final = msgspec.msgpack.Encoder()
_answers: Final = msgspec.msgpack.Decoder(Answer)
_KINDS: Final[dict[str, type[AgentError]]] = {
    kind.__name__: kind for kind in (DocumentError, UserError, InternalError)
}


def asked(question: Question) -> bytes:
    """Raises TypeError, AttributeError, PicklingError for a format that cannot travel."""
    return _framed(pickle.dumps(question, protocol=pickle.HIGHEST_PROTOCOL))


def answered(answer: Answer) -> bytes:
    return _framed(_encoder.encode(answer))


def read_question(body: bytes) -> Question:
    question: Question = pickle.loads(body)  # noqa: S301 - the agent's own
    return question


def read_answer(body: bytes) -> Ready | Waiting | Made:
    """Raises AgentError as it was raised there; msgspec.MsgspecError for what is no answer."""
    match _answers.decode(body):
        case (Ready() | Waiting()) as answer:
            return answer
        case Held(document=document):
            return document
        case InFile() as filed:
            return Filed(
                path=Path(filed.path),
                size=filed.size,
                digests=filed.digests,
                head=filed.head,
                scratch=Path(filed.scratch),
            )
        case Refused(kind=kind, code=code, details=details):
            raise _KINDS.get(kind, InternalError)(code, **details)
        case unknown:
            assert_never(unknown)


def _framed(body: bytes) -> bytes:
    return HEADER.pack(len(body)) + body
