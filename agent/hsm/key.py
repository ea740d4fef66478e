"""A signing session with one key: what is asked of the user goes out, the signatures come back.

authorise ─▶ sign ─┬─▶ signatures
                   └─▶ pending ─▶ wait ─▶ poll ─┐    until the service's time is over, or ours,
                          ▲                     │    or the user does not want it any more
                          └─────────────────────┘
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from agent.errors import ServiceError, UserError
from agent.hsm.api import OnWait, ToSign
from agent.hsm.provider import Credential, Pending, Session
from agent.keys import Confirmation, Mechanism, ServiceCertificate
from agent.pin import Pin, erase, wipe

_log: Final = logging.getLogger(__name__)

#: However long a service would wait for its user, and however seldom it would be asked.
_MOST_WAIT_SECONDS: Final = 600.0
_POLL_SECONDS: Final = (0.5, 30.0)
#: Seconds that a service gets to hear that it need not go on.
_FAREWELL_SECONDS: Final = 3.0


class KeyAtService:
    """Implements `ServiceKey`."""

    def __init__(
        self, session: Session, credential: Credential, certificate: ServiceCertificate
    ) -> None:
        self._session = session
        self._credential = credential
        self._certificate = certificate
        #: Until the end of the session, while all goes well: further signatures may follow.
        self._pin: bytearray | None = None

    @property
    def certificate(self) -> ServiceCertificate:
        return self._certificate

    @property
    def confirmation(self) -> Confirmation:
        return self._credential.confirmation

    def end(self) -> None:
        """Erases what is known of the PIN."""
        if self._pin is not None:
            wipe(self._pin)
            self._pin = None

    @property
    def at_once(self) -> int:
        return max(1, self._credential.most_hashes)

    async def send_otp(self) -> None:
        await self._session.send_otp(self._credential)

    async def sign(
        self,
        items: Sequence[ToSign],
        mechanism: Mechanism,
        *,
        pin: Pin | None,
        otp: Pin | None,
        on_wait: OnWait,
    ) -> tuple[bytes, ...]:
        """More items than the service takes at once are signed in several goes, where the user's
        PIN or nothing is asked. A one-time password is good for one go: then it is service_batch.
        """
        with self._typed(pin, otp):
            if mechanism not in self._credential.mechanisms:
                raise UserError("certificate_unsuitable", reason="mechanism")
            most = self.at_once
            if len(items) > most and self.confirmation.otp is not None:
                raise UserError("service_batch", host=self._certificate.service.host)
            signatures: list[bytes] = []
            for start in range(0, len(items), most):
                group = tuple(items[start : start + most])
                signatures += await self._signed(group, mechanism, otp=otp, on_wait=on_wait)
            return tuple(signatures)

    @contextmanager
    def _typed(self, pin: Pin | None, otp: Pin | None) -> Iterator[None]:
        """Keeps the PIN for the next things to be signed, and no longer than all goes well."""
        try:
            if pin is not None:
                self.end()
                self._pin = pin.consume()
            yield
        except UserError as error:
            if error.code != "otp_incorrect":
                self.end()
            raise
        except BaseException:
            self.end()
            raise
        finally:
            erase(pin, otp)

    async def _signed(
        self, group: tuple[ToSign, ...], mechanism: Mechanism, *, otp: Pin | None, on_wait: OnWait
    ) -> tuple[bytes, ...]:
        pin = None if self._pin is None else Pin(bytearray(self._pin))
        try:
            leave = await self._session.authorise(
                self._credential, group, mechanism, pin=pin, otp=otp
            )
        finally:
            erase(pin)
        answer = await self._session.sign_hashes(leave)
        if isinstance(answer, Pending):
            answer = await self._awaited(answer, on_wait)
        if len(answer) != len(group) or not all(answer):
            raise ServiceError("service_malformed", host=self._certificate.service.host)
        return tuple(answer)

    async def _awaited(self, pending: Pending, on_wait: OnWait) -> tuple[bytes, ...]:
        """The service's word for how long it waits counts once; later ones move nothing."""
        seconds = _between(0.0, pending.seconds, _MOST_WAIT_SECONDS)
        answer: tuple[bytes, ...] | Pending = pending
        try:
            async with asyncio.timeout(seconds) as patience:
                await on_wait(seconds)
                least = 0.0  # the first question may be what starts the wait at the service
                while isinstance(answer, Pending):
                    pending = answer
                    await asyncio.sleep(_between(least, pending.poll_after, _POLL_SECONDS[1]))
                    answer = await self._session.poll(pending)
                    least = _POLL_SECONDS[0]
                return answer
        except UserError:
            raise  # it ended at the service, too
        except BaseException as error:
            await self._give_up(pending)
            if isinstance(error, TimeoutError) and patience.expired():
                raise UserError("phone_timeout") from None
            raise

    async def _give_up(self, pending: Pending) -> None:
        """So that nobody confirms on the phone what no longer comes of it."""
        try:
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await self._session.give_up(pending)
        except Exception as error:  # noqa: BLE001 - best effort: another error is on its way
            _log.info("a transaction could not be given up: %s", type(error).__name__)


def _between(least: float, wanted: float, most: float) -> float:
    # In this order not-a-number comes out as `most`.
    return max(least, min(most, wanted))
