"""The background: takes due rows from the outbox under a lease and does one step for each.

It knows nothing that is not in the database, so it goes on where a killed one stopped. A step that
fails by a bug is logged and left: its lease lapses, and the dossier is tried again then.
"""

import asyncio
import logging
from datetime import timedelta
from uuid import uuid4

from webui.filing import housekeeping
from webui.filing.deliver import deliver
from webui.filing.office import Office
from webui.filing.receive import receive
from webui.filing.states import DECIDED, DossierState
from webui.store import dossiers, outbox
from webui.store.records import OutboxRow

log = logging.getLogger(__name__)


async def run(office: Office) -> None:
    """Until cancelled."""
    owner = uuid4().hex
    room = asyncio.Semaphore(office.delivery.parallel)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(housekeeping.run(office))
        while True:
            await room.acquire()
            try:
                row = await _lease(office, owner)
            except Exception:
                # The database is away for the moment (PostgreSQL restarts): so is the work.
                log.exception("the outbox cannot be read")
                row = None
            if row is None:
                room.release()
                await office.bell.wait_for_work(await _pause(office))
            else:
                tasks.create_task(_step(office, row, owner, room))


async def step(office: Office, row: OutboxRow, owner: str) -> None:
    async with office.database.reading() as tx:
        dossier = await dossiers.get(tx, row.dossier_id)
    if dossier.state in DECIDED:
        async with office.database.writing() as tx:
            await outbox.remove(tx, dossier.id)
    elif dossier.state == DossierState.RECEIVED:
        await receive(office, dossier, owner=owner, attempts=row.attempts)
    else:
        await deliver(office, dossier, owner=owner, attempts=row.attempts)


async def _step(office: Office, row: OutboxRow, owner: str, room: asyncio.Semaphore) -> None:
    try:
        await step(office, row, owner)
    except Exception:
        log.exception("dossier %s: the step failed; it is tried again later", row.dossier_id)
    finally:
        room.release()


async def _lease(office: Office, owner: str) -> OutboxRow | None:
    now = office.clock()
    lasting = timedelta(seconds=office.delivery.lease_seconds)
    # Looked at without the writers' lock first: an idle courier must not keep writers waiting.
    async with office.database.reading() as tx:
        if not await outbox.is_due(tx, now=now):
            return None
    async with office.database.writing() as tx:
        return await outbox.lease_next(tx, owner=owner, now=now, lasting=lasting)


async def _pause(office: Office) -> float:
    """Until the next row is due, and not so long that another backend's leavings lie about."""
    idle = office.delivery.idle_seconds
    try:
        async with office.database.reading() as tx:
            due = await outbox.next_due(tx)
    except Exception:
        log.exception("the outbox cannot be read")
        return idle
    if due is None:
        return idle
    return min(idle, max(0.01, (due - office.clock()).total_seconds()))
