"""The clerk behind the door: decides each dossier when its time has come, and writes to the unit.

Works from the ledger alone, so a restart loses nothing. Sleeps until the next dossier is due or
somebody calls `wake`; there is no polling.
"""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from webui.bhxh.form05 import Form05
from webui.bhxh.trust import CertificateJudge
from webui.sandbox.gateway import letter, receipt, verdict
from webui.sandbox.gateway.faults import Faults
from webui.sandbox.gateway.ledger import Dossier, Ledger, form_of
from webui.sandbox.gateway.refusal import Refusal

log = logging.getLogger(__name__)

#: How soon something that could not be done (the CA or the mail server is away) is tried again.
_AGAIN: Final = timedelta(seconds=2)


class Clerk:
    def __init__(
        self,
        ledger: Ledger,
        *,
        judges: CertificateJudge,
        signer: receipt.Signer,
        smtp_port: int,
    ) -> None:
        self._ledger = ledger
        self._judges = judges
        self._signer = signer
        self._smtp_port = smtp_port
        self._awake = asyncio.Event()
        self._stopping = False
        self.faults = Faults()

    def wake(self) -> None:
        """Something arrived, or the faults changed."""
        self._awake.set()

    def stop(self) -> None:
        """Finish what is in hand and end.

        Said besides cancelling: a cancellation that arrives together with an SMTP server's answer
        is lost in asyncio.wait_for before Python 3.12, and the clerk would work on for ever.
        """
        self._stopping = True
        self.wake()

    async def run(self) -> None:
        """Until stopped or cancelled."""
        while not self._stopping:
            self._awake.clear()
            pause = await self._work()
            try:
                async with asyncio.timeout(pause):
                    await self._awake.wait()
            except TimeoutError:
                continue

    async def _work(self) -> float | None:
        """Do what is due. Returns seconds until there is more, None if nothing waits."""
        next_due: list[datetime] = []
        for dossier in await self._ledger.pending():
            if self._stopping:
                return None
            due = dossier.arrived + timedelta(seconds=self.faults.decide_after)
            if due <= datetime.now(UTC):
                due = await self._decide(dossier) or due
            if due > datetime.now(UTC):
                next_due.append(due)
        for dossier in await self._ledger.unmailed():
            if self._stopping:
                return None
            try:
                await letter.send(letter.compose(dossier, form_of(dossier)), port=self._smtp_port)
            except letter.UndeliveredError as error:
                log.warning("letter about %s waits: %s", dossier.transaction, error)
                next_due.append(datetime.now(UTC) + _AGAIN)
            else:
                await self._ledger.mailed(dossier)
        if not next_due:
            return None
        return max(0.0, (min(next_due) - datetime.now(UTC)).total_seconds())

    async def _decide(self, dossier: Dossier) -> datetime | None:
        """Decide now. Returns when to try again if that was not possible."""
        form = form_of(dossier)
        error: tuple[str, str] | None = None
        try:
            await verdict.judge(
                form, dossier.certificate, arrived=dossier.arrived, judges=self._judges
            )
        except verdict.UndecidedError:
            log.warning("%s waits: revocation cannot be learnt", dossier.transaction)
            return datetime.now(UTC) + _AGAIN
        except Refusal as refusal:
            error = (refusal.code, refusal.words)
        words = self.faults.refuse
        if words is not None and not words.at_door:
            error = (words.ma_loi, words.mo_ta)
        decided = datetime.now(UTC)
        answer = _answer(dossier, form, error=error, decided=decided)
        signed = await asyncio.to_thread(receipt.signed, answer, self._signer)
        await self._ledger.decide(
            dossier, mst=form.mst, error=error, receipt=signed, decided=decided
        )
        log.info("%s decided: %s", dossier.transaction, error or "accepted")
        return None

    async def misdirected(self, dossier: Dossier) -> bytes:
        """A true receipt, but for a dossier that nobody sent: a fault to be told to make."""
        assert dossier.decided is not None, "asked for in place of a receipt that exists"
        answer = _answer(dossier, form_of(dossier), error=dossier.error, decided=dossier.decided)
        other = replace(answer, transaction="TN20200101-999999", dossier_number="99999/2020/00000")
        return await asyncio.to_thread(receipt.signed, other, self._signer)


def _answer(
    dossier: Dossier, form: Form05, *, error: tuple[str, str] | None, decided: datetime
) -> receipt.Answer:
    return receipt.Answer(
        transaction=dossier.transaction,
        dossier_number=dossier.dossier_number(form.agency_code),
        unit_name=form.unit_name,
        unit_code=form.unit_code,
        mst=form.mst,
        agency_code=form.agency_code,
        arrived=dossier.arrived,
        decided=decided,
        error=error,
    )
