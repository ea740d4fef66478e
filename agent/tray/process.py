"""The agent's side of the tray icon. Whatever happens to the icon, the agent goes on.

tray = TrayProcess()
tray.show(state)                 # at any time, also before the icon is there
await tray.run(act)              # until cancelled, or for good without a tray
"""

import asyncio
import contextlib
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

import agent
from agent.tray.messages import NO_TRAY, Choice, Shown, State, decode_report

_log = logging.getLogger(__name__)

TRAY_COMMAND: Final = (sys.executable, "-m", "agent.tray")

_HOME: Final = Path(agent.__file__).parent.parent
#: Seconds before it is started again after it ended unasked; after these it is given up.
_PAUSES: Final = (1.0, 10.0, 60.0)
_GRACE_SECONDS: Final = 0.5


class TrayProcess:
    def __init__(
        self, *, command: Sequence[str] = TRAY_COMMAND, pauses: Sequence[float] = _PAUSES
    ) -> None:
        self._command = command
        self._pauses = pauses
        self._state: State | None = None
        self._input: asyncio.StreamWriter | None = None

    def show(self, state: State) -> None:
        """Never blocks and never fails."""
        if state == self._state:
            return
        self._state = state
        self._send()

    async def run(self, act: Callable[[Choice], Awaitable[None]]) -> None:
        """Keep the icon alive and hand every choice of the user to `act`.

        Returns when there is no tray here, or the icon failed too often.
        """
        for pause in (*self._pauses, None):
            try:
                status = await self._live(act)
            except OSError as error:
                _log.info("no tray icon: %s", error)
                return
            if status == NO_TRAY:
                _log.info("no tray icon: there is no tray on this desktop")
                return
            _log.warning("the tray icon ended by itself (%s)", status)
            if pause is not None:
                await asyncio.sleep(pause)

    async def _live(self, act: Callable[[Choice], Awaitable[None]]) -> int:
        """One life of the icon's process; its status."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=_HOME,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows: no console
        )
        assert process.stdout is not None
        self._input = process.stdin
        try:
            self._send()
            async for line in process.stdout:
                report = decode_report(line)
                if not isinstance(report, Shown):
                    await act(report)
            return await process.wait()
        except (msgspec.MsgspecError, ValueError) as error:
            _log.warning("the tray icon broke its protocol: %s", error)
            return -1
        finally:
            self._input = None
            await _end(process)

    def _send(self) -> None:
        if self._input is None or self._state is None or self._input.is_closing():
            return
        self._input.write(msgspec.json.encode(self._state) + b"\n")


async def _end(process: asyncio.subprocess.Process) -> None:
    """Its standard input ends, and it with it; if it does not, it is made to."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(_GRACE_SECONDS):
            await process.wait()
    except TimeoutError:
        pass
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    await process.wait()
