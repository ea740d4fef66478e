"""What time alone changes: old sessions end, forgotten drafts go, certificates are judged anew."""

import asyncio
import logging
from datetime import timedelta
from typing import Final

from webui.filing import sessions as lifetimes
from webui.filing.login import WINDOW
from webui.filing.office import Office
from webui.filing.states import CertificateState
from webui.store import attempts, certificates, drafts, history, sessions

log = logging.getLogger(__name__)

_EVERY_SECONDS: Final = 300.0
#: A dialog left open longer than this starts again.
_DRAFT_LIVES: Final = timedelta(days=1)
#: Revocation shown on the screen is at most this old.
_JUDGE_AGAIN: Final = timedelta(hours=6)
_SOME: Final = 20
_STILL_MATTERS: Final = (
    CertificateState.NOT_SENT,
    CertificateState.PENDING,
    CertificateState.IN_USE,
    CertificateState.REFUSED,
)


async def run(office: Office) -> None:
    """Until cancelled."""
    while True:
        try:
            await tidy(office)
            await judge_again(office)
        except Exception:
            log.exception("housekeeping failed; it is tried again later")
        await asyncio.sleep(_EVERY_SECONDS)


async def tidy(office: Office) -> None:
    now = office.clock()
    async with office.database.writing() as tx:
        await sessions.forget_old(tx, now=now, created_before=now - lifetimes.WHOLE)
        await attempts.forget_old(tx, before=now - WINDOW)
        await drafts.forget_old(tx, before=now - _DRAFT_LIVES)


async def judge_again(office: Office) -> None:
    now = office.clock()
    async with office.database.reading() as tx:
        old = await certificates.judged_before(
            tx, now - _JUDGE_AGAIN, states=_STILL_MATTERS, limit=_SOME
        )
    for row in old:
        judgement = await office.judge.judge(row.der, now=now)
        changed = (judgement.chain, judgement.revocation) != (row.chain, row.revocation)
        async with office.database.writing() as tx:
            await certificates.set_judgement(
                tx, row.id, chain=judgement.chain, revocation=judgement.revocation, now=now
            )
            if changed:
                await history.add(
                    tx, unit_id=row.unit_id, event="certificate_judged", at=now, words=row.sha256
                )
        if changed:
            office.bell.ring(row.unit_id)
