"""What the user of a batch's window looks at, made one after the other in the background.

Only the last one wanted is made next: whoever hurries through the list wants to see where they
stop. A document whose preview cannot be made is one whose window says why; it ends nothing.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

from agent.consent.prompts import BatchQuestion, Preview
from agent.consent.window_messages import Command, Picked, PreviewFailed, PreviewMade, WantPreview
from agent.errors import AgentError

_log = logging.getLogger(__name__)


class Previews:
    def __init__(self, question: BatchQuestion, preview: Preview) -> None:
        self._known = frozenset(item.index for item in question.items)
        self._preview = preview
        self._wanted: int | None = None
        self._changed = asyncio.Event()

    def want(self, aside: WantPreview | Picked) -> bool:
        """False for a document that the window was not told of."""
        if not isinstance(aside, WantPreview) or aside.index not in self._known:
            return False
        self._wanted = aside.index
        self._changed.set()
        return True

    @contextlib.asynccontextmanager
    async def being_made(self, tell: Callable[[Command], None]) -> AsyncIterator[None]:
        making = asyncio.create_task(self._make(tell))
        try:
            yield
        finally:
            making.cancel()
            await asyncio.wait({making})

    async def _make(self, tell: Callable[[Command], None]) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if (index := self._wanted) is not None:
                tell(await self._made(index))

    async def _made(self, index: int) -> Command:
        try:
            return PreviewMade(index=index, description=await self._preview(index))
        except AgentError as error:
            details = {name: str(value) for name, value in error.details.items()}
            return PreviewFailed(index=index, code=error.code, details=details)
        except Exception:  # noqa: BLE001 - logged, and said; a preview decides nothing
            # The document can still be signed, or refused, without having been seen.
            _log.exception("a preview could not be made")
            return PreviewFailed(index=index, code="internal_error", details={})
