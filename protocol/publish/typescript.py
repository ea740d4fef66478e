"""`js/messages.d.ts`: what the messages talk about, as TypeScript sees it."""

import inspect
from typing import Any, Final

from protocol.methods import METHODS, NOTIFICATIONS
from protocol.publish.schemas import Schema, components

_HEAD: Final = "// Written by `python -m protocol.publish` from protocol/messages.py.\n"
_SIMPLE: Final = {
    "object": "Record<string, unknown>",
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}


def declarations() -> str:
    """The whole file."""
    types = [m.result for m in METHODS.values()] + [n.params for n in NOTIFICATIONS.values()]
    types += [m.params for m in METHODS.values()]
    _, parts = components(*types)
    return "\n".join([_HEAD, *(_declared(name, parts[name]) for name in sorted(parts))])


def _declared(name: str, schema: Schema) -> str:
    said = _comment(schema)
    if "properties" not in schema:
        return f"{said}export type {name} = {_type(schema)};\n"
    required = set(schema.get("required", ()))
    lines = [f"{said}export interface {name} {{"]
    for field, inner in schema["properties"].items():
        mark = "" if field in required else "?"
        lines.append(f"  {field}{mark}: {_type(inner)};")
    return "\n".join([*lines, "}\n"])


def _type(schema: Schema) -> str:
    match schema:
        case {"$ref": str(ref)}:
            return ref.rpartition("/")[2]
        case {"enum": [*values]}:
            return " | ".join(_literal(value) for value in values)
        case {"anyOf": [*choices]}:
            return " | ".join(dict.fromkeys(_type(choice) for choice in choices))
        case {"type": "array", "items": dict(item)}:
            inner = _type(item)
            return f"({inner})[]" if "|" in inner else f"{inner}[]"
        case {"type": str(kind)}:
            return _SIMPLE[kind]
        case _:
            return "unknown"


def _literal(value: Any) -> str:
    return "null" if value is None else f'"{value}"'


def _comment(schema: Schema) -> str:
    text = inspect.cleandoc(schema.get("description", ""))
    if not text:
        return ""
    if "\n" not in text:
        return f"/** {text} */\n"
    body = "\n".join(f" * {line}".rstrip() for line in text.splitlines())
    return f"/**\n{body}\n */\n"
