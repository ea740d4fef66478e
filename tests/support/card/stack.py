"""A PC/SC stack for tests: pcscd with two virtual readers, apart from the machine's own.

vpcd listens on all addresses without a password, so pcscd runs in a network namespace of its own;
and in a mount namespace, where its socket lies in our folder and it finds no drivers of real
readers. Programs reach it by PCSCLITE_CSOCK_NAME. libpcsclite reads that once in a process, so
tests/conftest.py imports this module, which sets it, before any test may load the library; no test
ever talks to the machine's own readers.
"""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from agent.tokens.modules import Module, Watch
from agent.tokens.pcsc import Library, PcscGone
from tests.support.card.piv import Person, new_person
from tests.support.card.reader import VirtualCard
from tests.support.waiting import wait_for

_DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_DRIVERS = "/usr/lib/pcsc/drivers"
_FIRST_PORT = 0x8C7B
OPENSC = Path("/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so")

_START = f"""
ip link set lo up &&
mount -t tmpfs none /run && mkdir /run/pcscd && mount --bind "$1/run" /run/pcscd &&
mount --bind "$1/drivers" {_DRIVERS} &&
exec pcscd --foreground --config "$1/conf"
"""


FOLDER = Path(tempfile.mkdtemp(prefix="pcsc-"))
SOCKET = FOLDER / "run" / "pcscd.comm"
os.environ["PCSCLITE_CSOCK_NAME"] = str(SOCKET)
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


class Unavailable(RuntimeError):  # noqa: N818
    """This machine cannot run the stack, and why."""


class PcscStack:
    """pcscd and its two readers. Raises Unavailable from `start`."""

    #: For processes that are to see these readers; those that inherit `os.environ` do.
    environment = {"PCSCLITE_CSOCK_NAME": str(SOCKET)}  # noqa: RUF012 (nobody changes it)

    def __init__(self) -> None:
        self.folder = FOLDER
        self._process: subprocess.Popen[bytes] | None = None
        self._cards: list[VirtualCard] = []

    def module(self) -> Module:
        return Module(path=OPENSC, name="OpenSC", watch=Watch.READERS)

    def start(self) -> None:
        _require()
        for name in "run", "conf", "drivers":
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        driver = self.folder / "libifdvpcd.so"
        shutil.copy(_DRIVER, driver)
        (self.folder / "conf" / "vpcd").write_text(
            f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:0x{_FIRST_PORT:X}\n'
            f"LIBPATH {driver}\nCHANNELID 0x{_FIRST_PORT:X}\n"
        )
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                ("unshare", "--net", "--mount", "sh", "-c", _START, "sh", str(self.folder)),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_for(lambda: self._readers_known() or self._ended(), "pcscd to be ready")
        if self._process.poll() is not None:
            raise Unavailable((self.folder / "log").read_text())

    def kill(self) -> None:
        """As a crash: the readers vanish, cards in them lose their power."""
        assert self._process is not None
        for card in self._cards:
            card.remove(wait=False)
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        with suppress(FileNotFoundError):
            SOCKET.unlink()

    def stop(self) -> None:
        for card in self._cards:
            card.close()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def new_card(self, person: Person | None = None, *, slot: int = 0) -> VirtualCard:
        """A card that is not inserted yet, at reader 0 or 1."""
        card = VirtualCard(
            person or new_person(),
            port=_FIRST_PORT + slot,
            network=self.network,
            present=lambda: self._present(slot),
        )
        self._cards.append(card)
        return card

    @property
    def network(self) -> Path:
        assert self._process is not None
        return Path(f"/proc/{self._process.pid}/ns/net")

    def _ended(self) -> bool:
        assert self._process is not None
        return self._process.poll() is not None

    def _readers_known(self) -> bool:
        return len(self._states()) == 2

    def _present(self, slot: int) -> bool:
        states = self._states()
        return len(states) > slot and states[slot]

    def _states(self) -> list[bool]:
        try:
            context = Library().connect()
        except PcscGone:
            return []
        try:
            readers = sorted(context.readers(), key=lambda reader: reader.name)
            return [reader.presence[1] for reader in readers]
        except PcscGone:
            return []
        finally:
            context.close()


def _require() -> None:
    if sys.platform != "linux":
        raise Unavailable("the virtual card needs Linux")
    for tool in "pcscd", "unshare", "ip", "mount":
        if shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None:
            raise Unavailable(f"{tool} is not installed")
    for file in _DRIVER, OPENSC:
        if not file.exists():
            raise Unavailable(f"{file} is missing (apt-get install vsmartcard-vpcd opensc-pkcs11)")
    if os.geteuid():
        raise Unavailable("namespaces for pcscd need root")
    tried = subprocess.run(
        ("unshare", "--net", "--mount", "true"), capture_output=True, text=True, check=False
    )
    if tried.returncode:
        raise Unavailable(f"unshare is not permitted: {tried.stderr.strip()}")
