"""A PostgreSQL of the tests' own: a temporary cluster on a Unix socket, gone afterwards.

`initdb` refuses to run as root, so there it runs as the user `postgres` that the package makes.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest


def binaries() -> Path | None:
    """The folder of the newest server that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


@contextmanager
def cluster() -> Iterator[str]:
    """Yields the URL of its `postgres` database. Skips without a server, except in CI."""
    folder = binaries()
    if folder is None:
        if os.environ.get("CI"):
            pytest.fail("no PostgreSQL server is installed (apt install postgresql)")
        pytest.skip("no PostgreSQL server is installed (apt install postgresql)")
    home = Path(tempfile.mkdtemp(prefix="kyso-pg-"))
    data, user = home / "data", _server_user()
    try:
        if user:
            shutil.chown(home, user, user)
        _run(user, folder / "initdb", "-D", data, "-A", "trust", "-U", "kyso", "-E", "UTF8", "-N")
        options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off"
        log = home / "log"
        _run(user, folder / "pg_ctl", "-D", data, "-w", "-l", log, "-o", options, "start")
        try:
            yield f"postgresql://kyso@/postgres?host={home}"
        finally:
            _run(user, folder / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def fresh_database(server: str) -> AsyncIterator[str]:
    """A database of its own on a running cluster; its URL as `DATABASE_URL` would have it."""
    name = f"t{uuid4().hex}"
    admin = await asyncpg.connect(server)
    try:
        await admin.execute(f"CREATE DATABASE {name}")
        yield server.replace("/postgres?", f"/{name}?")
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


def _version(initdb: Path) -> int:
    name = initdb.parent.parent.name
    return int(name) if name.isdigit() else 0


def _server_user() -> str | None:
    return "postgres" if hasattr(os, "geteuid") and os.geteuid() == 0 else None


def _run(user: str | None, *command: str | Path) -> None:
    prefix = ["runuser", "-u", user, "--"] if user else []
    subprocess.run(
        [*prefix, *map(str, command)], check=True, capture_output=True, cwd="/", timeout=60
    )
