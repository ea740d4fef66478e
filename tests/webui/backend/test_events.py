import asyncio
import json
from contextlib import asynccontextmanager

from tests.webui.backend.browser import opened
from tests.webui.backend.test_filing_api import add, submit
from webui.backend.routes import events
from webui.filing import profile
from webui.store import history, units


@asynccontextmanager
async def listening(page, **headers):
    async with page.client.get(
        "/api/events", headers={"Sec-Fetch-Site": "same-origin", **headers}
    ) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        yield response.content


async def heard(stream) -> tuple[str | None, dict]:
    """The next event that is no ping: its number and what it says."""
    number = None
    async with asyncio.timeout(20):
        while True:
            line = (await stream.readline()).decode().strip()
            if line.startswith("id: "):
                number = line[4:]
            elif line.startswith("data: "):
                event = json.loads(line[6:])
                if event["type"] != "ping":
                    return number, event


async def test_what_changes_is_told_at_once(office):
    async with opened(office) as page:
        await page.registered()
        async with listening(page) as stream:
            await add(page)
            assert (await heard(stream))[1] == {"type": "certificates", "id": None}
            dossier, _ = await submit(page)
            assert (await heard(stream))[1] == {"type": "dossier", "id": dossier["id"]}


async def test_a_page_that_comes_back_misses_nothing(office):
    async with opened(office) as page:
        await page.registered()
        async with listening(page) as stream:
            await add(page)
            number, _ = await heard(stream)
        dossier, _ = await submit(page)
        async with listening(page, **{"Last-Event-ID": number}) as stream:
            assert (await heard(stream))[1] == {"type": "dossier", "id": dossier["id"]}


async def test_a_senseless_last_event_id_is_ignored(office):
    async with opened(office) as page:
        await page.registered()
        for number in ("x", "9" * 400, "-1", "٣"):
            async with listening(page, **{"Last-Event-ID": number}) as stream:
                assert await stream.readline() == b"retry: 2000\n"


async def test_changes_by_another_backend_are_found_by_looking(office, monkeypatch):
    from webui.backend.routes import events

    monkeypatch.setattr(events, "_LOOK_SECONDS", 0.05)
    async with opened(office) as page:
        unit = await page.registered()
        async with office.database.reading() as tx:
            unit_id = (await units.by_mst(tx, unit["mst"])).id
        async with listening(page) as stream:
            async with office.database.writing() as tx:
                await history.add(tx, unit_id=unit_id, event="profile_changed", at=office.clock())
            assert (await heard(stream))[1]["type"] == "unit"


async def test_the_stream_ends_with_the_session_and_with_the_server(office):
    async with opened(office) as page:
        unit = await page.registered()
        async with listening(page) as stream:
            await page.post("/api/logout")
            async with office.database.reading() as tx:
                unit_id = (await units.by_mst(tx, unit["mst"])).id
            office.bell.ring(unit_id)
            async with asyncio.timeout(10):
                await stream.read()
        await page.post("/api/login", {"mst": unit["mst"], "password": "mật khẩu dài"})
        async with listening(page) as stream:
            async with asyncio.timeout(10):
                await page.client.server.app.shutdown()
                await stream.read()


async def test_one_units_events_are_not_anothers(office):
    async with opened(office) as page:
        await page.registered()
        async with office.database.reading() as tx:
            first = await units.by_mst(tx, "0101300842")
        await page.post("/api/logout")
        await page.registered(mst="0100233488")
        async with listening(page) as stream:
            await profile.change(
                office,
                first.id,
                profile.Profile(**{n: getattr(first, n) for n in profile.Profile.__slots__}),
            )
            await add_one_of_mine(page)
            assert (await heard(stream))[1]["type"] == "certificates"


async def test_one_unit_cannot_take_all_the_streams(office, monkeypatch):
    monkeypatch.setattr(events, "_MAX_STREAMS_OF_UNIT", 1)
    async with opened(office) as page:
        await page.registered()
        async with listening(page):
            answer = await page.get("/api/events")
            assert (answer.status, answer.body["error"]["code"]) == (503, "too_many_streams")
            await page.post("/api/logout")
            await page.registered(mst="0100233488")
            async with listening(page):
                pass


async def add_one_of_mine(page):
    from tests.webui.world import authority

    await add(page, authority().issue("ĐƠN VỊ KHÁC", mst="0100233488"))
