"""python -m agent.signing.workbench: serve over stdin and stdout.

Only `agent.signing.workshop` starts this, for a batch, and it is gone with the batch; it ends at
end of file, so it cannot outlive the agent.
"""

import os
import signal
import sys
from typing import BinaryIO

from agent.signing.workbench.bench import Bench
from agent.signing.workbench.questions import HEADER, Answer, Ready, answered, read_question


def main() -> None:
    # Ctrl-C in the agent's terminal reaches its children too; they end by end of file.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out = os.dup(1)
    # A library that prints must not garble the pipe.
    os.dup2(2, 1)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(out, os.O_BINARY)
    import agent.formats.registry  # noqa: F401 - what all documents need

    _say(out, Ready())
    bench = Bench()
    while (body := _next(sys.stdin.buffer)) is not None:
        _say(out, bench.answer(read_question(body)))


def _say(out: int, answer: Answer) -> None:
    rest = memoryview(answered(answer))
    while rest:
        rest = rest[os.write(out, rest) :]


def _next(pipe: BinaryIO) -> bytes | None:
    """None at end of file."""
    header = pipe.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (length,) = HEADER.unpack(header)
    body = pipe.read(length)
    return body if len(body) == length else None


if __name__ == "__main__":
    main()
