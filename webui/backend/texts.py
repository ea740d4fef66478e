"""The words for users, from text files keyed by code: Vietnamese first, English beside."""

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from msgspec import Struct, convert

from webui.errors import Refused


class ErrorText(Struct, frozen=True, forbid_unknown_fields=True):
    status: int  # HTTP
    vi: str
    en: str


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    vi: str
    en: str


def _load(name: str) -> Any:
    folder = resources.files("webui.backend").joinpath("text")
    return json.loads(folder.joinpath(name).read_text("utf-8"))


ERRORS: Final = convert(_load("errors.json"), dict[str, ErrorText])
TIMELINE: Final = convert(_load("timeline.json"), dict[str, Words])


class ErrorBody(Struct, frozen=True, omit_defaults=True):
    code: str
    vi: str
    en: str
    field: str | None = None
    details: Mapping[str, Any] = {}


def error_body(refused: Refused) -> ErrorBody:
    text = ERRORS[refused.code]
    return ErrorBody(
        code=refused.code,
        vi=filled(text.vi, refused.details),
        en=filled(text.en, refused.details),
        field=refused.field,
        details=refused.details,
    )


def filled(template: str, details: Mapping[str, Any]) -> str:
    return template.format_map(_Lenient(details))


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"
