"""Which sites the user has allowed, remembered across restarts.

1. An origin is compared exactly, as the browser states it: `https://a.vn` says nothing about
   `https://b.a.vn`, another port, or http.
2. `once` is not here: it lives and dies with the connection. What is stored is `always`, for one
   year; then the user is asked again.
3. A page over plain http is never stored, for anyone on the way can pretend to be it; a page served
   by this very machine is.
4. To have digests signed, whose content nobody can show, is a right of its own: a site that was
   allowed without it is asked about again.
5. The file is replaced as a whole or not at all, readable by its user alone. A file that cannot be
   read allows nobody; it is put aside, so that nothing is lost, and said in the log.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from agent.consent.origins import shown
from agent.consent.prompts import Asker
from agent.platforms.files import replace
from protocol.messages import Site

_log = logging.getLogger(__name__)

LIFETIME: Final = timedelta(days=365)
#: How exact `last_used_at` is: a busy page must not rewrite the file at every request.
USE_PRECISION: Final = timedelta(minutes=10)

_VERSION: Final = 1


class _File(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    version: int
    sites: tuple[Site, ...]


def _now() -> datetime:
    return datetime.now(UTC)


class Grants:
    """The file `path`. A change is on disk when the call returns, a few milliseconds later."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime] = _now) -> None:
        self._path = path
        self._clock = clock
        self._sites: Mapping[str, Site] = {site.origin: site for site in self._read()}

    def allows(self, origin: str) -> bool:
        """Whether the user allowed exactly this origin; notes that it was here."""
        site = self._sites.get(origin)
        if site is None or not self._in_force(site):
            return False
        self._note_use(site)
        return True

    def allows_digests(self, origin: str) -> bool:
        """Whether the user allowed it to have digests signed, too."""
        return self.allows(origin) and self._sites[origin].digests

    def all(self) -> tuple[Site, ...]:
        """Those in force, the longest granted first."""
        alive = filter(self._in_force, self._sites.values())
        return tuple(sorted(alive, key=lambda site: (site.granted_at, site.origin)))

    def remember(self, origin: str, *, digests: bool = False) -> None:
        """Raises ValueError for an origin that must be asked each time, OSError."""
        if not shown(Asker(origin=origin, client="")).may_be_remembered:
            raise ValueError(f"not an origin to remember: {origin!r}")
        now = self._clock()
        site = Site(
            origin=origin,
            granted_at=now,
            expires_at=now + LIFETIME,
            last_used_at=now,
            digests=digests,
        )
        self._replace({**self._sites, origin: site})

    def forget(self, origin: str) -> bool:
        """True if it was remembered. Raises OSError."""
        if origin not in self._sites:
            return False
        self._replace({o: site for o, site in self._sites.items() if o != origin})
        return True

    def _in_force(self, site: Site) -> bool:
        return site.expires_at is not None and self._clock() < site.expires_at

    def _note_use(self, site: Site) -> None:
        now = self._clock()
        if site.last_used_at is not None and now - site.last_used_at < USE_PRECISION:
            return
        used = msgspec.structs.replace(site, last_used_at=now)
        try:
            self._replace({**self._sites, site.origin: used})
        except OSError as error:
            # A full disk takes no permission away.
            _log.warning("the use of an allowed site could not be noted: %s", error)

    def _replace(self, sites: Mapping[str, Site]) -> None:
        alive = {o: site for o, site in sites.items() if self._in_force(site)}
        self._write(alive)
        # Only now: what could not be written is not in force either.
        self._sites = alive

    def _write(self, sites: Mapping[str, Site]) -> None:
        file = _File(version=_VERSION, sites=tuple(sites.values()))
        text = msgspec.json.format(msgspec.json.encode(file)) + b"\n"
        replace(self._path, text)

    def _read(self) -> tuple[Site, ...]:
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return ()
        try:
            return _decoded(raw)
        except ValueError as error:
            aside = self._path.with_suffix(f".unreadable-{self._clock():%Y%m%dT%H%M%S}")
            self._path.replace(aside)
            _log.error("allowed sites could not be read (%s); kept as %s", error, aside)
            return ()


def _decoded(raw: bytes) -> tuple[Site, ...]:
    """Raises ValueError; msgspec's errors are such."""
    file = msgspec.json.decode(raw, type=_File)
    if file.version != _VERSION:
        raise ValueError(f"version {file.version} is not known here")
    return file.sites
