"""One worker process from start to end: frames, time limits, and death at any surprise.

A worker that answers late, out of turn, with what is no message, or by dying is killed, never
reasoned with. `WorkerLost` says which it was; starting another one is the host's affair.
"""

import asyncio
import logging
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from agent.pin import wipe
from agent.tokens.calls import (
    VERSION,
    Call,
    Garbled,
    Question,
    Ready,
    Reply,
    Unloadable,
    frame,
    pin_frame,
    read_answer,
)
from agent.tokens.child import Child, Loss

log = logging.getLogger(__name__)

#: After SIGKILL only a process in an uninterruptible wait of the kernel stays; we do not wait too.
_KILL_SECONDS = 5.0


class WorkerLost(Exception):  # noqa: N818 (it reads as what happened)
    """The process is gone and cannot be asked any more; `detail` is for the log."""

    def __init__(self, loss: Loss, detail: str) -> None:
        super().__init__(f"{loss}: {detail}")
        self.loss = loss
        self.detail = detail


def worker_command() -> tuple[str, ...]:
    """How a worker is started. -P: the agent's working directory is no place to import from."""
    return (sys.executable, "-P", "-m", "agent.tokens.worker")


#: Told the answer to a question, or how the worker was lost before it came.
Done = Callable[[Reply | WorkerLost], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    number: int
    limit_seconds: float
    done: Done


def _settle(answer: "asyncio.Future[Reply]", outcome: Reply | WorkerLost) -> None:
    if answer.done():
        return
    if isinstance(outcome, WorkerLost):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


class Worker:
    """Ask with `exchange` or `begin`; `lost` completes when the process is gone.

    Several questions may be on their way. They are answered in order, and each has its time from
    when the one before it was answered.
    """

    def __init__(self, module: Path) -> None:
        self._module = module
        self._process = Child(self._take, self._ended)
        self._number = 0
        self._signalled = False
        self._asked: deque[_Asked] = deque()
        self._alarm: asyncio.TimerHandle | None = None
        self.lost: asyncio.Future[WorkerLost] = asyncio.get_running_loop().create_future()

    @classmethod
    async def start(
        cls,
        module: Path,
        *,
        command: Sequence[str],
        environment: Mapping[str, str],
        limit_seconds: float,
    ) -> Self:
        """Start a process and wait until its module is loaded. Raises WorkerLost."""
        worker = cls(module)
        # Before the process can answer: its first frame comes unasked, as the answer 0.
        ready: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        worker._expect(_Asked(number=0, limit_seconds=limit_seconds, done=partial(_settle, ready)))
        try:
            await worker._process.start((*command, "--module", str(module)), environment)
        except OSError as error:
            ready.cancel()
            raise worker._lose(Loss.DIED, f"cannot be started: {error}") from error
        except BaseException:
            ready.cancel()
            worker._lose(Loss.DIED, "given up")
            raise
        try:
            worker._check_first(await ready)
        except BaseException:
            await worker.kill()
            raise
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    async def exchange(self, call: Call, *, limit_seconds: float, pin: bytearray | None) -> Reply:
        """Ask and wait for the answer. `pin` is overwritten. Raises WorkerLost."""
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        try:
            self.begin(call, partial(_settle, answer), limit_seconds=limit_seconds)
            if pin is not None:
                framed = pin_frame(pin)
                try:
                    self._process.write(framed)
                finally:
                    wipe(framed)
        finally:
            if pin is not None:
                wipe(pin)
        try:
            return await answer
        except WorkerLost:
            await self.kill()
            raise

    def begin(self, call: Call, done: Done, *, limit_seconds: float) -> None:
        """Ask; `done` is called with the answer, or with how the worker was lost.

        Raises WorkerLost.
        """
        if self.lost.done():
            raise self.lost.result()
        self._number += 1
        self._expect(_Asked(number=self._number, limit_seconds=limit_seconds, done=done))
        self._process.write(frame(Question(number=self._number, call=call)))

    async def kill(self) -> None:
        """End the process now; returns when it has been waited for."""
        self._lose(Loss.DIED, "killed")
        self._signal()
        try:
            async with asyncio.timeout(_KILL_SECONDS):
                await self._process.ended.wait()
        except TimeoutError:
            log.exception("the worker %d of %s cannot be killed", self.pid, self._module.name)

    def _signal(self) -> None:
        """Once: asyncio's second kill would reap a process that its watcher still waits for."""
        if not self._signalled:
            self._signalled = True
            with suppress(ProcessLookupError):
                self._process.kill()

    def _check_first(self, reply: Reply) -> None:
        match reply:
            case Ready(version=version) if version == VERSION:
                return
            case Unloadable(reason=reason):
                raise self._lose(Loss.UNLOADABLE, reason)
            case _:
                raise self._lose(Loss.GARBLED, f"began with {type(reply).__name__}")

    def _expect(self, asked: _Asked) -> None:
        self._asked.append(asked)
        if len(self._asked) == 1:
            self._set_alarm()

    def _set_alarm(self) -> None:
        """For the question that is to be answered next."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._asked:
            seconds = self._asked[0].limit_seconds
            loop = asyncio.get_running_loop()
            self._alarm = loop.call_later(seconds, self._too_late, seconds)

    def _too_late(self, seconds: float) -> None:
        self._signal()
        self._lose(Loss.HUNG, f"no answer within {seconds:g} s")

    def _take(self, body: bytes) -> None:
        """Pass on an answer. Raises Garbled for what is none, or nobody's."""
        answer = read_answer(body)
        if self.lost.done():
            return
        if not self._asked or answer.number != self._asked[0].number:
            raise Garbled(f"answer {answer.number} to question {self._number}")
        asked = self._asked.popleft()
        self._set_alarm()
        asked.done(answer.reply)

    def _ended(self, loss: Loss, detail: str) -> None:
        self._lose(loss, detail)
        self._signal()

    def _lose(self, loss: Loss, detail: str) -> WorkerLost:
        """The first reason counts."""
        if not self.lost.done():
            lost = WorkerLost(loss, detail)
            self.lost.set_result(lost)
            asked, self._asked = self._asked, deque()
            self._set_alarm()
            for one in asked:
                one.done(lost)
        return self.lost.result()
