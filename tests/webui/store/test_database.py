import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

import webui.store.migrations
from tests.webui.store.rows import NOW, unit
from webui.store import dossiers, outbox, units
from webui.store.database import migrate, open_database
from webui.store.migrations import HEAD
from webui.store.tables import metadata


async def test_the_migrations_make_exactly_the_tables_of_the_code(database):
    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection), metadata)

    async with database.reading() as tx:
        assert await tx.run_sync(differences) == []


def test_the_last_step_is_the_one_the_program_looks_for():
    folder = Path(webui.store.migrations.__file__).parent

    assert ScriptDirectory(folder).get_current_head() == HEAD


async def test_migrating_twice_and_at_once_does_no_harm(database, database_url):
    from dataclasses import replace

    from webui.config import Settings

    url = replace(Settings(), database_url=database_url).database
    await asyncio.gather(migrate(url), migrate(url), database.migrate())

    async with database.writing() as tx:
        assert await unit(tx)


async def test_an_exception_rolls_everything_back(database):
    async def fail_after_writing():
        async with database.writing() as tx:
            await unit(tx)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_writing()

    async with database.reading() as tx:
        assert await units.by_mst(tx, "0101300842") is None


async def test_a_cancelled_transaction_leaves_nothing(database):
    begun = asyncio.Event()

    async def hold():
        async with database.writing() as tx:
            await unit(tx)
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async with database.writing() as tx:
        assert await unit(tx)


async def test_writers_queue_instead_of_failing(database):
    async with database.writing() as tx:
        unit_id = await unit(tx)

    async def add_one():
        async with database.writing() as tx:
            row = await units.get(tx, unit_id)
            await asyncio.sleep(0)
            await units.change(tx, unit_id, dia_chi=row.dia_chi)

    await asyncio.gather(*(add_one() for _ in range(20)))


async def test_a_reader_is_not_held_up_by_a_writer(database):
    async with database.writing() as writer:
        await unit(writer)
        async with asyncio.timeout(5), database.reading() as reader:
            assert await units.by_mst(reader, "0101300842") is None


async def test_foreign_keys_are_kept(database):
    async def queue_what_is_not_there():
        async with database.writing() as tx:
            await outbox.add(tx, dossier_id="x", due_at=NOW)

    with pytest.raises(IntegrityError):
        await queue_what_is_not_there()


async def test_times_come_back_as_utc(database):
    async with database.writing() as tx:
        row = await units.get(tx, await unit(tx))

    assert row.created_at == NOW
    assert row.created_at.utcoffset().total_seconds() == 0


async def test_sqlite_is_durable_when_it_says_so(tmp_path):
    opened = open_database(f"sqlite+aiosqlite:///{tmp_path / 'deep' / 'kyso.db'}")
    try:
        async with opened.reading() as tx:
            pragmas = {
                name: (await tx.execute(text(f"PRAGMA {name}"))).scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            }
    finally:
        await opened.close()

    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


async def test_nothing_of_a_dossier_is_deleted_by_any_statement_of_the_store():
    """Signed bytes outlive everything: the module offers no way to remove them."""
    assert not [name for name in dir(dossiers) if name in {"remove", "delete", "forget_old"}]
