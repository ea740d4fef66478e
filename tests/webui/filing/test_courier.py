import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

from tests.support.waiting import eventually
from tests.webui.world import (
    FakeClock,
    StagedGateway,
    added,
    authority,
    new_office,
    receipt_for,
    registered,
    submitted,
)
from webui.bhxh.gateway import NotDelivered
from webui.config import Delivery
from webui.filing import archive, courier
from webui.filing.office import utc_now
from webui.store import dossiers, outbox

QUICK = Delivery(
    first_retry_seconds=0.05,
    longest_retry_seconds=0.2,
    receipt_first_seconds=0.05,
    receipt_longest_seconds=0.2,
    idle_seconds=0.2,
    lease_seconds=1.0,
)


@asynccontextmanager
async def at_work(*offices):
    tasks = [asyncio.create_task(courier.run(office)) for office in offices]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def states(office, unit_id):
    async with office.database.reading() as tx:
        return {row.state for row in (await dossiers.search(tx, unit_id, limit=99))[0]}


async def test_a_dossier_goes_all_the_way_by_itself(database):
    gateway = StagedGateway(answers=[NotDelivered(why="x")])
    office = new_office(database, gateway=gateway, clock=utc_now, delivery=QUICK)
    unit = await registered(office)
    row = await added(office, unit)
    async with at_work(office):
        dossier = await submitted(office, unit, row)
        gateway.receipts[dossier.id] = receipt_for(dossier.id)
        await eventually(lambda: _is(office, unit.id, {"chap-nhan"}), "acceptance")

    assert len(gateway.held[dossier.id]) == 1


async def _is(office, unit_id, wanted):
    return await states(office, unit_id) == wanted


async def test_several_backends_on_one_database_send_each_dossier_once(database):
    gateway = StagedGateway()
    offices = [
        new_office(database, gateway=gateway, clock=utc_now, delivery=QUICK) for _ in range(3)
    ]
    unit = await registered(offices[0])
    for n in range(12):
        holder = authority().issue(f"ĐƠN VỊ {n % 2}")
        row = await added(offices[0], unit, holder)
        await submitted(offices[0], unit, row, holder)
    async with at_work(*offices):
        await eventually(lambda: _is(offices[0], unit.id, {"da-nhan"}), "all received")

    assert len(gateway.held) == 12
    assert {len(arrivals) for arrivals in gateway.held.values()} == {1}


async def test_a_step_that_fails_by_a_bug_does_not_stop_the_others(sqlite, caplog):
    gateway = StagedGateway()
    office = new_office(sqlite, gateway=gateway, clock=utc_now, delivery=QUICK)
    unit = await registered(office)
    poison, healthy = [
        await submitted(office, unit, await added(office, unit, holder), holder)
        for holder in (authority().issue("MỘT"), authority().issue("HAI"))
    ]

    def explode():
        raise ValueError("a bug")

    gateway.answers = [explode]
    async with at_work(office):
        await eventually(lambda: _is(office, unit.id, {"da-nhan"}), "both received")

    assert "a bug" in caplog.text
    assert set(gateway.held) == {poison.id, healthy.id}
    assert {len(arrivals) for arrivals in gateway.held.values()} == {1}


async def test_a_courier_that_is_called_comes_at_once(sqlite):
    gateway = StagedGateway()
    patient = replace(QUICK, idle_seconds=600.0)
    office = new_office(sqlite, gateway=gateway, clock=utc_now, delivery=patient)
    unit = await registered(office)
    row = await added(office, unit)
    async with at_work(office):
        await asyncio.sleep(0)
        dossier = await submitted(office, unit, row)
        await eventually(lambda: dossier.id in gateway.held, "sending", seconds=5)


async def test_an_idle_courier_sleeps_till_the_next_is_due(sqlite, clock: FakeClock):
    office = new_office(sqlite, clock=clock, delivery=replace(QUICK, idle_seconds=50.0))
    assert await courier._pause(office) == 50.0
    unit = await registered(office)
    dossier = await submitted(office, unit, await added(office, unit))
    async with sqlite.writing() as tx:
        await outbox.hasten(tx, dossier.id, now=clock())
    clock.forward(seconds=-7)

    assert await courier._pause(office) == 7.0


async def test_send_now_of_anothers_dossier_is_unknown(office):
    import pytest

    from tests.webui.world import OTHER
    from webui.errors import Refused

    unit, other = await registered(office), await registered(office, OTHER)
    dossier = await submitted(office, unit, await added(office, unit))
    with pytest.raises(Refused, match="dossier_unknown"):
        await archive.send_now(office, other.id, dossier.id)
    with pytest.raises(Refused, match="dossier_unknown"):
        await archive.whole(office, other.id, dossier.id)
    with pytest.raises(Refused, match="dossier_unknown"):
        await archive.receipt(office, other.id, dossier.id, 1)
    with pytest.raises(Refused, match="receipt_unknown"):
        await archive.receipt(office, unit.id, dossier.id, 1)
