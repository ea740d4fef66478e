"""Child processes on a leash: they end when told, and when this process is gone, even killed."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import BinaryIO, Final

#: Longer than the leash's own patience with its program.
_PATIENCE_SECONDS: Final = 6.0


class Child:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def is_running(self) -> bool:
        return self._process.returncode is None

    async def ended(self) -> int:
        """Waits; the exit status, 128 + its number for a signal."""
        return await self._process.wait()


@asynccontextmanager
async def leashed(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None, log: Path | None
) -> AsyncIterator[Child]:
    """Run `command` for as long as the block lasts. What it says on stdout and stderr is appended
    to `log`; None: it speaks, and may ask, in our terminal.
    """
    ours, theirs, handed_on = _leash()
    program = [sys.executable, "-m", "webui.demo.leash", str(theirs if handed_on else 0)]
    with _output(log) as output:
        process = await asyncio.create_subprocess_exec(
            *program,
            *command,
            stdin=None if handed_on else theirs,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
            pass_fds=[theirs] if handed_on else [],
        )
    os.close(theirs)
    try:
        yield Child(process)
    finally:
        os.close(ours)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _leash() -> tuple[int, int, bool]:
    """Our end, the child's end, and whether the child gets it by number (else as its stdin)."""
    theirs, ours = os.pipe()
    return ours, theirs, os.name == "posix"


@contextmanager
def _output(log: Path | None) -> Iterator[BinaryIO | None]:
    if log is None:
        yield None
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        yield output


def tail(log: Path, lines: int = 12) -> str:
    try:
        return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])
    except OSError:
        return ""
