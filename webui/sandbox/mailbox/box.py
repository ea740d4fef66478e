"""The letters received, newest first; the oldest go when there are too many."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Final

from webui.sandbox.database import Database

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS letters (
    number INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    recipients TEXT NOT NULL,
    content BLOB NOT NULL
);
"""
_MOST: Final = 500
_LONGEST_TEXT: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    number: int
    at: datetime
    recipients: tuple[str, ...]  # of the envelope
    sender: str
    subject: str
    text: str
    attachments: tuple[Attachment, ...]


class Box:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, recipients: list[str], content: bytes) -> None:
        await self._database.together(
            (
                "INSERT INTO letters (at, recipients, content) VALUES (:at, :recipients, :content)",
                {
                    "at": datetime.now(UTC).timestamp(),
                    "recipients": "\n".join(recipients),
                    "content": content,
                },
            ),
            (
                "DELETE FROM letters WHERE number <= (SELECT MAX(number) FROM letters) - :most",
                {"most": _MOST},
            ),
        )

    async def newest(self, limit: int = 50) -> list[Letter]:
        rows = await self._database.rows(
            "SELECT * FROM letters ORDER BY number DESC LIMIT :limit", limit=limit
        )
        return [_letter(row) for row in rows]

    async def letter(self, number: int) -> Letter | None:
        row = await self._database.row(
            "SELECT * FROM letters WHERE number = :number", number=number
        )
        return None if row is None else _letter(row)

    async def clear(self) -> None:
        await self._database.rows("DELETE FROM letters")


def _letter(row: Mapping[str, Any]) -> Letter:
    message = message_from_bytes(row["content"], policy=policy.default)
    return Letter(
        number=row["number"],
        at=datetime.fromtimestamp(row["at"], UTC),
        recipients=tuple(row["recipients"].split("\n")),
        sender=_header(message, "From"),
        subject=_header(message, "Subject"),
        text=_text(message),
        attachments=tuple(_attachments(message)),
    )


def _header(message: EmailMessage, name: str) -> str:
    # Anybody on this machine may send here; a header that cannot be parsed is shown as nothing.
    try:
        return str(message.get(name, ""))
    except (ValueError, IndexError, TypeError, AttributeError):
        return ""


def _text(message: EmailMessage) -> str:
    try:
        body = message.get_body(("plain", "html"))
        return "" if body is None else str(body.get_content())[:_LONGEST_TEXT]
    except (LookupError, ValueError, TypeError, AttributeError):
        return ""


def _attachments(message: EmailMessage) -> list[Attachment]:
    found = []
    for part in message.iter_attachments():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            name = part.get_filename() or "attachment"
            kind = part.get_content_type()
            found.append(Attachment(name=name, content_type=kind, content=content))
    return found
