"""One conversation with one window, judged by the agent's own copy of the state machine.

The copy is moved by nothing but what the window reports, in the order it reports it: an approval
that the table does not allow at that moment is a refusal, whoever sent it.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final, assert_never

from agent.consent.states import Consent, Event, OutOfOrderError, State
from agent.consent.window_messages import (
    Answer,
    Approved,
    Chosen,
    Command,
    Granted,
    Moved,
    OtpGiven,
    Picked,
    PickedAll,
    Refused,
    StillHere,
    WantPreview,
)
from agent.consent.window_process import WindowProcess
from agent.errors import InternalError, UserError
from agent.pin import Pin

_log = logging.getLogger(__name__)

#: What the user can say besides no.
Yes = Granted | Chosen | Approved | OtpGiven | PickedAll
#: What the window says on the way to an answer, beside the steps of its state machine.
Aside = WantPreview | Picked

#: A window that has not appeared by then never will; a slow disk's cold start is well within it.
_START_SECONDS: Final = 20.0
#: Where the user is still thinking, and may look around.
_THINKING: Final = frozenset({State.SHOWN, State.ARMED, State.UNPLUGGED, State.LOCKED})


class WindowTalk:
    def __init__(
        self, window: WindowProcess, *, aside: Callable[[Aside], bool] | None = None
    ) -> None:
        """`aside` hears what is said on the way to an answer; False: it may not be said."""
        self._window = window
        self._aside = aside
        # The window keeps the time; here only the order counts.
        self._consent = Consent(inert_seconds=0.0)

    async def visible(self) -> None:
        """Raises InternalError prompt_unavailable: no display, or the window cannot start."""
        try:
            async with asyncio.timeout(_START_SECONDS):
                received = await self._window.receive()
        except TimeoutError:
            received = None
        match received:
            case (Moved(event=Event.VISIBLE), None):
                self._move(Event.VISIBLE)
            case _:
                raise InternalError("prompt_unavailable")

    async def answer(self, *, seconds: float) -> tuple[Yes, Pin | None]:
        """The user's yes. Raises UserError user_refused, prompt_timeout."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds) as limit:
                while (received := await self._window.receive()) is not None:
                    answer, pin = received
                    if (yes := self._judged(answer, pin)) is not None:
                        return yes, pin
                    if isinstance(answer, StillHere):
                        limit.reschedule(loop.time() + seconds)
        except TimeoutError:
            if self._consent.allows(Event.TIME_OUT):
                self._move(Event.TIME_OUT)
            raise UserError("prompt_timeout") from None
        self._refuse()
        raise UserError("user_refused")

    async def gone(self) -> None:
        """Returns when the user cancels, or the window is no more."""
        while (received := await self._window.receive()) is not None:
            match received:
                case (Moved(), None):
                    continue
                case (_, pin):
                    forget(pin)
                    break
        self._refuse()

    def tell(self, command: Command) -> None:
        self._window.send(command)

    def _judged(self, answer: Answer, pin: Pin | None) -> Yes | None:
        """`answer` if it is a yes, None to go on listening. Raises UserError user_refused."""
        try:
            match answer:
                case Moved(event=event):
                    self._consent.receive(event, at=time.monotonic())
                    return None
                case Granted() | Chosen() | Approved() | PickedAll():
                    self._consent.receive(Event.APPROVE, at=time.monotonic())
                    return answer
                case OtpGiven():
                    self._consent.receive(Event.OTP_GIVEN, at=time.monotonic())
                    return answer
                case StillHere() if self._consent.state in _THINKING:
                    return None
                case WantPreview() | Picked() if self._consent.state in _THINKING:
                    if self._aside is not None and self._aside(answer):
                        return None
                    _log.warning("the window said what it may not say")
                case Refused() | WantPreview() | Picked() | StillHere():
                    pass
                case _:
                    assert_never(answer)
        except OutOfOrderError as error:
            _log.warning("the window answered out of order: %s", error)
        forget(pin)
        self._refuse()
        raise UserError("user_refused")

    def _move(self, event: Event) -> None:
        if self._consent.allows(event):
            self._consent.receive(event, at=time.monotonic())

    def _refuse(self) -> None:
        self._move(Event.REFUSE)


def forget(pin: Pin | None) -> None:
    if pin is not None:
        pin.erase()
