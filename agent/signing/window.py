"""A window in which the user has approved: work goes on in it, until it is done or they cancel.

A real window is read by one reader at a time: while it asks for something, nobody listens for its
cancel button; the answer says a refusal itself.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from agent.consent.prompts import SignDialog
from agent.errors import UserError
from agent.pin import Pin

T = TypeVar("T")


class Window:
    def __init__(self, dialog: SignDialog) -> None:
        self.dialog = dialog
        self._refused: asyncio.Future[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    async def unless_refused(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`, which ends when the user cancels in the window.

        Raises what `work` does, and UserError user_refused.
        """
        self._refused = asyncio.get_running_loop().create_future()
        working = asyncio.ensure_future(work)
        self._listen(self._refused)
        try:
            either: set[asyncio.Future[Any]] = {working, self._refused}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                self._refused.result()
            return await working
        finally:
            working.cancel()
            await self._stop_listening()
            await asyncio.gather(working, return_exceptions=True)
            self._refused.cancel()
            self._refused = None

    async def otp(self, *, rejected: bool) -> Pin:
        """Asked in the midst of the work. Raises UserError user_refused, prompt_timeout."""
        await self._stop_listening()
        refused = self._refused
        if refused is not None and refused.done():
            refused.result()
        otp = await self.dialog.otp(rejected=rejected)
        if refused is not None:
            self._listen(refused)
        return otp

    def _listen(self, refused: asyncio.Future[None]) -> None:
        self._listening = asyncio.ensure_future(self._hear(refused))

    async def _hear(self, refused: asyncio.Future[None]) -> None:
        why: Exception = UserError("user_refused")
        try:
            await self.dialog.refused_by_user()
        except Exception as error:  # noqa: BLE001 - the window's own failure ends the work, too
            why = error
        if not refused.done():
            refused.set_exception(why)
            refused.exception()  # nobody need be left to look at it

    async def _stop_listening(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
