"""One worker process from start to end: frames, time limits, and death at any surprise.

A worker that answers late, out of turn, with what is no message, or by dying is killed, never
reasoned with. `WorkerLost` says which it was; starting another one is the host's affair.
"""

import asyncio
import logging
import os
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import agent
from agent.pin import wipe
from agent.tokens.calls import (
    HEADER,
    VERSION,
    Answer,
    Call,
    Garbled,
    Question,
    Ready,
    Reply,
    Unloadable,
    frame,
    frame_length,
    pin_frame,
    read_answer,
)

log = logging.getLogger(__name__)

#: After SIGKILL only a process in an uninterruptible wait of the kernel stays; we do not wait too.
_KILL_SECONDS = 5.0
#: How long a process may take to end once its pipe is closed.
_END_SECONDS = 1.0
_ROOT = Path(agent.__file__).parent.parent
#: These make OpenSC and others print what passes to the card, the PIN included.
_TALKATIVE = ("OPENSC_DEBUG", "PKCS11SPY_OUTPUT", "PCSCLITE_DEBUG")


class Loss(StrEnum):
    DIED = "died"
    HUNG = "hung"
    GARBLED = "garbled"
    UNLOADABLE = "unloadable"


class WorkerLost(Exception):  # noqa: N818 (it reads as what happened)
    """The process is gone and cannot be asked any more; `detail` is for the log."""

    def __init__(self, loss: Loss, detail: str) -> None:
        super().__init__(f"{loss}: {detail}")
        self.loss = loss
        self.detail = detail


def worker_command() -> tuple[str, ...]:
    """How a worker is started. -P: the agent's working directory is no place to import from."""
    return (sys.executable, "-P", "-m", "agent.tokens.worker")


class Worker:
    """Ask with `exchange`, one question at a time; `lost` completes when the process is gone."""

    def __init__(self, process: Process, module: Path) -> None:
        self._process = process
        self._module = module
        self._number = 0
        self._signalled = False
        self._waiting: asyncio.Future[Reply] | None = None
        self.lost: asyncio.Future[WorkerLost] = asyncio.get_running_loop().create_future()

    @classmethod
    async def start(
        cls,
        module: Path,
        *,
        command: Sequence[str],
        environment: Mapping[str, str],
        tasks: asyncio.TaskGroup,
        limit_seconds: float,
    ) -> Self:
        """Start a process and wait until its module is loaded. Raises WorkerLost."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                "--module",
                str(module),
                stdin=PIPE,
                stdout=PIPE,
                # What vendors print may hold anything, even a PIN, so it is not kept.
                stderr=DEVNULL,
                env=_environment(environment),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise WorkerLost(Loss.DIED, f"cannot be started: {error}") from error
        worker = cls(process, module)
        try:
            ready = worker._expect()
            tasks.create_task(worker._read())
            worker._check_first(await worker._within(limit_seconds, ready))
        except BaseException:
            await worker.kill()
            raise
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    async def exchange(self, call: Call, *, limit_seconds: float, pin: bytearray | None) -> Reply:
        """Ask and wait for the answer. `pin` is overwritten. Raises WorkerLost."""
        try:
            if self.lost.done():
                raise self.lost.result()
            self._number += 1
            answer = self._expect()
            assert self._process.stdin is not None
            self._process.stdin.write(frame(Question(number=self._number, call=call)))
            if pin is not None:
                framed = pin_frame(pin)
                try:
                    self._process.stdin.write(framed)
                finally:
                    wipe(framed)
        finally:
            if pin is not None:
                wipe(pin)
        return await self._within(limit_seconds, answer)

    async def kill(self) -> None:
        """End the process now; returns when it has been waited for."""
        self._lose(Loss.DIED, "killed")
        self._signal()
        try:
            async with asyncio.timeout(_KILL_SECONDS):
                await self._process.wait()
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

    def _expect(self) -> asyncio.Future[Reply]:
        self._waiting = asyncio.get_running_loop().create_future()
        return self._waiting

    async def _within(self, seconds: float, answer: asyncio.Future[Reply]) -> Reply:
        either: set[asyncio.Future[Any]] = {answer, self.lost}
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        lost = self._lose(Loss.HUNG, f"no answer within {seconds:g} s")
        await self.kill()
        raise lost

    async def _read(self) -> None:
        """Pass on answers until something that is none comes, or nothing any more."""
        stream = self._process.stdout
        assert stream is not None
        try:
            while True:
                header = await stream.readexactly(HEADER.size)
                answer = read_answer(await stream.readexactly(frame_length(header)))
                self._deliver(answer)
        except Garbled as error:
            self._lose(Loss.GARBLED, str(error))
            self._signal()
        except (asyncio.IncompleteReadError, OSError):
            # The process is ending, and should be let end to tell how; or only the pipe is closed.
            status: int | None = None
            with suppress(TimeoutError):
                async with asyncio.timeout(_END_SECONDS):
                    status = await self._process.wait()
            self._lose(Loss.DIED, _how(status))
            self._signal()

    def _deliver(self, answer: Answer) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None or answer.number != self._number:
            raise Garbled(f"answer {answer.number} to question {self._number}")
        waiting.set_result(answer.reply)

    def _lose(self, loss: Loss, detail: str) -> WorkerLost:
        """The first reason counts."""
        if not self.lost.done():
            self.lost.set_result(WorkerLost(loss, detail))
        return self.lost.result()


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    environment = {k: v for k, v in given.items() if k not in _TALKATIVE}
    # Where this very package lies, whether installed or run from a source tree.
    inherited = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOT), inherited)))
    return environment


def _how(status: int | None) -> str:
    if status is None:
        return "closed its pipe"
    return f"signal {-status}" if status < 0 else f"status {status}"
