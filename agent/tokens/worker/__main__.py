"""python -m agent.tokens.worker --module PATH: serve one module over stdin and stdout.

Only `agent.tokens.process` starts this. It ends at end of file, so it cannot outlive the agent; and
since a module may hang while the agent dies, each call also has an alarm that ends the process.
"""

import ctypes
import faulthandler
import os
import signal
import sys
from typing import Never

from agent.tokens.calls import VERSION, Answer, Login, Ready, Unloadable
from agent.tokens.worker.cryptoki import Cryptoki, CryptokiError
from agent.tokens.worker.pipe import Garbled, HostGone, Pipe
from agent.tokens.worker.service import Service

#: Beyond the longest limit of the host (a PIN typed on a reader), which kills first.
_ALARM_SECONDS = 150


def main(arguments: list[str]) -> Never:
    match arguments:
        case ["--module", path]:
            pass
        case _:
            print(__doc__, file=sys.stderr)
            sys.exit(2)
    pipe = Pipe.take_standard_streams()
    try:
        _serve(pipe, path)
    except HostGone:
        status = 0
    except Garbled:
        status = 3
    # Without C_Finalize and without unloading: some drivers hang there (see cryptoki).
    os._exit(status)


def _serve(pipe: Pipe, path: str) -> Never:
    _prepare_to_die()
    _set_alarm(_ALARM_SECONDS)
    try:
        service = Service(Cryptoki(path))
    except (CryptokiError, OSError, AttributeError) as error:
        pipe.send(Answer(number=0, reply=Unloadable(reason=str(error))))
        raise HostGone from error
    pipe.send(Answer(number=0, reply=Ready(version=VERSION)))
    while True:
        _set_alarm(0)
        question = pipe.receive()
        call = question.call
        pin = bytearray()
        if isinstance(call, Login) and call.pin_follows:
            pin = pipe.receive_pin()
        _set_alarm(_ALARM_SECONDS)
        reply = service.answer(call, pin)
        pipe.send(Answer(number=question.number, reply=reply))


def _set_alarm(seconds: int) -> None:
    """End the process after so many seconds, also inside a module's call; 0 takes it back.

    Both ways act without the interpreter, which a hanging call holds.
    """
    if sys.platform != "win32":
        signal.alarm(seconds)
    elif seconds:
        faulthandler.dump_traceback_later(seconds, exit=True)
    else:
        faulthandler.cancel_dump_traceback_later()


def _prepare_to_die() -> None:
    """With the agent, even in a hanging call; leaving no core file, since a PIN may be in it; and
    without a window that says so.
    """
    if sys.platform == "linux":
        pr_set_pdeathsig, pr_set_dumpable = 1, 4
        library = ctypes.CDLL(None)
        library.prctl(pr_set_pdeathsig, signal.SIGKILL)
        # This also keeps other programs of the user from reading our memory.
        library.prctl(pr_set_dumpable, 0)
    elif sys.platform == "darwin":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    elif sys.platform == "win32":
        # "python has stopped working" would keep a crashed worker until somebody clicks.
        sem_failcriticalerrors, sem_nogpfaulterrorbox = 1, 2
        ctypes.windll.kernel32.SetErrorMode(sem_failcriticalerrors | sem_nogpfaulterrorbox)


if __name__ == "__main__":
    main(sys.argv[1:])
