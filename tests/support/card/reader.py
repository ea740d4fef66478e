"""A card in a virtual reader, and hands for it: insert, pull, swap, hang.

vpcd is a driver of pcscd that listens on TCP: connecting to it inserts a card, closing pulls it.
Both numbers and answers are two bytes of length and that many bytes; one byte is a control word.
"""

import ctypes
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.support.card.piv import Person, PivCard
from tests.support.waiting import wait_for

_POWER_OFF, _POWER_ON, _RESET, _ATR = 0, 1, 2, 4
_CLONE_NEWNET = 0x40000000


class VirtualCard:
    """One person's card at one of the two virtual readers (`slot` 0 or 1).

    `insert`, `remove` and `swap` return when PC/SC has noticed, unless told otherwise (it looks at
    the reader each 400 ms; a card that is out for less was never out, and dies of it). None of them
    needs an event loop, and each takes well below a second, so asynchronous tests may call them
    directly or by `asyncio.to_thread`.

        card.insert(); card.remove(); card.swap(other_person)
        card.pull_in_signature(after_seconds=0.05)   # in the middle of the next one
        card.fail_apdus(2, status=0x6F00)            # OpenSC repeats one silently
        card.hang(); card.resume(); card.seconds_per_apdu = 0.044
        card.person.tries_left = 1; card.unblock(); card.forget_login()
    """

    def __init__(
        self, person: Person, *, port: int, network: Path, present: Callable[[], bool]
    ) -> None:
        """`network` is the network namespace that vpcd listens in; `present` asks PC/SC."""
        self._card = PivCard(person)
        self._port = port
        self._network = network
        self._present = present
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._running = threading.Event()
        self._running.set()
        self._failing = 0
        self._failure = 0x6F00
        self._pull_after: float | None = None
        self.seconds_per_apdu = 0.0
        self.apdus = 0

    @property
    def person(self) -> Person:
        return self._card.person

    def insert(self, *, wait: bool = True) -> None:
        """Put the card in; `wait` until PC/SC shows it."""
        assert self._socket is None, "the card is in"
        self._card.power_on()
        connection = _connected(self._network, self._port)
        self._socket = connection
        self._thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
        self._thread.start()
        if wait:
            wait_for(self._present, "the card to be seen")

    def remove(self, *, wait: bool = True) -> None:
        """Pull the card; `wait` until PC/SC shows it gone. Nothing happens if it is out."""
        self._pull()
        if wait:
            wait_for(lambda: not self._present(), "the card to be gone")

    def swap(self, person: Person) -> None:
        """Pull this card and put in that of another person."""
        self.remove()
        self._card = PivCard(person)
        self.insert()

    def pull_in_signature(self, *, after_seconds: float) -> None:
        """The next signature starts, and so long after it the card is out."""
        self._pull_after = after_seconds

    def fail_apdus(self, count: int, *, status: int = 0x6F00) -> None:
        """Answer the next APDUs with an error of the card."""
        self._failing, self._failure = count, status

    def hang(self) -> None:
        """Stop answering; the reader waits."""
        self._running.clear()

    def resume(self) -> None:
        self._running.set()

    def unblock(self) -> None:
        """What the PUK does."""
        self.person.tries_left = 3

    def forget_login(self) -> None:
        """As after a reset by another program."""
        self._card.power_on()
        self._card.command(bytes.fromhex("00A4040005A000000308"))

    def set_deselects(self, *, on: bool) -> None:
        """Whether any program's SELECT ends everybody's login, as on many cards."""
        self._card.deselects = on

    def close(self) -> None:
        """Pull the card for good."""
        self._running.set()
        self.remove()

    def _pull(self) -> None:
        connection, self._socket = self._socket, None
        if connection is None:
            return
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._running.set()
            self._thread.join(5)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            while message := _receive(connection):
                answer = self._answer(message)
                if answer is not None:
                    connection.sendall(len(answer).to_bytes(2) + answer)

    def _answer(self, message: bytes) -> bytes | None:
        if len(message) == 1:
            if message[0] == _ATR:
                return PivCard.ATR
            self._card.power_on()
            return None
        self._running.wait()
        if self.seconds_per_apdu:
            time.sleep(self.seconds_per_apdu)
        self.apdus += 1
        if self._failing:
            self._failing -= 1
            return self._failure.to_bytes(2)
        if message[1] == 0x87 and not message[0] & 0x10 and self._pull_after is not None:
            time.sleep(self._pull_after)
            self._pull_after = None
            self._pull()
            raise OSError("pulled")
        return self._card.command(message)


def _receive(connection: socket.socket) -> bytes:
    """The next message, b"" at the end."""
    length = int.from_bytes(_exactly(connection, 2))
    return _exactly(connection, length)


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        # vpcd sends in small pieces and waits for each to be acknowledged, which without this
        # takes 40 ms; the kernel forgets the option, so it is set each time.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        part = connection.recv(size - len(data))
        if not part:
            return b""
        data += part
    return data


def _connected(network: Path, port: int) -> socket.socket:
    """A connection made in another network namespace: that of the thread that makes it counts."""
    made: list[socket.socket | OSError] = []

    def connect() -> None:
        try:
            with network.open() as namespace:
                libc = ctypes.CDLL(None, use_errno=True)
                if libc.setns(namespace.fileno(), _CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))  # noqa: TRY301
            connection = socket.create_connection(("127.0.0.1", port), timeout=5)
            connection.settimeout(None)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.append(connection)
        except OSError as error:
            made.append(error)

    thread = threading.Thread(target=connect)
    thread.start()
    thread.join()
    (result,) = made
    if isinstance(result, OSError):
        raise result
    return result
