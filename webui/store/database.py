"""Opening the database, and beginning transactions on it.

SQLite: one file, write-ahead log, synchronous=FULL (a dossier that was answered for survives the
plug being pulled), writers queue for the lock at BEGIN rather than failing at COMMIT.
PostgreSQL: by URL. The store's modules speak to both in the same words.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, event, inspect, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from webui.store.migrations import HEAD

_WRITING: Final = "kyso_writing"
#: Milliseconds a SQLite writer waits for another process's transaction.
_BUSY_MS: Final = 15_000
#: pg_advisory_lock key for migrations: several backends may start at once.
_MIGRATION_LOCK: Final = 0x6B79736F


class Database:
    """An engine with the two kinds of transaction that the use cases need."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Committed at the end, rolled back by an exception; durable when it returns."""
        connection = self._engine.connect()
        async with connection as tx:
            await tx.execution_options(**{_WRITING: True})
            async with tx.begin():
                yield tx

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        async with self._engine.connect() as tx, tx.begin():
            yield tx

    async def close(self) -> None:
        await self._engine.dispose()

    async def migrate(self) -> None:
        """Bring the schema to this program's version. Safe when several programs do it at once."""
        async with self._engine.connect() as connection:
            if await connection.run_sync(_version) == HEAD:
                return
        async with self._engine.connect() as connection:
            await connection.execution_options(**{_WRITING: True})
            async with connection.begin():
                if connection.dialect.name == "postgresql":
                    await connection.execute(
                        text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK}
                    )
                await connection.run_sync(_upgrade)


def open_database(url: str) -> Database:
    """`url` names the async driver (config.Settings.database)."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return Database(create_async_engine(parsed, pool_pre_ping=True))
    if parsed.database and parsed.database != ":memory:":
        _make_private(Path(parsed.database))
    engine = create_async_engine(parsed)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return Database(engine)


def _make_private(file: Path) -> None:
    """The user's alone, wherever the folder is; SQLite gives its side files the same rights."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.touch(mode=0o600)


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    # The driver's own transaction handling is switched off: it begins too late and of one kind.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={_BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once. Were it to read first, another's commit in between would make
    # its own first write fail, which no waiting mends.
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def migrate(url: str) -> None:
    database = open_database(url)
    try:
        await database.migrate()
    finally:
        await asyncio.shield(database.close())
