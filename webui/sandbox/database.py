"""The sandbox's memory: one SQLite file for what BHXH holds and what the mailbox received."""

import asyncio
import sqlite3
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Self


class Database:
    """Statements run one after another on a thread of their own.

    Each is a transaction, unless several are done `together`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sandbox-database")
        self._connection: sqlite3.Connection | None = None

    async def open(self, schema: Iterable[str]) -> Self:
        await self._run(self._open, "".join(schema))
        return self

    async def close(self) -> None:
        with suppress(sqlite3.ProgrammingError):
            await self._run(self._close)
        self._thread.shutdown(wait=True)

    async def rows(self, statement: str, /, **values: Any) -> list[Mapping[str, Any]]:
        """All rows of a statement, which may write and return them too."""
        found: list[Mapping[str, Any]] = await self._run(self._rows, statement, values)
        return found

    async def row(self, statement: str, /, **values: Any) -> Mapping[str, Any] | None:
        found = await self.rows(statement, **values)
        return found[0] if found else None

    async def together(self, *statements: tuple[str, Mapping[str, Any]]) -> None:
        """All of them or none."""
        await self._run(self._together, statements)

    async def _run(self, function: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)

    def _open(self, schema: str) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        connection.row_factory = sqlite3.Row
        # FULL: what was acknowledged must survive the power cut that follows.
        connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + schema)
        self._connection = connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _together(self, statements: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        assert self._connection is not None, "opened before use"
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for statement, values in statements:
                self._connection.execute(statement, values)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _rows(self, statement: str, values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        assert self._connection is not None, "opened before use"
        return [dict(row) for row in self._connection.execute(statement, values)]
