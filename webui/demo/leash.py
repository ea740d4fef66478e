"""`python -m webui.demo.leash FD PROGRAM …`: run a program that must not outlive its parent.

The parent holds the other end of the pipe FD open. When it closes it, or dies however suddenly, the
pipe ends here, and the program is asked to stop (SIGTERM), then made to. Standard input stays the
program's own, so that it can ask in the terminal. Exits as the program does; 128 + its number for
a signal.

On Windows, where pipes are not handed on by number, FD is 0.
"""

import os
import signal
import subprocess
import sys
import threading
from typing import Final

_PATIENCE_SECONDS: Final = 4.0
#: Meant for the program; by default they would end the leash and leave the program behind.
_ENDINGS: Final = [signal.SIGTERM] if os.name == "nt" else [signal.SIGTERM, signal.SIGHUP]


def main() -> int:
    descriptor, command = int(sys.argv[1]), sys.argv[2:]
    stdin = subprocess.DEVNULL if descriptor == 0 else None
    child = subprocess.Popen(command, stdin=stdin)  # noqa: S603 - what our parent asked for
    for number in _ENDINGS:
        signal.signal(number, lambda *_: child.terminate())
    threading.Thread(target=_watch, args=(descriptor, child), daemon=True).start()
    while True:
        try:
            status = child.wait()
        except KeyboardInterrupt:  # the terminal's Ctrl-C reaches the child by itself
            continue
        # As shells have it; a negative number would arrive as another one.
        return 128 - status if status < 0 else status


def _watch(descriptor: int, child: "subprocess.Popen[bytes]") -> None:
    while os.read(descriptor, 1024):
        continue
    child.terminate()
    try:
        child.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(main())
