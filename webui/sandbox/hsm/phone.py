"""The users' phone: the messages it got, and the requests that wait for a thumb.

otp = phone.send("csc", account)                a one-time password, as an SMS
waiting = phone.ask("smartca", account, names)  a request that its user confirms, or does not
"""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

#: Seconds for which a one-time password is good, and a request waits.
OTP_SECONDS: Final = 180.0
WAITING_SECONDS: Final = 120.0
_MOST: Final = 100
_LOOK_SECONDS: Final = 0.1


class State(StrEnum):
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    TIMED_OUT = "timed-out"


@dataclass(kw_only=True)
class Message:
    """An SMS."""

    service: str
    account: str
    otp: str
    at: float
    used: bool = False


@dataclass(kw_only=True)
class Request:
    service: str
    account: str
    documents: tuple[str, ...]  # their names
    at: float
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    answer: State | None = None


@dataclass(kw_only=True)
class Habits:
    """What the phone does by itself, for a demo without hands and for tests.

    `otp`: always this one, instead of a new one each time. `answer_after`: seconds after which it
    confirms (or, with `rejects`, rejects) without being touched; None: never.
    """

    otp: str | None = None
    answer_after: float | None = None
    rejects: bool = False
    waiting_seconds: float = WAITING_SECONDS


class Phone:
    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.habits = Habits()
        self._clock = clock
        self.messages: deque[Message] = deque(maxlen=_MOST)
        self.requests: deque[Request] = deque(maxlen=_MOST)

    def send(self, service: str, account: str) -> str:
        otp = self.habits.otp or f"{secrets.randbelow(1_000_000):06}"
        self.messages.append(Message(service=service, account=account, otp=otp, at=self._clock()))
        return otp

    def redeem(self, service: str, account: str, otp: str) -> bool:
        """Whether it is the last one sent to this account, in time and for the first time.

        A wrong one uses the last one up too: nobody guesses twice at one password.
        """
        last = next(
            (
                message
                for message in reversed(self.messages)
                if (message.service, message.account) == (service, account)
            ),
            None,
        )
        if last is None or last.used or self._clock() - last.at > OTP_SECONDS:
            return False
        last.used = True
        return secrets.compare_digest(last.otp.encode(), otp.encode())

    def ask(self, service: str, account: str, documents: tuple[str, ...]) -> Request:
        request = Request(service=service, account=account, documents=documents, at=self._clock())
        self.requests.append(request)
        return request

    def state(self, request: Request) -> State:
        if request.answer is not None:
            return request.answer
        age = self._clock() - request.at
        habits = self.habits
        if habits.answer_after is not None and age >= habits.answer_after:
            request.answer = State.REJECTED if habits.rejects else State.CONFIRMED
            return request.answer
        return State.TIMED_OUT if age > habits.waiting_seconds else State.WAITING

    async def decided(self, request: Request) -> None:
        """Returns when it waits no more."""
        while self.state(request) is State.WAITING:  # noqa: ASYNC110 - time decides too
            await asyncio.sleep(_LOOK_SECONDS)

    def waiting(self) -> list[Request]:
        return [one for one in self.requests if self.state(one) is State.WAITING]

    def touch(self, identifier: str, answer: State) -> bool:
        """The user's thumb. False if nothing of that name waits (any more)."""
        for request in self.waiting():
            if request.id == identifier:
                request.answer = answer
                return True
        return False
