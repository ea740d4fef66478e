"""What can be read without a running agent: modules, journal, sites. As lines for a terminal."""

from collections.abc import Iterator
from contextlib import closing

from agent.app.parts import modules, sites
from agent.config import Config
from agent.journal import Journal
from agent.platforms.directories import Directories


def module_lines(config: Config) -> Iterator[str]:
    for module in modules(config):
        yield f"{module.path}: configured"


def verified_journal(directories: Directories) -> int:
    """How many entries there are. Raises agent.journal.JournalBroken."""
    with closing(Journal(directories.data / "journal")) as journal:
        return journal.verify()


def journal_lines(directories: Directories, *, limit: int) -> Iterator[str]:
    """Newest first."""
    with closing(Journal(directories.data / "journal")) as journal:
        for stored in journal.latest(limit=limit):
            entry = stored.entry
            yield (
                f"{stored.number}  {entry.at:%Y-%m-%d %H:%M:%S}Z  {entry.outcome}  {entry.action}"
                f"  {entry.name!r}  {entry.origin}  {entry.holder}  sha256={entry.sha256}"
            )


def site_lines(directories: Directories) -> Iterator[str]:
    for site in sites(directories.data).all():
        yield f"{site.origin}  since {site.granted_at:%Y-%m-%d}, until {site.expires_at:%Y-%m-%d}"


def forget_site(directories: Directories, origin: str) -> bool:
    """Whether it was allowed."""
    return sites(directories.data).forget(origin)
