"""Reading what was asked: a JSON object, of which each method takes what it needs."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec

from webui.sandbox.hsm.csc.errors import invalid, missing


class Asked:
    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    @classmethod
    def read(cls, body: bytes) -> "Asked":
        try:
            return cls(msgspec.json.decode(body or b"{}", type=dict[str, Any]))
        except msgspec.MsgspecError:
            raise missing("object", "body") from None

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def text(self, name: str, default: str | None = None) -> str:
        value = self._fields.get(name, default)
        if not isinstance(value, str):
            raise missing("string", name)
        return value

    def optional(self, name: str) -> str | None:
        return self.text(name) if name in self._fields else None

    def number(self, name: str, default: int | None = None) -> int:
        value = self._fields.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise missing("integer", name)
        return value

    def flag(self, name: str) -> bool:
        value = self._fields.get(name, False)
        if not isinstance(value, bool):
            raise missing("boolean", name)
        return value

    def octets(self, name: str) -> bytes:
        return _octets(self.text(name), name)

    def hashes(self, name: str) -> tuple[bytes, ...]:
        value = self._fields.get(name)
        if not isinstance(value, list) or not value:
            raise missing("array", name)
        return tuple(_octets(one, name) for one in value)

    def factors(self) -> dict[str, str | None]:
        """v2's `authData`: value by the factor's id."""
        value = self._fields.get("authData", [])
        if not isinstance(value, list):
            raise missing("array", "authData")
        found = {}
        for one in value:
            if not isinstance(one, dict) or not isinstance(one.get("id"), str):
                raise invalid("authData")
            found[one["id"]] = one.get("value")
        return found


def _octets(text: object, name: str) -> bytes:
    if not isinstance(text, str):
        raise invalid(name)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise invalid(name) from None
