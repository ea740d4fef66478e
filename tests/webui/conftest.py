"""The office for tests: a real database, and a gateway and judge that do as they are told."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from argon2 import PasswordHasher

from tests.support.postgres import cluster, fresh_database
from tests.webui.world import FakeClock, StagedGateway, StagedJudge, new_office
from webui.config import Settings
from webui.filing import passwords
from webui.filing.office import Office
from webui.store.database import Database, open_database


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with cluster() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
async def database_url(request, tmp_path) -> AsyncIterator[str]:
    """An empty database of each kind, as `DATABASE_URL` would name it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'kyso.db'}"
        return
    async with fresh_database(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
async def database(database_url) -> AsyncIterator[Database]:
    opened = open_database(replace(Settings(), database_url=database_url).database)
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite(tmp_path) -> AsyncIterator[Database]:
    """For tests whose subject is not the storage."""
    opened = open_database(f"sqlite+aiosqlite:///{tmp_path / 'office.db'}")
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def gateway() -> StagedGateway:
    return StagedGateway()


@pytest.fixture
def judge() -> StagedJudge:
    return StagedJudge()


@pytest.fixture
def office(sqlite, gateway, judge, clock) -> Office:
    return new_office(sqlite, gateway=gateway, judge=judge, clock=clock)


@pytest.fixture
def office_on_each(database, gateway, judge, clock) -> Office:
    """For stories whose point is what the database makes of them."""
    return new_office(database, gateway=gateway, judge=judge, clock=clock)


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch) -> None:
    """Argon2 is slow on purpose; its cost is not what these tests are about."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", cheap)
