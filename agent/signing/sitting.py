"""One key, approved once in one window; then it signs, once or ten thousand times.

    the key is ready ─▶ the window asks ─▶ the user approves ─▶ the key is unlocked ─▶ work
                             ▲                                     │                    │
                             └── a wrong PIN: back to the user ────┴────────────────────┘

A PIN or one-time password goes out once for each time that the user typed it; after a wrong one
only the user decides whether there is a next time (T25). However it ends, the key is locked again.

What is done in it: `approval` (one signature), `batch`, `digests`. What a token asks for and what a
service asks for is in `token_key` and `service_key`.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from agent.consent.prompts import Approval, SignDialog
from agent.hsm.api import ToSign
from agent.keys import Confirmation, Mechanism, PinState
from agent.pin import erase
from agent.signing.desk import Errand
from agent.signing.window import Window
from protocol.messages import Stage

T = TypeVar("T")


class NotAccepted(Exception, ABC):  # noqa: N818 - the user may try again
    """What the user typed was wrong."""

    @abstractmethod
    async def say(self, dialog: SignDialog) -> None:
        """In the window. Raises UserError when there is no next time."""


class Key(Protocol):
    """A key that can sign once the user has approved."""

    @property
    def pin(self) -> PinState: ...

    @property
    def confirmation(self) -> Confirmation | None: ...

    @property
    def at_once(self) -> int:
        """Signatures that are best asked for together: a service's authorisation covers them."""

    @property
    def abreast(self) -> int:
        """Calls of `sign` that it deals with beside each other, so that it never waits."""

    async def unlock(self, window: Window, approval: Approval) -> None:
        """Raises NotAccepted; UserError pin_each_time, token_removed …; TokenError."""

    async def sign(
        self, window: Window | None, items: Sequence[ToSign], mechanism: Mechanism
    ) -> tuple[bytes, ...]:
        """In order, by this very key where a stranger made them. Without a window nothing more can
        be asked of the user: service_batch where it must be.

        Raises NotAccepted; UserError user_refused, prompt_timeout, token_removed, token_changed,
        certificate_unsuitable, phone_*, account_*; TokenError; ServiceError.
        """

    def shown_in(self, dialog: SignDialog) -> AbstractAsyncContextManager[None]:
        """While it lasts, the window shows what becomes of the key."""


async def sit(
    errand: Errand,
    key: Key,
    dialog: SignDialog,
    work: Callable[[Window, Approval], Awaitable[T]],
) -> T:
    """The result of `work`, which begins again when what the user typed was not accepted, and ends
    when they cancel. Raises what it, `Key.unlock` and the dialog do.
    """
    window = Window(dialog)
    async with key.shown_in(dialog):
        while True:
            await errand.progress(Stage.WAITING_FOR_USER)
            approval = await dialog.approval()
            try:
                return await window.unless_refused(_unlocked(key, window, approval, work))
            except NotAccepted as wrong:
                await wrong.say(dialog)
            finally:
                erase(approval.pin)


async def _unlocked(
    key: Key,
    window: Window,
    approval: Approval,
    work: Callable[[Window, Approval], Awaitable[T]],
) -> T:
    await key.unlock(window, approval)
    return await work(window, approval)
