"""Whatever the way to BHXH does, and whenever the courier dies: one dossier there, one here."""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.webui.filing.test_deliver import Story
from tests.webui.world import (
    FakeClock,
    StagedGateway,
    added,
    new_office,
    receipt_for,
    registered,
    submitted,
)
from webui.bhxh.gateway import NotDecided, NotDelivered, Unknown
from webui.filing.states import DECIDED
from webui.store import dossiers
from webui.store.database import open_database

LOST = Unknown(why="time-out")
BAD_RECEIPT = b"<BHXH/>"


class Killed(BaseException):
    """The process is gone: nothing after this point runs."""


@dataclass
class FatefulGateway(StagedGateway):
    """BHXH, reached by a way that does what `fate` says, one word for each use of it."""

    fate: list[str] = field(default_factory=list)

    def next_fate(self) -> str:
        return self.fate.pop(0) if self.fate else "fine"

    async def send(self, document, key):
        match self.next_fate():
            case "killed before":
                raise Killed
            case "killed after":
                self.take(document, key)
                raise Killed
            case "lost before":
                return LOST
            case "lost after":
                self.take(document, key)
                return LOST
            case "away":
                return NotDelivered(why="away")
            case _:
                return self.take(document, key)

    async def ask(self, key):
        match self.next_fate():
            case "killed before" | "killed after":
                raise Killed
            case "lost before" | "lost after" | "away":
                return LOST
            case _:
                return await super().ask(key)

    async def receipt(self, key):
        match self.next_fate():
            case "killed before" | "killed after":
                raise Killed
            case "lost before" | "lost after":
                return LOST
            case "away":
                return NotDecided()
            case "bad receipt":
                return replace(await super().receipt(key), document=BAD_RECEIPT)
            case _:
                return await super().receipt(key)


FATES = st.lists(
    st.sampled_from(
        [
            "fine",
            "killed before",
            "killed after",
            "lost before",
            "lost after",
            "away",
            "bad receipt",
        ]
    ),
    max_size=14,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(fate=FATES, accepted=st.booleans())
def test_one_dossier_there_and_one_here(fate, accepted):
    asyncio.run(_tell(_template(), fate, accepted=accepted))


async def _tell(template, fate, *, accepted):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(template, Path(folder) / "kyso.db")
        database = open_database(f"sqlite+aiosqlite:///{folder}/kyso.db")
        try:
            await _story(database, fate, accepted=accepted)
        finally:
            await database.close()


async def _story(database, fate, *, accepted):
    clock = FakeClock(datetime.now(UTC).replace(microsecond=0))
    gateway = FatefulGateway(fate=list(fate))
    office = new_office(database, gateway=gateway, clock=clock)
    unit = await registered(office)
    story = Story(office, await submitted(office, unit, await added(office, unit)))
    key = story.dossier.id
    gateway.receipts[key] = receipt_for(key, result="1" if accepted else "0")
    for life in range(200):
        try:
            busy = await story.step(f"life {life}")
        except Killed:
            busy = False
        assert len(gateway.held.get(key, [])) <= 1
        if await story.state() in DECIDED:
            break
        clock.forward(seconds=0 if busy else 61)

    async with database.reading() as tx:
        rows, total = await dossiers.search(tx, unit.id)
    assert (total, rows[0].state) == (1, "chap-nhan" if accepted else "tu-choi")
    assert gateway.held == {key: [story.dossier.document]}
    events = await story.events()
    assert events.count("acknowledged") == 1
    assert events.count("accepted") + events.count("refused") == 1


@cache
def _template() -> Path:
    """A migrated, empty database to copy."""
    path = Path(tempfile.mkdtemp(prefix="kyso-template-")) / "kyso.db"

    async def make():
        database = open_database(f"sqlite+aiosqlite:///{path}")
        await database.migrate()
        await database.close()

    asyncio.run(make())
    return path
