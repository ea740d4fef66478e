"""The smallest WebSocket client (RFC 6455): a benchmark is to measure the agent, not a library.

page = PlainSocket(agent.url)                # blocks; for a thread of its own
page.call("hello", versions=[1], client="Bench", native_token=…)
page.send("digests.sign", …); page.result()
"""

import os
import socket
import struct
from base64 import b64encode
from typing import Any
from urllib.parse import urlsplit

import msgspec

from protocol.version import SUBPROTOCOL

_TEXT, _PING, _PONG = 0x81, 0x89, 0x8A


class PlainSocket:
    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self._socket = socket.create_connection((where.hostname, where.port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = b""
        self._last = 0
        key = b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self._unread:
            self._more()
        head, self._unread = self._unread.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101 "), head

    def close(self) -> None:
        self._socket.close()

    def send(self, method: str, **params: object) -> None:
        self._last += 1
        message = {"jsonrpc": "2.0", "id": self._last, "method": method, "params": params}
        self._frame(_TEXT, msgspec.json.encode(message))

    def result(self) -> dict[str, Any]:
        """Of the next answer; notifications before it are passed over."""
        while True:
            answer = msgspec.json.decode(self._text())
            if "id" in answer:
                assert "result" in answer, answer
                return answer["result"]

    def call(self, method: str, **params: object) -> dict[str, Any]:
        self.send(method, **params)
        return self.result()

    def _frame(self, kind: int, payload: bytes) -> None:
        size = len(payload)
        if size < 126:
            length = bytes((0x80 | size,))
        elif size < 65536:
            length = b"\xfe" + struct.pack(">H", size)
        else:
            length = b"\xff" + struct.pack(">Q", size)
        # Masked by zeros: clients must mask, and may choose how.
        self._socket.sendall(bytes((kind,)) + length + bytes(4) + payload)

    def _text(self) -> bytes:
        while True:
            head = self._take(2)
            size = head[1]
            if size == 126:
                (size,) = struct.unpack(">H", self._take(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", self._take(8))
            payload = self._take(size)
            if head[0] == _TEXT:
                return payload
            if head[0] == _PING:
                self._frame(_PONG, payload)

    def _take(self, size: int) -> bytes:
        while len(self._unread) < size:
            self._more()
        taken, self._unread = self._unread[:size], self._unread[size:]
        return taken

    def _more(self) -> None:
        some = self._socket.recv(65536)
        if not some:
            raise EOFError("the agent has closed the connection")
        self._unread += some
