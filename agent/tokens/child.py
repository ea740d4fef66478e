"""A worker's process and its two pipes: frames out, frames in, and how it ended.

Frames are passed on as they come, without a task in between: a signature by a fast token takes
hardly longer than a few turns of the event loop.
"""

import asyncio
import subprocess
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from agent.own_package import importable
from agent.tokens.calls import HEADER, Garbled, frame_length

#: How long a process may take to end once its pipe is closed.
_END_SECONDS = 1.0
#: These make OpenSC and others print what passes to the card, the PIN included.
_TALKATIVE = ("OPENSC_DEBUG", "PKCS11SPY_OUTPUT", "PCSCLITE_DEBUG")


class Loss(StrEnum):
    DIED = "died"
    HUNG = "hung"
    GARBLED = "garbled"
    UNLOADABLE = "unloadable"


class Child(asyncio.SubprocessProtocol):
    def __init__(self, take: Callable[[bytes], None], lost: Callable[[Loss, str], None]) -> None:
        """`take` gets each frame's body, and raises Garbled; `lost` is told how it all ended."""
        self._take = take
        self._lost = lost
        self._transport: asyncio.SubprocessTransport | None = None
        self._unread = bytearray()
        self._deaf = False
        self._status: int | None = None
        self.ended = asyncio.Event()

    async def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Raises OSError."""
        await asyncio.get_running_loop().subprocess_exec(
            lambda: self,
            *command,
            stdin=PIPE,
            stdout=PIPE,
            # What vendors print may hold anything, even a PIN, so it is not kept.
            stderr=DEVNULL,
            env=_environment(environment),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    @property
    def pid(self) -> int:
        return 0 if self._transport is None else int(self._transport.get_pid() or 0)

    def write(self, data: bytes | bytearray) -> None:
        assert self._transport is not None
        pipe = self._transport.get_pipe_transport(0)
        assert isinstance(pipe, asyncio.WriteTransport)
        pipe.write(data)

    def kill(self) -> None:
        if self._transport is not None:
            self._transport.kill()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport
        answers = transport.get_pipe_transport(1)
        assert isinstance(answers, asyncio.ReadTransport)
        answers.set_protocol(_Answers(self, answers.get_protocol()))

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        del fd  # there is but one that is read
        self._unread += data
        try:
            while len(self._unread) >= HEADER.size:
                end = HEADER.size + frame_length(self._unread[: HEADER.size])
                if len(self._unread) < end:
                    return
                body = bytes(self._unread[HEADER.size : end])
                del self._unread[:end]
                self._take(body)
        except Garbled as error:
            self._lost(Loss.GARBLED, str(error))

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        del exc
        if fd == 1:
            self._deaf = True
            self._tell_end()
            # It should be let end to tell how; or only the pipe is closed.
            asyncio.get_running_loop().call_later(_END_SECONDS, self._lost, Loss.DIED, _how(None))

    def process_exited(self) -> None:
        assert self._transport is not None
        self._status = self._transport.get_returncode()
        self.ended.set()
        self._tell_end()

    def _tell_end(self) -> None:
        """When nothing more can come, and it is known how it ended."""
        if self._deaf and self.ended.is_set():
            self._lost(Loss.DIED, _how(self._status))

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._transport is not None:
            self._transport.close()


class _Answers(asyncio.Protocol):
    """Reads the answers at once, where asyncio would take another turn to hand them on; all else is
    asyncio's own.
    """

    def __init__(self, child: Child, usual: asyncio.BaseProtocol) -> None:
        self._child = child
        self._usual = usual

    def data_received(self, data: bytes) -> None:
        self._child.pipe_data_received(1, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._usual.connection_lost(exc)


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    return importable({k: v for k, v in given.items() if k not in _TALKATIVE})


def _how(status: int | None) -> str:
    if status is None:
        return "closed its pipe"
    return f"signal {-status}" if status < 0 else f"status {status}"
