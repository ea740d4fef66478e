"""Which sites the user has allowed, remembered across restarts.

1. An origin is compared exactly, as the browser states it: `https://a.vn` says nothing about
   `https://b.a.vn`, another port, or http.
2. `once` is not here: it lives and dies with the connection. What is stored is `always`, for one
   year; then the user is asked again.
3. A page over plain http is never stored, for anyone on the way can pretend to be it; a page served
   by this very machine is.
4. The file is replaced as a whole or not at all, readable by its user alone. A file that cannot be
   read allows nobody; it is put aside, so that nothing is lost, and said in the log.
"""

import json
import logging
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from agent.consent.origins import shown
from agent.consent.prompts import Asker

_log = logging.getLogger(__name__)

LIFETIME: Final = timedelta(days=365)
#: How exact `last_used_at` is: a busy page must not rewrite the file at every request.
USE_PRECISION: Final = timedelta(minutes=1)

_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteGrant:
    origin: str
    granted_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None


class _File(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    version: int
    sites: tuple[SiteGrant, ...]


def _now() -> datetime:
    return datetime.now(UTC)


class Grants:
    """The file `path`. Every change is on disk when the call returns (a few milliseconds)."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime] = _now) -> None:
        self._path = path
        self._clock = clock
        self._sites = {grant.origin: grant for grant in self._read()}

    def allows(self, origin: str) -> bool:
        grant = self._sites.get(origin)
        return grant is not None and self._clock() < grant.expires_at

    def all(self) -> tuple[SiteGrant, ...]:
        """Those in force, the longest granted first."""
        now = self._clock()
        alive = (grant for grant in self._sites.values() if now < grant.expires_at)
        return tuple(sorted(alive, key=lambda grant: (grant.granted_at, grant.origin)))

    def remember(self, origin: str) -> SiteGrant:
        """Raises ValueError for an origin that must be asked each time, OSError."""
        if not shown(Asker(origin=origin, client="")).may_be_remembered or origin == "null":
            raise ValueError(f"not an origin to remember: {origin!r}")
        now = self._clock()
        grant = SiteGrant(
            origin=origin, granted_at=now, expires_at=now + LIFETIME, last_used_at=now
        )
        self._replace(self._sites | {origin: grant})
        return grant

    def used(self, origin: str) -> None:
        """Note that an allowed site was here. Raises OSError."""
        grant, now = self._sites.get(origin), self._clock()
        if grant is None or (grant.last_used_at and now - grant.last_used_at < USE_PRECISION):
            return
        self._replace(self._sites | {origin: replace(grant, last_used_at=now)})

    def forget(self, origin: str) -> bool:
        """True if it was remembered. Raises OSError."""
        if origin not in self._sites:
            return False
        self._replace({o: grant for o, grant in self._sites.items() if o != origin})
        return True

    def _replace(self, sites: dict[str, SiteGrant]) -> None:
        now = self._clock()
        alive = {o: grant for o, grant in sites.items() if now < grant.expires_at}
        self._write(alive)
        # Only now: what could not be written is not in force either.
        self._sites = alive

    def _write(self, sites: dict[str, SiteGrant]) -> None:
        content = {"version": _VERSION, "sites": [asdict(grant) for grant in sites.values()]}
        text = json.dumps(content, default=datetime.isoformat, indent=2, ensure_ascii=False)
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp makes the file 0600, and in the same folder, so that the rename is atomic.
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _read(self) -> tuple[SiteGrant, ...]:
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return ()
        try:
            file = msgspec.json.decode(raw, type=_File)
            if file.version != _VERSION:
                raise ValueError(f"version {file.version}")  # noqa: TRY301 - one way to set aside
        except (msgspec.MsgspecError, ValueError) as error:
            aside = self._path.with_suffix(f".unreadable-{self._clock():%Y%m%dT%H%M%S}")
            self._path.replace(aside)
            _log.error("allowed sites could not be read (%s); kept as %s", error, aside)
            return ()
        return file.sites
