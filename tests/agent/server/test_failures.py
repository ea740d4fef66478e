"""Every failure becomes an error of the list; the unforeseen says nothing of what it saw."""

import logging

import pytest

from agent.errors import AgentError, DocumentError, InternalError, UserError
from agent.server.failures import to_protocol_error
from protocol.errors import ERRORS, ProtocolError


@pytest.mark.parametrize("code", sorted(set(ERRORS) - {"internal_error"}))
def test_every_code_of_the_list_passes_as_it_is(code: str) -> None:
    assert to_protocol_error(AgentError(code, found="1"), method="m").code == code


def test_details_fill_the_texts() -> None:
    error = UserError("mst_mismatch", found="1", expected="2")

    told = to_protocol_error(error, method="sign.xml")

    assert "1" in told.text("vi")
    assert "2" in told.text("vi")


def test_an_error_of_the_edge_passes_as_it_is() -> None:
    error = ProtocolError("not_allowed")

    assert to_protocol_error(error, method="m") is error


def test_a_group_of_one_is_that_one() -> None:
    group = BaseExceptionGroup("", [ExceptionGroup("", [DocumentError("document_has_dtd")])])

    assert to_protocol_error(group, method="m").code == "document_has_dtd"


@pytest.mark.parametrize(
    "error",
    [
        ValueError("nội dung bí mật"),
        AgentError("no_such_code", pin="nội dung bí mật"),
        InternalError("internal_error", content="nội dung bí mật"),
        ExceptionGroup("nội dung bí mật", [ValueError("a"), ValueError("b")]),
    ],
)
def test_the_unforeseen_is_logged_with_a_reference_and_without_content(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(type(error)) as raised:
        raise error

    with caplog.at_level(logging.DEBUG):
        told = to_protocol_error(raised.value, method="sign.xml")

    assert told.code == "internal_error"
    assert told.details["reference"] in caplog.text
    assert "sign.xml" in caplog.text
    assert type(error).__name__ in caplog.text
    assert "nội dung bí mật" not in caplog.text + str(told.to_wire())
