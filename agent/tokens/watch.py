"""One module, looked at: what its tokens hold now, kept up to date.

A full scan follows each sign of change: an event of the readers, a cheap poll that sees other
tokens than before, a worker that was lost, or somebody's wish. While nothing happens, nothing is
done, except for the poll where a module's devices are not PC/SC's; and where there is no token and
the readers will tell of one, not even a worker is kept.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Never

from agent.errors import AgentError
from agent.tokens.calls import Scanned, Slot
from agent.tokens.host import Host, Limits
from agent.tokens.modules import Module, Watch

log = logging.getLogger(__name__)

#: Below the second within which a token must be seen, with room for the scan itself.
POLL_SECONDS = 0.7
#: After an event of the readers a driver may need a moment more than PC/SC to know the token.
_AFTER_EVENT_SECONDS = (0.3, 0.7, 2.0, 7.0)


class ModuleWatch:
    """`slots` is the state; `on_change` is called whenever it has changed."""

    def __init__(
        self,
        module: Module,
        *,
        on_change: Callable[[], None],
        reader_names: Callable[[], frozenset[str] | None],
        limits: Limits | None = None,
    ) -> None:
        """`reader_names` gives the PC/SC readers now there, None where there is no PC/SC."""
        self.module = module
        self.slots: tuple[Slot, ...] = ()
        self._on_change = on_change
        self._reader_names = reader_names
        self._woken = asyncio.Event()
        self._looks_due: list[float] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._seen: Scanned | None = None
        self.host = Host(module.path, limits=limits, on_idle_loss=self.rescan)

    async def run(self) -> Never:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.host.run())
            while True:
                await self._look()
                await self._until_something_happens()

    def wake(self) -> None:
        """Look again, and a few times more shortly after; gives a quarantined module a chance."""
        self.host.forgive()
        self._looks_due = list(_AFTER_EVENT_SECONDS)
        self._woken.set()

    def rescan(self) -> None:
        """Look again once: something on the tokens has changed, and none came or went."""
        self._woken.set()

    async def look_again(self) -> None:
        """Return when a scan that began after this call has ended, well or not."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        self.wake()
        await done

    async def _look(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._woken.clear()
        try:
            self._seen = await self.host.scan()
        except AgentError as error:
            self._seen = None
            log.warning("%s cannot be scanned: %s", self.module.path.name, error.details)
        slots = self._seen.slots if self._seen else ()
        if slots != self.slots:
            self.slots = slots
            self._on_change()
        for done in waiting:
            if not done.done():
                done.set_result(None)

    async def _until_something_happens(self) -> None:
        """Return when a scan is due."""
        while True:
            fresh = bool(self._looks_due)
            try:
                async with asyncio.timeout(self._patience()):
                    await self._woken.wait()
            except TimeoutError:
                # What could not be read just after an event may be readable by now.
                unread = fresh and any(slot.trouble for slot in self.slots)
                if unread or not await self._same_as_before():
                    return
            else:
                # A worker that is lost again and again is started ever more slowly.
                await asyncio.sleep(self.host.pause_seconds if self.host.pid is None else 0)
                return

    def _patience(self) -> float | None:
        """Seconds until the next look without a cause, None for never."""
        if self._seen is None:
            return None if self.host.quarantined else self.host.pause_seconds
        if self._looks_due:
            return self._looks_due.pop(0)
        if self._polls():
            return POLL_SECONDS
        if not self._seen.tokens:
            # Modules of tokens that are not there need no memory.
            self.host.rest()
        return None

    def _polls(self) -> bool:
        names = self._reader_names()
        if names is None:
            return True
        match self.module.watch:
            case Watch.POLL:
                return True
            case Watch.READERS:
                return False
            case Watch.AUTO:
                own = self._seen.readers if self._seen else ()
                # Descriptions are 64 characters at most, readers' names may be longer.
                return not own or not all(any(n.startswith(o) for n in names) for o in own)

    async def _same_as_before(self) -> bool:
        if self._seen is None:
            return False
        try:
            polled = await self.host.poll()
        except AgentError:
            return False
        return polled.tokens == self._seen.tokens
