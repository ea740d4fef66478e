"""What a workbench may answer, whatever has become of it."""

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import AgentError, DocumentError, InternalError, UserError
from agent.signing.workbench.questions import HEADER, Refused, answered, read_answer


def body(frame: bytes) -> bytes:
    (length,) = HEADER.unpack(frame[: HEADER.size])
    assert length == len(frame) - HEADER.size
    return frame[HEADER.size :]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("DocumentError", DocumentError),
        ("UserError", UserError),
        ("InternalError", InternalError),
        ("SystemExit", InternalError),
    ],
)
def test_errors_are_of_our_tree_alone(kind: str, expected: type[AgentError]) -> None:
    refused = Refused(kind=kind, code="pdf_page", details={"page": 3, "pages": 2})
    with pytest.raises(expected) as caught:
        read_answer(body(answered(refused)))

    assert (caught.value.code, caught.value.details) == ("pdf_page", {"page": 3, "pages": 2})


@given(st.binary(max_size=200))
def test_any_octets_are_an_answer_or_none(octets: bytes) -> None:
    with suppress(msgspec.MsgspecError, UnicodeDecodeError, AgentError):
        read_answer(octets)
