"""JSON Schema 2020-12 of whole messages, by file name below `schema/`.

What a client sends is described as strictly as the agent reads it; what the agent sends is left
open, since clients pass over fields that they do not know (SPEC 2.5).
"""

import inspect
from typing import Any, Final

import msgspec
from msgspec import Struct

from protocol.messages import ErrorObject, RequestId
from protocol.methods import METHODS, NOTIFICATIONS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
#: Python needs it behind `$`, JSON Schema's ECMA patterns do not (protocol.messages.exactly).
PYTHONS_END: Final = r"$(?!\n)"

Schema = dict[str, Any]


def schemas() -> dict[str, Schema]:
    """Every file's path below `schema/`, with its content."""
    files = {"replies/error.json": _error()}
    for name, method in METHODS.items():
        files[f"requests/{name}.json"] = _request(name, method.params)
        files[f"replies/{name}.json"] = _reply(name, method.result)
    for name, news in NOTIFICATIONS.items():
        files[f"notifications/{name}.json"] = _notification(name, news.params)
    return {path: _cleaned(schema) for path, schema in files.items()}


def components(*types: Any) -> tuple[list[Schema], dict[str, Schema]]:
    """The schemas of some types, and of what they are made of, by name."""
    tops, parts = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    for part in parts.values():
        if "properties" in part and part.get("additionalProperties", True):
            # Defaults here are for who writes them down: the agent sends every field.
            part["required"] = list(part["properties"])
            for field in part["properties"].values():
                field.pop("default", None)
    return list(tops), parts


def _request(name: str, params: type[Struct]) -> Schema:
    (request_id, params_schema), parts = components(RequestId, params)
    needs_params = bool(parts[params.__name__]["required"])
    return {
        **_head(f"requests:{name}", f"{name}: the request"),
        "type": "object",
        "properties": {
            "jsonrpc": {"const": "2.0"},
            "id": request_id,
            "method": {"const": name},
            "params": params_schema,
        },
        "required": ["jsonrpc", "id", "method", *(["params"] if needs_params else [])],
        "additionalProperties": False,
        "$defs": parts,
    }


def _reply(name: str, result: type[Struct]) -> Schema:
    (request_id, result_schema), parts = components(RequestId, result)
    return {
        **_head(f"replies:{name}", f"{name}: the answer"),
        "type": "object",
        "properties": {"jsonrpc": {"const": "2.0"}, "id": request_id, "result": result_schema},
        "required": ["jsonrpc", "id", "result"],
        "$defs": parts,
    }


def _error() -> Schema:
    (request_id, error), parts = components(RequestId | None, ErrorObject)
    return {
        **_head("replies:error", "The answer to a request that failed"),
        "type": "object",
        "properties": {"jsonrpc": {"const": "2.0"}, "id": request_id, "error": error},
        "required": ["jsonrpc", "id", "error"],
        "$defs": parts,
    }


def _notification(name: str, params: type[Struct]) -> Schema:
    (params_schema,), parts = components(params)
    return {
        **_head(f"notifications:{name}", f"{name}: sent by the agent unasked"),
        "type": "object",
        "properties": {
            "jsonrpc": {"const": "2.0"},
            "method": {"const": name},
            "params": params_schema,
        },
        "required": ["jsonrpc", "method", "params"],
        "$defs": parts,
    }


def _head(name: str, title: str) -> Schema:
    return {"$schema": DIALECT, "$id": f"urn:openkyso:protocol:1:{name}", "title": title}


def _cleaned(value: Any) -> Any:
    match value:
        case {"description": str(text), **others} if "type" in others or "enum" in others:
            return {"description": inspect.cleandoc(text), **_cleaned(others)}
        case dict():
            return {key: _cleaned(inner) for key, inner in value.items()}
        case list():
            return [_cleaned(inner) for inner in value]
        case str() if value.endswith(PYTHONS_END):
            return value.removesuffix(PYTHONS_END) + "$"
        case _:
            return value
