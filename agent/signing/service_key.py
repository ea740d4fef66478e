"""A key in a signing service: PIN, one-time password, phone, as the service asks for them.

The session with the service lasts from before the question, to know what will be asked, until the
end. It learns the PIN with the first documents and remembers it; a one-time password or the phone
authorises the documents at hand, and is asked for again with the next ones.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field

from agent.consent.prompts import Approval, SignDialog
from agent.errors import ServiceError, UserError
from agent.hsm.api import ServiceKey, ToSign
from agent.keys import Confirmation, Mechanism, OtpKind, PinState, ServiceCertificate
from agent.pin import Pin, erase
from agent.signing.desk import Desk, Errand
from agent.signing.sitting import NotAccepted
from agent.signing.verified import checker
from agent.signing.window import Window
from protocol.messages import Stage


@asynccontextmanager
async def service_key(
    desk: Desk, errand: Errand, certificate: ServiceCertificate
) -> AsyncIterator["KeyInService"]:
    """Raises UserError certificate_not_found, secrets_unavailable, account_*; ServiceError."""
    await errand.progress(Stage.WAITING_FOR_SERVICE)
    async with desk.services.open(certificate.id) as session:
        key = KeyInService(errand=errand, certificate=certificate, session=session)
        try:
            yield key
        finally:
            key.forget_pin()


class _WrongServicePin(NotAccepted):
    async def say(self, dialog: SignDialog) -> None:
        await dialog.service_pin_rejected()


@dataclass(slots=True, kw_only=True)
class KeyInService:
    errand: Errand
    certificate: ServiceCertificate
    session: ServiceKey
    pin: PinState = field(default_factory=PinState)
    abreast: int = 1  # one question to the user at a time
    _typed: Pin | None = field(default=None, init=False)  # until the service is told
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    @property
    def confirmation(self) -> Confirmation:
        return self.session.confirmation

    @property
    def at_once(self) -> int:
        return self.session.at_once

    def shown_in(self, dialog: SignDialog) -> AbstractAsyncContextManager[None]:
        del dialog
        return nullcontext()

    async def unlock(self, window: Window, approval: Approval) -> None:
        """The service judges the PIN with the first documents, not before."""
        del window
        self.forget_pin()
        if approval.pin is not None:
            self._typed = Pin(approval.pin.consume())

    def forget_pin(self) -> None:
        erase(self._typed)
        self._typed = None

    async def sign(
        self, window: Window | None, items: Sequence[ToSign], mechanism: Mechanism
    ) -> tuple[bytes, ...]:
        async with self._one_at_a_time:
            return await self._authorised(window, items, mechanism)

    async def _authorised(
        self, window: Window | None, items: Sequence[ToSign], mechanism: Mechanism
    ) -> tuple[bytes, ...]:
        otp_rejected = False
        while True:
            otp = await self._otp(window, rejected=otp_rejected)
            pin, self._typed = self._typed, None  # from here on the session knows it
            try:
                return await self._sign(window, items, mechanism, pin=pin, otp=otp)
            except UserError as error:
                match error.code:
                    case "service_pin_incorrect":
                        raise _WrongServicePin from error
                    case "otp_incorrect":
                        otp_rejected = True
                    case _:
                        raise
            finally:
                erase(pin, otp)

    async def _otp(self, window: Window | None, *, rejected: bool) -> Pin | None:
        """A one-time password that was refused may be used up or too old: a new one is sent."""
        kind = self.confirmation.otp
        if kind is None:
            return None
        if window is None:
            raise self._needs_its_user()
        if kind is OtpKind.SENT:
            await self.errand.progress(Stage.WAITING_FOR_SERVICE)
            await window.dialog.working(Stage.WAITING_FOR_SERVICE)
            await self.session.send_otp()
        await self.errand.progress(Stage.WAITING_FOR_CONFIRMATION)
        return await window.otp(rejected=rejected)

    async def _sign(
        self,
        window: Window | None,
        items: Sequence[ToSign],
        mechanism: Mechanism,
        *,
        pin: Pin | None,
        otp: Pin | None,
    ) -> tuple[bytes, ...]:
        async def on_wait(seconds: float) -> None:
            if window is None:
                raise self._needs_its_user()
            await self.errand.progress(Stage.WAITING_FOR_CONFIRMATION)
            await window.dialog.phone(seconds=seconds)

        await self.errand.progress(Stage.SIGNING)
        if window is not None:
            await window.dialog.working(Stage.WAITING_FOR_SERVICE)
        signatures = await self.session.sign(items, mechanism, pin=pin, otp=otp, on_wait=on_wait)
        if not await asyncio.to_thread(self._are_its_own, signatures, items, mechanism):
            raise ServiceError("service_wrong_signature", host=self.certificate.service.host)
        return signatures

    def _needs_its_user(self) -> UserError:
        """For each authorisation, and there is no window any more."""
        return UserError("service_batch", host=self.certificate.service.host)

    def _are_its_own(
        self, signatures: tuple[bytes, ...], items: Sequence[ToSign], mechanism: Mechanism
    ) -> bool:
        """A service is a stranger: a signature by another key, or over something else, or none, is
        its fault.
        """
        is_its = checker(self.certificate.der, mechanism)
        return len(signatures) == len(items) and all(
            is_its(signature, item.digest)
            for signature, item in zip(signatures, items, strict=True)
        )
