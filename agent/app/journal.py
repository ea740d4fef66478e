"""The commands `journal list | verify | export | delete`: arguments, words, exit status.

A day without a time begins when it begins on this machine's clock; `--until` includes the day.
"""

import argparse
import re
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from agent.app.exits import Exit
from agent.app.options import Options
from agent.app.text import text
from agent.consent.plain import one_line
from agent.journal import Examined, Journal
from agent.journal.entries import Span, Stored
from agent.journal.selection import Selection

Subparsers = Any  # argparse names its type privately

_MOST_CHARS: Final = 300
_WORDS: Final = ("list", "verify", "export", "delete")
_SPAN: Final = re.compile("([0-9]{1,18})(?:-([0-9]{1,18}))?")
#: An answer that is not one of these deletes nothing.
_YES: Final = frozenset({"có", "co", "yes"})
#: Who asked, in the journal itself.
_ORIGIN: Final = "native:kyso-agent"


def add_parser(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    journal = commands.add_parser("journal", help="the record of signatures")
    what = journal.add_subparsers(dest="what", required=True, metavar=" | ".join(_WORDS))
    listing = what.add_parser("list", parents=[common], help="newest first (the default)")
    listing.add_argument("--limit", type=int, default=50, metavar="N")
    verify = what.add_parser("verify", parents=[common], help="has it been altered?")
    verify.add_argument("--export", type=Path, metavar="PATH", help="of an export: this one")
    export = what.add_parser("export", parents=[common], help="entries and their evidence as files")
    export.add_argument("target", type=Path, metavar="DIR|FILE.zip", help="must not be there yet")
    export.add_argument("--since", type=_moment, metavar="DATE")
    export.add_argument("--until", type=_end, metavar="DATE", help="including that day")
    export.add_argument("--number", type=_span, metavar="N|N-M")
    delete = what.add_parser("delete", parents=[common], help="entries, and evidence only of them")
    delete.add_argument("--before", type=_moment, metavar="DATE")
    delete.add_argument("--number", type=_span, metavar="N|N-M")
    delete.add_argument("--yes", action="store_true", help="do not ask")


def with_default(arguments: list[str]) -> list[str]:
    """`journal` alone lists, with or without options."""
    first = arguments[1] if len(arguments) > 1 else ""
    if first in {*_WORDS, "-h", "--help"} or (first and not first.startswith("-")):
        return arguments
    return [arguments[0], "list", *arguments[1:]]


def _moment(written: str) -> datetime:
    try:
        return datetime.fromisoformat(written).astimezone()
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(f"not a date: {written!r}") from None


def _end(written: str) -> datetime:
    moment = _moment(written)
    is_day = len(written) <= len("2026-11-01")
    # Days are counted by the calendar, not in hours, which some days have more of.
    return (moment.replace(tzinfo=None) + timedelta(days=1)).astimezone() if is_day else moment


def _span(written: str) -> Span:
    found = _SPAN.fullmatch(written)
    if found is None:
        raise argparse.ArgumentTypeError(f"not a number or a range of numbers: {written!r}")
    return int(found[1]), int(found[2] or found[1])


def _list(parsed: argparse.Namespace, options: Options) -> Exit:
    with _journal(options) as journal:
        for stored in journal.latest(limit=parsed.limit):
            print(_line(stored))
    return Exit.OK


def _line(stored: Stored) -> str:
    entry = stored.entry
    more = (entry.profile, entry.level, "" if entry.size is None else f"{entry.size}B")
    return "  ".join(
        (
            f"{stored.number}",
            f"{entry.at:%Y-%m-%d %H:%M:%S}Z",
            entry.outcome,
            entry.action,
            repr(entry.name),
            _plain(entry.origin),
            _plain(entry.holder),
            *filter(None, more),
            f"sha256={entry.sha256}",
        )
    )


def _plain(stranger: str) -> str:
    """Who wrote a name or a certificate moves no cursor of the reader's terminal."""
    return one_line(stranger, limit=_MOST_CHARS)


def _verify(parsed: argparse.Namespace, options: Options) -> Exit:
    if parsed.export is None:
        with _journal(options) as journal:
            found = journal.examined()
    else:
        from agent.journal.exported import NoExport, verified

        try:
            found = verified(parsed.export)
        except NoExport as error:
            return _failed(Exit.FAILED, options, "journal_no_export", why=_plain(f"{error}"))
    _say_good(options, found)
    return Exit.OK


def _say_good(options: Options, found: Examined) -> None:
    _say(options, "journal_good", count=found.entries)
    for span in found.deleted:
        _say(options, "journal_deleted", numbers=_written(span))
    if found.number:
        _say(options, "journal_last", number=found.number, hash=found.hash.hex())


def _export(parsed: argparse.Namespace, options: Options) -> Exit:
    from agent.journal.export import NothingChosen, export
    from agent.journal.exported import verified
    from agent.journal.summary import COLUMNS

    selection = Selection(
        since=parsed.since,
        before=parsed.until,
        numbers=parsed.number or Selection().numbers,
    )
    headings = [text(options.language, f"journal_column_{key}") for key in ("number", *COLUMNS)]
    try:
        with _journal(options) as journal:
            export(journal, parsed.target, selection, at=datetime.now(UTC), headings=headings)
    except NothingChosen:
        return _failed(Exit.FAILED, options, "journal_nothing")
    except FileExistsError:
        return _failed(Exit.FAILED, options, "journal_export_exists", path=parsed.target)
    _say(options, "journal_exported", path=parsed.target)
    _say_good(options, verified(parsed.target))
    return Exit.OK


def _delete(parsed: argparse.Namespace, options: Options) -> Exit:
    from agent.journal.deletion import chosen, delete

    if parsed.before is None and parsed.number is None:
        return _failed(Exit.USAGE, options, "journal_delete_what")
    selection = Selection(before=parsed.before, numbers=parsed.number or Selection().numbers)
    with _journal(options) as journal:
        spans = chosen(journal, selection)
        if not spans:
            _say(options, "journal_nothing")
            return Exit.OK
        if not parsed.yes:
            if not sys.stdin.isatty():
                return _failed(Exit.USAGE, options, "journal_delete_unasked")
            if not _agreed(options, spans):
                return _failed(Exit.FAILED, options, "journal_delete_refused")
        done = delete(journal, selection, at=datetime.now(UTC), origin=_ORIGIN)
    if done is None:  # another program was faster
        _say(options, "journal_nothing")
        return Exit.OK
    _say(options, "journal_deleted_now", count=done.count, number=done.by.number)
    if not done.purged:
        _say(options, "journal_not_purged")
    return Exit.OK


def _agreed(options: Options, spans: tuple[Span, ...]) -> bool:
    count = sum(last - first + 1 for first, last in spans)
    numbers = ", ".join(map(_written, spans))
    _say(options, "journal_delete_asked", count=count, numbers=one_line(numbers, limit=_MOST_CHARS))
    try:
        return input("> ").strip().casefold() in _YES
    except (EOFError, KeyboardInterrupt):
        return False


def _written(span: Span) -> str:
    from agent.journal.deletion import written

    return written(span)


def _journal(options: Options) -> closing[Journal]:
    return closing(Journal(options.directories.data / "journal"))


_COMMANDS: Final[dict[str, Callable[[argparse.Namespace, Options], Exit]]] = {
    "list": _list,
    "verify": _verify,
    "export": _export,
    "delete": _delete,
}


def journal(parsed: argparse.Namespace, options: Options) -> Exit:
    """Raises JournalBroken, OSError."""
    try:
        return _COMMANDS[parsed.what](parsed, options)
    except sqlite3.OperationalError as error:  # locked for too long, no disk left
        return _failed(Exit.FAILED, options, "failed", why=error)


def _say(options: Options, key: str, **values: object) -> None:
    print(text(options.language, key, **values))


def _failed(status: Exit, options: Options, key: str, **values: object) -> Exit:
    print(f"kyso-agent: {text(options.language, key, **values)}", file=sys.stderr)
    return status
