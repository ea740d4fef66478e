"""The ports of the demo world. They stand in certificates and bookmarks: chosen once, then kept."""

import errno
import random
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from webui.sandbox.ca.ledger import replace

#: Below the ephemeral ports of every system, where another program's connection might sit.
FIRST_PORT: Final = 8621
_LAST: Final = 8799
#: Below the ephemeral ones too: what the system chose, it may have given away by the next start.
_ANY: Final = range(22_000, 27_000)


class PortTakenError(Exception):
    """A port of this world is in use; the message says which and what to do."""


def chosen(path: Path, names: Iterable[str], *, first: int = FIRST_PORT) -> dict[str, int]:
    """Port by name, kept in `path`; names that are new there get free ports.

    `first=0` takes any: for tests, which may run beside each other.
    """
    ports: dict[str, int] = {}
    if path.exists():
        ports = msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    before = dict(ports)
    for name in names:
        if name not in ports:
            ports[name] = _free(first, set(ports.values()))
    if ports != before:
        replace(path, msgspec.json.format(msgspec.json.encode(ports)), mode=0o644)
    return ports


def taken(name: str, port: int, path: Path) -> PortTakenError:
    return PortTakenError(
        f"Cổng {port} ({name}) đang được chương trình khác dùng. Hãy đóng chương trình đó; hoặc "
        f"xóa thư mục dữ liệu thử nghiệm {path.parent} để tạo lại từ đầu với cổng khác.\n"
        f"Port {port} ({name}) is in use by another program. Close it; or delete the demo data "
        f"folder {path.parent} to start afresh on other ports."
    )


def is_taken(error: OSError) -> bool:
    return error.errno in {errno.EADDRINUSE, errno.EACCES}


def _free(first: int, others: set[int]) -> int:
    candidates = random.sample(_ANY, 100) if first == 0 else range(first, _LAST + 1)
    for candidate in candidates:
        if candidate in others:
            continue
        try:
            with socket.create_server(("127.0.0.1", candidate)) as server:
                return int(server.getsockname()[1])
        except OSError:
            continue
    raise PortTakenError(f"no free port between {first} and {_LAST}")
