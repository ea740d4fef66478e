"""The parts of SPEC.md that follow from the code: its tables, its lists of fields, its diagram.

Each stands between a pair of markers, `<!-- begin: errors -->` and `<!-- end: errors -->`. The
sections of methods are numbered as METHODS has them, and followed by that of the objects.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import inspect

from protocol import limits
from protocol.batches import BatchDocument
from protocol.documents import PickedFile, SignOptions, Source, Stamp
from protocol.errors import ERRORS
from protocol.messages import (
    Account,
    Certificate,
    CertificateFilter,
    ErrorData,
    FilledField,
    PinState,
    Provider,
    ProviderField,
    Service,
    SignatureEntry,
    Site,
    Token,
    Words,
)
from protocol.methods import METHODS, NOTIFICATIONS
from protocol.publish.schemas import PYTHONS_END
from protocol.reports import (
    Party,
    Report,
    RevocationFinding,
    SignatureFinding,
    StampFinding,
    TrustedCertificate,
)
from protocol.session import TRANSITIONS
from protocol.version import PORTS
from protocol.xml_shape import XmlShape

_HEADING: Final = re.compile(r"^### 5\.\d+ (\S+)$", re.MULTILINE)
_MARKED: Final = re.compile(r"(<!-- begin: (\S+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)

#: What each limit bounds, and in what it is counted.
LIMITS: Final = {
    "MAX_MESSAGE_BYTES": ("a message, either way", "bytes"),
    "MAX_HELLO_BYTES": ("a message before `hello` has been accepted", "bytes"),
    "MAX_XML_BYTES": ("`document` of `sign.xml`, decoded", "bytes"),
    "MAX_INLINE_BYTES": ("`document` of a source, decoded", "bytes"),
    "MAX_CONTENT_BYTES": ("a content (10)", "bytes"),
    "MAX_CONTENTS": ("contents of one connection, and picked files, each", "in keeping"),
    "MAX_KEPT_BYTES": ("contents of one connection, together", "bytes"),
    "MAX_CONTENTS_UNDER_WAY": ("contents begun and not yet ended, each way", "contents"),
    "MAX_PIECE_BYTES": ("payload of a piece", "bytes"),
    "MIN_PIECE_BYTES": ("payload of a piece that is not the last one, at least", "bytes"),
    "WINDOW_BYTES": ("payload under way in one direction without credit", "bytes"),
    "CREDIT_SECONDS": ("time a client gives no credit while contents wait", "seconds"),
    "MAX_STAMP_IMAGE_BYTES": ("`image` of a stamp", "bytes"),
    "MAX_PICKED_FILES": ("files chosen in one dialog", "files"),
    "MAX_TRUST_BYTES": ("`certificates` of `trust.add`", "bytes"),
    "MAX_DOCUMENTS_AT_ONCE": ("documents in one `batch.add`", "documents"),
    "MAX_DOCUMENTS_IN_BATCH": ("documents in a batch", "documents"),
    "MAX_BATCHES": ("batches of one connection", "batches"),
    "MAX_DIGESTS_AT_ONCE": ("digests in one `digests.sign`", "digests"),
    "MAX_DIGESTS_IN_SESSION": ("digests in a session", "digests"),
    "MAX_SESSION_SECONDS": ("time of a session", "seconds"),
    "MAX_DIGEST_SESSIONS": ("digest sessions of one connection", "sessions"),
    "MAX_JSON_DEPTH": ("arrays and objects inside each other", "levels"),
    "MAX_PENDING": ("requests without an answer on one connection", "requests"),
    "REQUESTS_PER_SECOND": ("text frames on one connection, sustained", "per second"),
    "REQUEST_BURST": ("text frames on one connection, at once", "frames"),
    "MAX_VIOLATIONS": ("frames that break a rule (3.5), until closing", "frames"),
    "MAX_CONNECTIONS_PER_ORIGIN": ("connections of one origin", "connections"),
    "MAX_CONNECTIONS": ("connections in all", "connections"),
    "MAX_LOOKS_PER_MINUTE": ("look-ups at signing services (5.16), in all", "per minute"),
    "HELLO_SECONDS": ("time for `hello`", "seconds"),
    "PROMPT_SECONDS": ("time a window waits for its user", "seconds"),
    "CONNECT_SECONDS": ("time a client gives one port", "seconds"),
    "MAX_NAME_CHARS": ("names", "characters"),
    "MAX_REASON_CHARS": ("reasons", "characters"),
}
_OBJECTS: Final = (
    Token,
    PinState,
    Service,
    Certificate,
    CertificateFilter,
    Site,
    SignatureEntry,
    Provider,
    ProviderField,
    Words,
    FilledField,
    Account,
    Source,
    SignOptions,
    Stamp,
    PickedFile,
    BatchDocument,
    ErrorData,
    XmlShape,
    Report,
    SignatureFinding,
    Party,
    RevocationFinding,
    StampFinding,
    TrustedCertificate,
)
#: The section behind those of the methods.
_OBJECTS_NUMBER: Final = len(METHODS) + 1


def parts() -> dict[str, str]:
    """Every generated part by the name in its markers."""
    found = {
        "ports": ", ".join(f"{port}" for port in PORTS) + ".\n",
        "limits": _limits(),
        "methods": _methods(),
        "notifications": _notifications(),
        "states": _diagram(),
        "errors": _errors(),
    }
    for name, method in METHODS.items():
        found[f"fields:{name}"] = _exchange(method.params, method.result)
    for name, news in NOTIFICATIONS.items():
        found[f"fields:{name}"] = _fields(news.params)
    for kind in _OBJECTS:
        found[f"fields:{kind.__name__}"] = _fields(kind)
    return found


def filled(text: str) -> str:
    """SPEC.md with every generated part as the code has it.

    Raises KeyError for unknown markers, and for sections of methods that there are not.
    """
    known = parts()
    numbers = {name: number for number, name in enumerate([*METHODS, "Objects"], 1)}
    numbered = _HEADING.sub(lambda found: f"### 5.{numbers[found[1]]} {found[1]}", text)
    return _MARKED.sub(lambda found: f"{found[1]}{known[found[2]]}{found[3]}", numbered)


def _limits() -> str:
    rows = [
        (what, f"{_number(getattr(limits, name))} {unit}", f"`{name}`")
        for name, (what, unit) in LIMITS.items()
    ]
    return _table(("Bound", "Is", "In `limits.py`"), rows)


def _number(value: float) -> str:
    return f"{value:,}".replace(",", " ") if isinstance(value, int) else f"{value:g}"


def _methods() -> str:
    rows = [
        (f"`{name}`", f"5.{number}", str(method.rights), "yes" if method.native_only else "")
        for number, (name, method) in enumerate(METHODS.items(), 1)
    ]
    return _table(("Method", "Section", "Rights needed", "Native programs only"), rows)


def _notifications() -> str:
    rows = [(f"`{name}`", str(news.rights)) for name, news in NOTIFICATIONS.items()]
    return _table(("Notification", "Rights needed"), rows)


def _diagram() -> str:
    names = {state: state.name.lower() for state in TRANSITIONS}
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f'    state "{state}" as {name}' for state, name in names.items()]
    lines.append(f"    [*] --> {next(iter(names.values()))}")
    for state, moves in TRANSITIONS.items():
        lines += [f"    {names[state]} --> {names[to]}: {event}" for event, to in moves.items()]
        if not moves:
            lines.append(f"    {names[state]} --> [*]")
    return "\n".join([*lines, "```\n"])


def _errors() -> str:
    rows = [
        (
            f"`{code}`",
            str(spec.number),
            str(spec.group),
            "yes" if spec.retriable else "",
            spec.vi,
            spec.en,
        )
        for code, spec in ERRORS.items()
    ]
    return _table(("Code", "Number", "Group", "Retriable", "Tiếng Việt", "English"), rows)


def _exchange(params: type[msgspec.Struct], result: type[msgspec.Struct]) -> str:
    return f"`params`:\n\n{_fields(params)}\n`result`:\n\n{_fields(result)}"


def _fields(kind: type[msgspec.Struct]) -> str:
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    if not described.fields:
        return "(no fields)\n"
    given_by_clients = described.forbid_unknown_fields
    rows = [
        (f"`{field.encode_name}`", _type(field.type), _needed(field))
        if given_by_clients
        else (f"`{field.encode_name}`", _type(field.type))
        for field in described.fields
    ]
    head = ("Field", "Value", "If absent") if given_by_clients else ("Field", "Value")
    return _table(head, rows)


def _needed(field: inspect.Field) -> str:
    if field.required:
        return "an error"
    if isinstance(field.default, msgspec.Struct):
        return "the defaults of its fields"
    if field.default is msgspec.NODEFAULT:
        return "not given"
    return f"`{msgspec.json.encode(field.default).decode()}`"


def _type(described: inspect.Type) -> str:  # noqa: C901, PLR0911 - a line for each kind of type
    match described:
        case inspect.Metadata(type=inner):
            return _type(inner)
        case inspect.StrType(pattern=str(pattern)):
            return f"text, all of it `{_readable(pattern)}`"
        case inspect.StrType(min_length=low, max_length=high):
            return f"text{_bounds(low, high, 'characters')}"
        case inspect.BytesType(min_length=low, max_length=high):
            return f"base64{_bounds(low, high, 'bytes')}"
        case inspect.IntType(ge=low, le=high):
            return f"whole number{_bounds(low, high, '')}"
        case inspect.LiteralType(values=values):
            return " or ".join(f'`"{value}"`' for value in sorted(map(str, values)))
        case inspect.EnumType(cls=cls):
            return " or ".join(f'`"{member.value}"`' for member in cls)
        case inspect.StructType(cls=cls):
            return f"{cls.__name__} (5.{_OBJECTS_NUMBER})"
        case inspect.VarTupleType(item_type=item, min_length=low, max_length=high):
            return f"array{_bounds(low, high, 'items')} of: {_type(item)}"
        case inspect.TupleType(item_types=items):
            return f"array of {len(items)}: {', '.join(dict.fromkeys(map(_type, items)))}"
        case inspect.UnionType(types=types):
            return " or ".join(_type(one) for one in types)
        case _:
            return _PLAIN[type(described)]


_PLAIN: Final[dict[type[Any], str]] = {
    inspect.DictType: "object",
    inspect.BoolType: "`true` or `false`",
    inspect.DateTimeType: "time",
    inspect.NoneType: "`null`",
}


def _readable(pattern: str) -> str:
    bare = pattern.removeprefix("^(?:").removesuffix(PYTHONS_END).removesuffix(")")
    return bare.replace("|", "\\|")


def _bounds(low: int | None, high: int | None, unit: str) -> str:
    unit = f" {unit}" if unit else ""
    match low, high:
        case None, None:
            return ""
        case None, int():
            return f", at most {_number(high)}{unit}"
        case int(), None:
            return f", at least {_number(low)}{unit}"
        case _:
            return f", {_number(low or 0)} to {_number(high or 0)}{unit}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
