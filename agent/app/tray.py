"""The tray icon kept up to date, and what the user chooses in its menu."""

import asyncio
import logging
import subprocess
from collections.abc import Callable, Sequence
from typing import Final

from agent.journal import JournalBroken, Stored
from agent.journal.entries import DELETE, RAISE
from agent.keys import TokenInfo
from agent.server.edge import Edge
from agent.tray.messages import Allowed, Choice, Forget, Open, Quit, Signed, State
from agent.tray.process import TrayProcess
from protocol.version import PRODUCT_VERSION

_log: Final = logging.getLogger(__name__)

_RECENT: Final = 8


class Tray:
    def __init__(
        self,
        edge: Edge,
        *,
        icon: TrayProcess,
        language: str,
        open_command: Sequence[str],
        stop: Callable[[], None],
    ) -> None:
        """`open_command` opens OpenKySo's own page; empty when it is not installed here."""
        self._edge = edge
        self._icon = icon
        self._language = language
        self._open_command = tuple(open_command)
        self._stop = stop
        #: Kept only to be waited for, so that none stays behind as a zombie.
        self._opened: list[subprocess.Popen[bytes]] = []
        self._answered = asyncio.Event()
        edge.on_answered.append(self._answered.set)

    async def run(self) -> None:
        """Until cancelled, or for good where there is no tray."""
        await self._show()
        keeping = [
            asyncio.create_task(self._after_requests()),
            asyncio.create_task(self._edge.events.tokens.follow((), self._after_change)),
        ]
        try:
            await self._icon.run(self._act)
        finally:
            for task in keeping:
                task.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)

    async def _after_requests(self) -> None:
        """A request may have signed something, or changed which sites are allowed."""
        while True:
            await self._answered.wait()
            self._answered.clear()
            await self._show()

    async def _after_change(self, tokens: tuple[TokenInfo, ...]) -> None:
        del tokens
        await self._show()

    async def _show(self) -> None:
        desk = self._edge.desk
        recent = await asyncio.to_thread(self._recent)
        self._icon.show(
            State(
                language=self._language,
                version=PRODUCT_VERSION,
                tokens=tuple(token.label for token in desk.tokens.tokens()),
                services=tuple(account.provider_name for account in desk.services.accounts()),
                recent=tuple(
                    Signed(
                        at=stored.entry.at,
                        name=stored.entry.name,
                        origin=stored.entry.origin,
                        succeeded=stored.entry.outcome == "signed",
                    )
                    for stored in recent
                    if stored.entry.action not in {DELETE, RAISE}
                ),
                sites=tuple(
                    Allowed(origin=site.origin, expires_at=site.expires_at)
                    for site in self._edge.sites.all()
                ),
                can_open=bool(self._open_command),
                demo=self._edge.demo,
            )
        )

    def _recent(self) -> tuple[Stored, ...]:
        try:
            return self._edge.desk.journal.latest(limit=_RECENT)
        except JournalBroken as error:
            # The icon goes on showing the rest; `kyso-agent journal verify` says it to the user.
            _log.error("the journal was altered: %s", error)
            return ()

    async def _act(self, choice: Choice) -> None:
        match choice:
            case Open():
                self._open()
            case Forget(origin=origin):
                self._edge.sites.forget(origin)
                await self._show()
            case Quit():
                self._stop()

    def _open(self) -> None:
        """A program of its own, which outlives the agent. Its arguments are the configuration's."""
        self._opened = [program for program in self._opened if program.poll() is None]
        try:
            program = subprocess.Popen(  # noqa: S603 - the administrator's, nothing of a page in it
                self._open_command, stdin=subprocess.DEVNULL, start_new_session=True
            )
            self._opened.append(program)
        except OSError as error:
            _log.warning("OpenKySo could not be opened: %s", error)
