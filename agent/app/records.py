"""What can be read without a running agent: modules, journal, sites. As lines for a terminal."""

from collections.abc import Iterator
from contextlib import closing
from typing import Final

from agent.app.options import Options
from agent.app.parts import findings, sites
from agent.app.text import text
from agent.consent.plain import one_line
from agent.journal import Journal
from agent.platforms import instance
from agent.tokens.modules import describe

_MOST_CHARS: Final = 300


class Running(Exception):  # noqa: N818 - a statement, not a defect
    """The agent runs, and would write over what is changed behind its back."""


def module_lines(options: Options) -> tuple[str, ...]:
    found = describe(findings(options.config), language=options.language)
    return found or (text(options.language, "no_module"),)


def verified_journal(options: Options) -> int:
    """How many entries there are. Raises agent.journal.JournalBroken."""
    with closing(Journal(options.directories.data / "journal")) as journal:
        return journal.verify()


def journal_lines(options: Options, *, limit: int) -> Iterator[str]:
    """Newest first."""
    with closing(Journal(options.directories.data / "journal")) as journal:
        for stored in journal.latest(limit=limit):
            entry = stored.entry
            yield (
                f"{stored.number}  {entry.at:%Y-%m-%d %H:%M:%S}Z  {entry.outcome}  {entry.action}"
                f"  {entry.name!r}  {_plain(entry.origin)}  {_plain(entry.holder)}"
                f"  sha256={entry.sha256}"
            )


def _plain(text: str) -> str:
    """Who wrote a name or a certificate moves no cursor of the reader's terminal."""
    return one_line(text, limit=_MOST_CHARS)


def site_lines(options: Options) -> tuple[str, ...]:
    lines = tuple(
        text(
            options.language,
            "site",
            origin=site.origin,
            since=f"{site.granted_at:%Y-%m-%d}",
            until=f"{site.expires_at:%Y-%m-%d}" if site.expires_at is not None else "…",
        )
        for site in sites(options).all()
    )
    return lines or (text(options.language, "no_site"),)


def forget_site(options: Options, origin: str) -> bool:
    """Whether it was allowed. Raises Running."""
    if instance.is_running(options.directories.runtime):
        raise Running
    return sites(options).forget(origin)
