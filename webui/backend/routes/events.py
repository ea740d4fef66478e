"""Server-sent events: what changed, so that no screen is stale.

Events come from the history table and carry its numbers as their ids. A page that reconnects says
the last one it saw (Last-Event-ID) and misses nothing; changes made by another backend on the same
database are found by looking every few seconds.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

import msgspec
from aiohttp import web

from webui.backend.context import office, signed_in, unit
from webui.backend.messages import Event
from webui.errors import Refused
from webui.filing.office import Office
from webui.store import history
from webui.store.records import EventRow

#: How often to look without being woken, and to prove the connection alive.
_LOOK_SECONDS: Final = 5.0
_MAX_STREAMS: Final = 200
#: Of one unit, so that it cannot take all. (A browser opens six to one host.)
_MAX_STREAMS_OF_UNIT: Final = 20
#: PostgreSQL may show number 8 before 7 (whose transaction commits later), so a few are re-read.
_OVERLAP: Final = 30


@dataclass(eq=False, slots=True)
class Stream:
    unit_id: int
    wake: asyncio.Event
    over: bool = False


STREAMS: Final = web.AppKey("streams", set[Stream])


async def stream(request: web.Request) -> web.StreamResponse:
    unit_id = await unit(request)
    streams = request.app[STREAMS]
    of_unit = sum(each.unit_id == unit_id for each in streams)
    if len(streams) >= _MAX_STREAMS or of_unit >= _MAX_STREAMS_OF_UNIT:
        raise Refused("too_many_streams")
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    with office(request).bell.listening(unit_id) as wake:
        this = Stream(unit_id, wake)
        streams.add(this)
        try:
            await _tell(request, response, unit_id, this)
        except ConnectionResetError:
            pass  # the page is gone, which is how these end
        finally:
            streams.discard(this)
    return response


async def end_all(app: web.Application) -> None:
    """The server stops, and does not wait for pages to go away."""
    for each in app[STREAMS]:
        each.over = True
        each.wake.set()


async def _tell(
    request: web.Request, response: web.StreamResponse, unit_id: int, this: Stream
) -> None:
    here = office(request)
    last = await _start(here, unit_id, request.headers.get("Last-Event-ID"))
    told = set(range(max(1, last - _OVERLAP), last + 1))
    await response.prepare(request)
    await response.write(b"retry: 2000\n\n")
    while not this.over:
        async with here.database.reading() as tx:
            rows = await history.after(tx, unit_id, max(0, last - _OVERLAP))
        for row in rows:
            if row.id not in told:
                told.add(row.id)
                await response.write(_line(_event(row), number=row.id))
                last = max(last, row.id)
        told = {number for number in told if number >= last - _OVERLAP}
        await _wait(this.wake)
        if await signed_in(request) != unit_id:
            return  # signed out elsewhere
        await response.write(_line(Event(type="ping")))


async def _start(here: Office, unit_id: int, last_event_id: str | None) -> int:
    async with here.database.reading() as tx:
        last = await history.last_id(tx, unit_id)
    if last_event_id and last_event_id.isascii() and last_event_id.isdigit():
        return min(last, int(last_event_id[:18]))
    return last


async def _wait(wake: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(_LOOK_SECONDS):
            await wake.wait()
    except TimeoutError:
        pass
    wake.clear()


def _event(row: EventRow) -> Event:
    if row.dossier_id is not None:
        return Event(type="dossier", id=row.dossier_id)
    return Event(type="certificates" if row.event.startswith("certificate") else "unit")


def _line(event: Event, *, number: int | None = None) -> bytes:
    name = b"" if number is None else b"id: %d\n" % number
    return name + b"data: " + msgspec.json.encode(event) + b"\n\n"
