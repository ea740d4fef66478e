"""The errors that travel: stable codes, who must act, and their words in two languages.

`schema/errors.json` is the one list; SPEC 7 and both user interfaces are checked against it.

    ProtocolError
      raised by a client for an error reply, and by the agent to make one
"""

import json
from enum import StrEnum
from importlib import resources
from typing import Any, Final

from msgspec import Struct, convert

from protocol.messages import ErrorData, ErrorObject


class Group(StrEnum):
    """Who must act to get past the error."""

    USER = "user"
    PAGE = "page"
    VENDOR = "vendor"
    AGENT = "agent"
    TOKEN = "token"  # noqa: S105 - the device, not a secret
    SERVICE = "service"  # a remote signing service


class ErrorSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    number: int
    group: Group
    vi: str
    en: str
    retriable: bool = False


ERRORS: Final[dict[str, ErrorSpec]] = convert(
    json.loads(resources.files("protocol").joinpath("schema/errors.json").read_text("utf-8")),
    dict[str, ErrorSpec],
)


class ProtocolError(Exception):
    """An error with a code of `ERRORS`; `details` fills the placeholders of its texts."""

    def __init__(self, code: str, **details: Any) -> None:
        self.code = code
        self.spec = ERRORS[code]
        self.details = details
        super().__init__(f"{code}: {self.text('en')}")

    @classmethod
    def from_wire(cls, error: ErrorObject) -> "ProtocolError":
        """What an agent said, in its own words: it may be newer and know more codes than our list.

        A group that we do not know is taken for the agent's (SPEC 7.3).
        """
        return cls.from_data(error.data, number=error.code)

    @classmethod
    def from_data(cls, data: ErrorData, *, number: int = 0) -> "ProtocolError":
        """As `from_wire`, where a message tells of an error that is not its own."""
        told = cls.__new__(cls)
        told.code = data.code
        told.details = data.details
        told.spec = ErrorSpec(
            number=number,
            group=Group(data.group) if data.group in set(Group) else Group.AGENT,
            retriable=data.retriable,
            vi=_literal(data.vi),
            en=_literal(data.en),
        )
        Exception.__init__(told, f"{data.code}: {data.en}")
        return told

    @property
    def group(self) -> Group:
        return self.spec.group

    def text(self, language: str) -> str:
        """The sentence for the user, in "vi" or "en"."""
        template = self.spec.vi if language == "vi" else self.spec.en
        return template.format_map(_Lenient(self.details))

    def to_wire(self) -> ErrorObject:
        return ErrorObject(
            code=self.spec.number,
            message=self.text("en"),
            data=ErrorData(
                code=self.code,
                group=self.spec.group,
                retriable=self.spec.retriable,
                vi=self.text("vi"),
                en=self.text("en"),
                details=self.details,
            ),
        )


def _literal(text: str) -> str:
    """A template that makes `text`, for words that are whole already."""
    return text.replace("{", "{{").replace("}", "}}")


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"
