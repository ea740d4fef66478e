"""A key on a token: its PIN is typed into our window, or on the reader.

The token is held only while it signs, never while the user thinks: other requests need it too.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    aclosing,
    asynccontextmanager,
    suppress,
)
from dataclasses import dataclass, field, replace

from agent.consent.prompts import Approval, SignDialog
from agent.errors import AgentError, UserError
from agent.hsm.api import ToSign
from agent.keys import Mechanism, PinState, TokenCertificate
from agent.pin import Pin, erase
from agent.signing.desk import Desk, Errand
from agent.signing.sitting import NotAccepted
from agent.signing.waiting import beside, moments
from agent.signing.window import Window
from agent.tokens.api import KeySession
from protocol.messages import Stage


@asynccontextmanager
async def token_key(
    desk: Desk, errand: Errand, certificate: TokenCertificate, *, signatures: int = 1
) -> AsyncIterator["TokenKey"]:
    """Raises UserError pin_locked, pin_each_time, token_removed; TokenError."""
    pin = await _pin_state(desk, certificate, signatures)
    async with AsyncExitStack() as held:
        yield TokenKey(
            desk=desk,
            errand=errand,
            certificate=certificate,
            pin=pin,
            signatures=signatures,
            _held=held,
        )


async def _pin_state(desk: Desk, certificate: TokenCertificate, signatures: int) -> PinState:
    """Read from the device, before the user is asked for anything."""
    try:
        async with desk.tokens.open(certificate.id) as session:
            _judge(session, signatures)
            state = await session.pin_state()
    except UserError as error:
        raise _removed(error) from error
    if state.locked:
        raise UserError("pin_locked")
    return state


def _judge(session: KeySession, signatures: int) -> None:
    """A key that wants its PIN each time is for single signatures: nobody types it ten times."""
    if signatures > 1 and session.always_authenticate:
        raise UserError("pin_each_time")


class _WrongPin(NotAccepted):
    """`state` is None when only the length was wrong and no try is gone."""

    def __init__(self, state: PinState | None) -> None:
        super().__init__()
        self._state = state

    async def say(self, dialog: SignDialog) -> None:
        if self._state is None:
            await dialog.pin_length()
            return
        await dialog.pin_rejected(self._state)
        if self._state.locked:
            await _until_read(dialog)
            raise UserError("pin_locked") from self


@dataclass(slots=True, kw_only=True)
class TokenKey:
    desk: Desk
    errand: Errand
    certificate: TokenCertificate
    pin: PinState
    signatures: int
    confirmation: None = None
    at_once: int = 1
    abreast: int = 3
    _held: AsyncExitStack
    _session: KeySession | None = field(default=None, init=False)

    async def unlock(self, window: Window, approval: Approval) -> None:
        """The token is ours from here on, unless the PIN is wrong."""
        await self.errand.progress(Stage.SIGNING)
        async with AsyncExitStack() as held:
            try:
                opened = self.desk.tokens.open(self.certificate.id, for_long=self.signatures > 1)
                session = await held.enter_async_context(opened)
                working = "pin-pad" if approval.pin is None else Stage.SIGNING.value
                await window.dialog.working(working)
                await _log_in(session, approval.pin)
                # Some tokens tell only now.
                _judge(session, self.signatures)
            except UserError as error:
                raise _removed(error) from error
            self._session = session
            self._held.push_async_exit(held.pop_all())

    async def sign(
        self, window: Window | None, items: Sequence[ToSign], mechanism: Mechanism
    ) -> tuple[bytes, ...]:
        del window  # all that had to be asked was asked
        assert self._session is not None, "it has been unlocked"
        digests = [item.digest for item in items]
        try:
            if len(digests) == 1:
                return (await self._session.sign(digests[0], mechanism),)
            async with aclosing(self._session.sign_each(digests, mechanism)) as signatures:
                return tuple([signature async for signature in signatures])
        except UserError as error:
            raise _removed(error) from error

    def shown_in(self, dialog: SignDialog) -> AbstractAsyncContextManager[None]:
        return beside(self._show_presence(dialog))

    async def _show_presence(self, dialog: SignDialog) -> None:
        """Tell the window when the token is pulled and when it is back."""
        shown = True
        async with aclosing(moments(self.desk)) as now:
            async for _ in now:
                certificates = self.desk.tokens.certificates()
                present = any(c.id == self.certificate.id for c in certificates)
                if present != shown:
                    await dialog.token_present(present)
                    shown = present


async def _log_in(session: KeySession, pin: Pin | None) -> None:
    try:
        await session.login(pin)
    except UserError as error:
        match error.code:
            case "pin_length":
                raise _WrongPin(None) from error
            case "pin_incorrect" | "pin_locked":
                raise _WrongPin(await _after_wrong_pin(session, error)) from error
            case _:
                raise


async def _after_wrong_pin(session: KeySession, error: UserError) -> PinState:
    """What the device says now; should it say nothing, what the failure said."""
    told = PinState(
        final_try=bool(error.details.get("final_try")),
        locked=error.code == "pin_locked" or bool(error.details.get("locked")),
    )
    try:
        state = await session.pin_state()
    except AgentError:
        return told
    return replace(
        state, final_try=state.final_try or told.final_try, locked=state.locked or told.locked
    )


async def _until_read(dialog: SignDialog) -> None:
    """A locked token is the last thing the window says; it stays until the user closes it."""
    with suppress(UserError):
        late = await dialog.approval()
        erase(late.pin)


def _removed(error: UserError) -> UserError:
    """The certificate was there a moment ago, so its token has been pulled."""
    return UserError("token_removed") if error.code == "certificate_not_found" else error
