"""Tells at once when a smart card reader or its card comes or goes; costs nothing while none does.

A thread of its own waits in PC/SC. It outlives the service: pcscd killed and started again, the
service of Windows that stops with its last reader, a machine without any of them.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Never

from agent.tokens.pcsc import Context, Library, PcscGone

log = logging.getLogger(__name__)

#: How long a service that is away may stay unnoticed once it is back. A look costs microseconds.
_RETRY_SECONDS = 0.7
#: Where the service does not tell of new readers (macOS), their names are asked for so often.
_NAMES_MILLISECONDS = 700
#: Elsewhere a wait ends now and then all the same: older pcsc-lite misses a reader that comes
#: between the asking for names and the wait.
_WAIT_MILLISECONDS = 30_000
_BREATH_SECONDS = 0.15


class ReaderWatch:
    """`run` watches as long as it is not cancelled; `on_change` is called on the event loop."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._names: frozenset[str] | None = None
        self._stop = threading.Event()
        self._context: Context | None = None

    def names(self) -> frozenset[str] | None:
        """The readers now there; None if this machine has no PC/SC, or before the first look."""
        return self._names

    async def run(self) -> Never:
        """Raises nothing but CancelledError."""
        loop = asyncio.get_running_loop()

        def tell(names: frozenset[str] | None) -> None:
            with suppress(RuntimeError):  # the loop may be closed by now
                loop.call_soon_threadsafe(self._take, names)

        # Not a thread of the pool: it blocks for good, and must not keep the process alive.
        thread = threading.Thread(target=self._watch, args=(tell,), name="readers", daemon=True)
        thread.start()
        try:
            await asyncio.Event().wait()
        finally:
            self._stop.set()
            while thread.is_alive():
                # A cancel that comes just before the wait is lost, hence again.
                context = self._context
                if context is not None:
                    context.cancel()
                await asyncio.sleep(0.01)
        raise AssertionError("nobody sets that event")

    def _take(self, names: frozenset[str] | None) -> None:
        self._names = names
        self._on_change()

    def _watch(self, tell: Callable[[frozenset[str] | None], None]) -> None:
        """The thread."""
        try:
            library = Library()
        except PcscGone as error:
            log.info("this machine has no PC/SC: %s", error)
            tell(None)
            return
        told = False
        while not self._stop.is_set():
            try:
                self._context = library.connect()
            except PcscGone:
                if not told:
                    tell(frozenset())
                    told = True
                self._stop.wait(_RETRY_SECONDS)
                continue
            told = False
            try:
                self._follow(self._context, tell)
            except PcscGone as error:
                log.info("the PC/SC service went away: %s", error)
            finally:
                context, self._context = self._context, None
                context.close()

    def _follow(self, context: Context, tell: Callable[[frozenset[str] | None], None]) -> None:
        told_of_new = context.tells_of_new_readers()
        known: frozenset[tuple[bytes, bool, int]] | None = None
        began = monotonic()
        while not self._stop.is_set():
            readers = context.readers()
            presence = frozenset(reader.presence for reader in readers)
            if presence != known:
                known = presence
                tell(frozenset(r.name.decode("utf-8", "replace") for r in readers))
            elif monotonic() - began < _BREATH_SECONDS:
                # Some program begins and ends using a card (our own workers do), or the service
                # calls for nothing at all: follow, but not at its speed.
                self._stop.wait(_BREATH_SECONDS)
            began = monotonic()
            if readers or told_of_new:
                limit = _WAIT_MILLISECONDS if told_of_new else _NAMES_MILLISECONDS
                context.wait(readers, new_ones=told_of_new, milliseconds=limit)
            else:
                self._stop.wait(_NAMES_MILLISECONDS / 1000)
