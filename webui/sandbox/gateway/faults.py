"""What the gateway is told to do wrong, and how long it takes to decide."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

Seconds = Annotated[float, Meta(ge=0, le=86_400)]


class ReceiptFault(StrEnum):
    GOOD = "good"
    BAD_SIGNATURE = "bad-signature"
    OTHER_DOSSIER = "other-dossier"


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A refusal in BHXH's words; at the door (4xx) or in the receipt."""

    ma_loi: Annotated[str, Meta(min_length=1, max_length=50)]
    mo_ta: Annotated[str, Meta(min_length=1, max_length=500)]
    at_door: bool = False


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`drop_answers` counts down: so many dossiers are kept and their answers are not given.

    `receipt` bends what is handed out, not what was decided: set it back to good, and the next
    asking gets the true receipt.
    """

    latency: Seconds = 0.0
    down: bool = False
    drop_answers: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    refuse: Words | None = None
    decide_after: Seconds = 3.0
    receipt: ReceiptFault = ReceiptFault.GOOD


def merged(present: Faults, change: Mapping[str, Any], *, from_a_form: bool = False) -> Faults:
    """`present` with the fields of `change`. Raises ValueError, naming what is wrong.

    A form knows only text: there numbers, booleans and null are written as text.
    """
    whole = {**msgspec.to_builtins(present), **change}
    return msgspec.convert(whole, Faults, strict=not from_a_form)


def read(change: bytes) -> Mapping[str, Any]:
    """The fields of a JSON object. Raises ValueError."""
    return msgspec.json.decode(change, type=dict[str, Any])
