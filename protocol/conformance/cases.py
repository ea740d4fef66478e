"""The cases of `vectors/agent`, as they lie in their directories (vectors/README.md)."""

from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

HOME: Final = Path(__file__).parents[1] / "vectors"


class Caller(StrEnum):
    PAGE = "page"  # of an origin that the user has not allowed
    PROGRAM = "program"  # of the same user, with the native token
    WINDOW = "window"  # our own, with a ticket that such a program was issued


class Layer(StrEnum):
    """Which part of an agent refuses; a refusal by another part is wrong too."""

    CODEC = "codec"
    SESSION = "session"
    AGENT = "agent"


Part = str | tuple[str, int]  # a text, or a text so many times; in hex where it is binary


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """Exactly one of `send`, `send_text`, `send_binary`, `expect`, `expect_close`."""

    send: Any = UNSET
    times: int = 1
    send_text: tuple[Part, ...] | UnsetType = UNSET
    send_binary: tuple[Part, ...] | UnsetType = UNSET
    expect: tuple[dict[str, Any], ...] | UnsetType = UNSET  # in any order
    expect_close: tuple[int, ...] | UnsetType = UNSET  # one of these codes


class Case(Struct, frozen=True, forbid_unknown_fields=True):
    caller: Caller
    layer: Layer | None  # None: nothing refuses
    steps: tuple[Step, ...]
    greeted: bool = True
    opens_window: bool = False
    name: str = ""


def agent_cases() -> tuple[Case, ...]:
    """Every case, in the order of their names."""
    return tuple(
        msgspec.structs.replace(
            msgspec.json.decode(file.read_bytes(), type=Case), name=file.parent.name
        )
        for file in sorted(HOME.glob("agent/*/case.json"))
    )


def frame(step: Step) -> str | bytes:
    """The text, or the octets, that a step sends."""
    if not isinstance(step.send_binary, UnsetType):
        return bytes.fromhex(_joined(step.send_binary))
    if isinstance(step.send_text, UnsetType):
        return msgspec.json.encode(step.send).decode()
    return _joined(step.send_text)


def _joined(parts: tuple[Part, ...]) -> str:
    return "".join(part if isinstance(part, str) else part[0] * part[1] for part in parts)
