"""The log never holds a PIN, a ticket or the native token (threat T22)."""

import logging
from pathlib import Path

import pytest

from agent import log
from agent.log import Redaction
from agent.pin import Pin


@pytest.mark.usefixtures("clean_root")
def test_what_was_said_to_be_secret_is_blanked_everywhere(tmp_path: Path) -> None:
    redaction = log.start(tmp_path, verbose=True, foreground=False)
    redaction.hide("n4tive-t0ken")
    logger = logging.getLogger("agent.somewhere")

    logger.debug("in the text n4tive-t0ken")
    logger.info("as an argument: %s", "n4tive-t0ken")
    try:
        int("n4tive-t0ken")
    except ValueError:
        logger.exception("in a traceback")
    logging.getLogger("aiohttp").warning("by a library: %r", {"x": "n4tive-t0ken"})

    written = (tmp_path / "agent.log").read_text()
    assert "n4tive-t0ken" not in written
    assert written.count("[hidden]") == 5  # the traceback quotes the line, too
    assert "ValueError" in written


@pytest.mark.parametrize(
    "text",
    [
        "pin=73519462",
        "PIN: 73519462",
        "{'pin': '73519462', 'x': 1}",
        '{"native_token":"73519462"}',
        "http://127.0.0.1:1/#ticket=73519462",
        'password = "73519462 and more"',
    ],
)
def test_what_stands_beside_a_secrets_name_is_blanked(text: str) -> None:
    assert "73519462" not in Redaction().clean(text)


def test_other_text_is_left_alone() -> None:
    text = "listening on port 14517; spinning: 3; pinned: yes; shopping=2"

    assert Redaction().clean(text) == text


@pytest.mark.usefixtures("clean_root")
def test_a_pin_prints_as_nothing_even_when_it_is_logged(tmp_path: Path) -> None:
    log.start(tmp_path, verbose=True, foreground=False)

    logging.getLogger("agent").info("%s %r", Pin(bytearray(b"73519462")), Pin(bytearray(b"73")))

    assert "73519462" not in (tmp_path / "agent.log").read_text()


@pytest.mark.usefixtures("clean_root")
def test_details_are_logged_only_when_asked_for(tmp_path: Path) -> None:
    log.start(tmp_path, verbose=False, foreground=False)

    logging.getLogger("agent").debug("a detail")
    logging.getLogger("agent").info("a fact")

    written = (tmp_path / "agent.log").read_text()
    assert "a detail" not in written
    assert "a fact" in written
