"""A user in memory: the `Prompts` port, answered by what the test wrote down beforehand.

user = ScriptedUser(Approve("1234"))          # one entry for each answer asked of the user
user = ScriptedUser(Approve("bad"), Refuse())
user = ScriptedUser(Approve(), Otp("246810"))    # what a signing service asks for besides
user = ScriptedUser(Approve(without={3}))        # of a batch: that document is taken out
...
user.asked                    # the questions, in order
user.shown                    # what the windows were told: ("pin_rejected", state), …
assert user.open_windows == 0
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent.consent.prompts import (
    Approval,
    BatchQuestion,
    CertificateFacts,
    DigestsQuestion,
    Grant,
    PickQuestion,
    Preview,
    SelectQuestion,
    SignQuestion,
    SiteQuestion,
)
from agent.documents import Description
from agent.errors import AgentError, UserError
from agent.keys import CertificateId, PinState
from agent.pin import Pin


@dataclass(frozen=True)
class Approve:
    pin: str | None = "12345678"
    without: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Otp:
    value: str = "246810"


@dataclass(frozen=True)
class Refuse:
    code: str = "user_refused"


@dataclass(frozen=True)
class Choose:
    certificate: CertificateId


@dataclass(frozen=True)
class Allow:
    grant: Grant = Grant.ALWAYS


@dataclass(frozen=True)
class Pick:
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Do:
    """Something the user does in the meantime, before the next answer."""

    deed: Callable[[], object]


@dataclass(frozen=True)
class Wait:
    """The user stares at the window until the test sets the event."""

    event: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class Look:
    """The user looks at a document of a batch, before the next answer."""

    index: int


Step = Approve | Otp | Refuse | Choose | Allow | Pick | Do | Wait | Look
Question = (
    SiteQuestion | SelectQuestion | SignQuestion | BatchQuestion | DigestsQuestion | PickQuestion
)


class ScriptedUser:
    """Implements `agent.consent.prompts.Prompts`."""

    def __init__(self, *steps: Step) -> None:
        self._steps = list(steps)
        self.asked: list[Question] = []
        self.shown: list[tuple[str, object]] = []
        self.pins: list[Pin] = []
        self.open_windows = 0
        self.listening = False  # to the window, for an answer or a cancellation
        self.cancel = asyncio.Event()  # set: the user cancels while the token works
        self.previews: list[Description | AgentError] = []
        self._preview: Preview | None = None

    @property
    def left(self) -> int:
        """Steps that nobody asked for."""
        return len(self._steps)

    def saw(self, what: str) -> list[object]:
        return [value for kind, value in self.shown if kind == what]

    async def _next(self) -> Approve | Otp | Choose | Allow | Pick:
        while True:
            assert self._steps, "the user was asked once more than the test foresaw"
            match self._steps.pop(0):
                case Do(deed=deed):
                    deed()
                    await asyncio.sleep(0)
                case Wait(event=event):
                    await event.wait()
                case Look(index=index):
                    assert self._preview is not None, "there is no batch to look into"
                    try:
                        self.previews.append(await self._preview(index))
                    except AgentError as error:
                        self.previews.append(error)
                case Refuse(code=code):
                    raise UserError(code)
                case answer:
                    return answer

    async def ask_site(self, question: SiteQuestion) -> Grant:
        self.asked.append(question)
        self.open_windows += 1
        try:
            answer = await self._next()
        except UserError:
            return Grant.REFUSED
        finally:
            self.open_windows -= 1
        assert isinstance(answer, Allow)
        return answer.grant

    @asynccontextmanager
    async def select(self, question: SelectQuestion) -> AsyncIterator["_Window"]:
        async with self._window(question) as window:
            yield window

    @asynccontextmanager
    async def sign(self, question: SignQuestion) -> AsyncIterator["_Window"]:
        async with self._window(question) as window:
            yield window

    @asynccontextmanager
    async def sign_batch(
        self, question: BatchQuestion, preview: Preview
    ) -> AsyncIterator["_Window"]:
        self._preview = preview
        async with self._window(question) as window:
            yield window

    @asynccontextmanager
    async def open_digests(self, question: DigestsQuestion) -> AsyncIterator["_Window"]:
        async with self._window(question) as window:
            yield window

    async def pick(self, question: PickQuestion) -> tuple[Path, ...]:
        async with self._window(question):
            answer = await self._next()
        assert isinstance(answer, Pick)
        return answer.paths

    @asynccontextmanager
    async def _window(self, question: Question) -> AsyncIterator["_Window"]:
        assert self.open_windows == 0, "one question at a time"
        self.asked.append(question)
        self.open_windows += 1
        try:
            yield _Window(self)
        finally:
            self.open_windows -= 1

    async def tell(self, title: str, text: str, language: str = "vi") -> None:
        self.shown.append(("tell", (title, text, language)))


class _Window:
    """Both dialogs at once."""

    def __init__(self, user: ScriptedUser) -> None:
        self._user = user

    async def choice(self) -> CertificateId:
        answer = await self._user._next()
        assert isinstance(answer, Choose)
        return answer.certificate

    async def show(self, certificates: tuple[CertificateFacts, ...]) -> None:
        self._user.shown.append(("certificates", certificates))

    async def approval(self) -> Approval:
        async with self._heard():
            answer = await self._user._next()
        assert isinstance(answer, Approve)
        pin = None if answer.pin is None else self._typed(answer.pin)
        return Approval(pin=pin, excluded=frozenset(answer.without))

    def _typed(self, text: str) -> Pin:
        pin = Pin(bytearray(text.encode()))
        self._user.pins.append(pin)
        return pin

    async def pin_rejected(self, state: PinState) -> None:
        self._user.shown.append(("pin_rejected", state))

    async def pin_length(self) -> None:
        self._user.shown.append(("pin_length", None))

    async def token_present(self, present: bool) -> None:
        self._user.shown.append(("token_present", present))

    async def working(self, stage: str) -> None:
        self._user.shown.append(("working", stage))

    async def service_pin_rejected(self) -> None:
        self._user.shown.append(("service_pin_rejected", None))

    async def otp(self, *, rejected: bool) -> Pin:
        self._user.shown.append(("otp", rejected))
        async with self._heard():
            answer = await self._user._next()
        assert isinstance(answer, Otp)
        return self._typed(answer.value)

    async def phone(self, *, seconds: float) -> None:
        self._user.shown.append(("phone", seconds))

    async def done(self, count: int, total: int) -> None:
        self._user.shown.append(("done", (count, total)))

    async def refused_by_user(self) -> None:
        async with self._heard():
            await self._user.cancel.wait()

    @asynccontextmanager
    async def _heard(self) -> AsyncIterator[None]:
        """What a real window says is read by one reader at a time."""
        assert not self._user.listening, "two readers of one window"
        self._user.listening = True
        try:
            yield
        finally:
            self._user.listening = False
