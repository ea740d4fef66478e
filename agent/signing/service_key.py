"""A key in a signing service: PIN, one-time password, phone, as the service asks for them.

The session with the service lasts from before the question, to know what will be asked, until the
end: it remembers a PIN that was right while the one-time password is typed again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field

from agent.consent.prompts import Approval, SignDialog
from agent.errors import ServiceError, UserError
from agent.hsm.api import ServiceKey, ToSign
from agent.keys import Confirmation, Mechanism, OtpKind, PinState, ServiceCertificate
from agent.pin import Pin, erase
from agent.signing.desk import Desk, Errand
from agent.signing.verified import is_by
from agent.signing.waiting import unless_refused
from protocol.messages import Stage


@asynccontextmanager
async def service_key(
    desk: Desk, errand: Errand, certificate: ServiceCertificate
) -> AsyncIterator["KeyInService"]:
    """Raises UserError certificate_not_found, secrets_unavailable, account_*; ServiceError."""
    await errand.progress(Stage.WAITING_FOR_SERVICE)
    async with desk.services.open(certificate.id) as session:
        yield KeyInService(errand=errand, certificate=certificate, session=session)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInService:
    errand: Errand
    certificate: ServiceCertificate
    session: ServiceKey
    pin: PinState = field(default_factory=PinState)

    @property
    def confirmation(self) -> Confirmation:
        return self.session.confirmation

    def shown_in(self, dialog: SignDialog) -> AbstractAsyncContextManager[None]:
        del dialog
        return nullcontext()

    async def sign(
        self, dialog: SignDialog, approval: Approval, item: ToSign, mechanism: Mechanism
    ) -> bytes | None:
        pin, otp_rejected = approval.pin, False
        while True:
            otp = await self._otp(dialog, rejected=otp_rejected)
            try:
                signing = self._sign(dialog, item, mechanism, pin=pin, otp=otp)
                return await unless_refused(dialog, signing)
            except UserError as error:
                match error.code:
                    case "service_pin_incorrect":
                        await dialog.service_pin_rejected()
                        return None
                    case "otp_incorrect":
                        pin, otp_rejected = None, True  # the session knows the PIN
                    case _:
                        raise
            finally:
                erase(otp)

    async def _otp(self, dialog: SignDialog, *, rejected: bool) -> Pin | None:
        """A one-time password that was refused may be used up or too old: a new one is sent."""
        kind = self.confirmation.otp
        if kind is None:
            return None
        if kind is OtpKind.SENT:
            await self.errand.progress(Stage.WAITING_FOR_SERVICE)
            await dialog.working(Stage.WAITING_FOR_SERVICE)
            await unless_refused(dialog, self.session.send_otp())
        await self.errand.progress(Stage.WAITING_FOR_CONFIRMATION)
        return await dialog.otp(rejected=rejected)

    async def _sign(
        self,
        dialog: SignDialog,
        item: ToSign,
        mechanism: Mechanism,
        *,
        pin: Pin | None,
        otp: Pin | None,
    ) -> bytes:
        async def on_wait(seconds: float) -> None:
            await self.errand.progress(Stage.WAITING_FOR_CONFIRMATION)
            await dialog.phone(seconds=seconds)

        await self.errand.progress(Stage.SIGNING)
        await dialog.working(Stage.WAITING_FOR_SERVICE)
        signatures = await self.session.sign((item,), mechanism, pin=pin, otp=otp, on_wait=on_wait)
        # A service is a stranger: a signature by another key, or over something else, is its fault.
        match signatures:
            case (signature,) if await asyncio.to_thread(
                is_by, self.certificate.der, signature, item.digest, mechanism
            ):
                return signature
            case _:
                raise ServiceError("service_wrong_signature", host=self.certificate.service.host)
