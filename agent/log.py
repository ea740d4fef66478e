"""The agent's log: a rotating file and, in the foreground, standard error.

What must never be in it: a PIN, a ticket, the native token, a document. Nothing logs them; as a
second line of defence every record passes through `Redaction`, which blanks the secrets it was told
of and anything written beside a secret's name (threat T22).
"""

import logging
import re
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_MAX_BYTES: Final = 1024 * 1024
_KEPT_FILES: Final = 5
_BLANK: Final = "[hidden]"
#: `pin=1234`, `"native_token": "…"`, `ticket: …`, and a ticket in a URL's fragment.
_NAMED_SECRET: Final = re.compile(
    r"""(\b(?:pin|ticket|native_token|password)\b["']?\s*[=:]\s*)"""
    r"""("[^"]*"|'[^']*'|[^\s,;)}\]]+)""",
    re.IGNORECASE,
)


class Redaction(logging.Filter):
    """Blanks secrets in a record's finished text, arguments and traceback included."""

    def __init__(self) -> None:
        super().__init__()
        self._secrets: set[str] = set()

    def hide(self, secret: str) -> None:
        """Blank `secret` wherever it should turn up from now on."""
        self._secrets.add(secret)

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if record.exc_info:
            # Formatted here, so that the traceback's text is cleaned too.
            record.exc_text = self.clean(logging.Formatter().formatException(record.exc_info))
        record.msg, record.args = self.clean(text), ()
        return True

    def clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _BLANK)
        return _NAMED_SECRET.sub(rf"\1{_BLANK}", text)


def start(directory: Path, *, verbose: bool, foreground: bool) -> Redaction:
    """Send the agent's log to `directory`/agent.log, and to standard error in the foreground."""
    redaction = Redaction()
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    handlers: list[logging.Handler] = [
        RotatingFileHandler(
            directory / "agent.log", maxBytes=_MAX_BYTES, backupCount=_KEPT_FILES, encoding="utf-8"
        )
    ]
    if foreground:
        handlers.append(logging.StreamHandler(sys.stderr))
    root = logging.getLogger()
    for handler in handlers:
        handler.setFormatter(logging.Formatter(_FORMAT))
        # On handlers, not on a logger: a logger's filter does not see its children's records.
        handler.addFilter(redaction)
        root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("agent").setLevel(logging.DEBUG if verbose else logging.INFO)
    return redaction
