"""A key on a token: its PIN is typed into our window, or on the reader.

The token is held only while it signs, never while the user thinks: other requests need it too.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, replace

from agent.consent.prompts import Approval, SignDialog
from agent.errors import AgentError, UserError
from agent.hsm.api import ToSign
from agent.keys import Mechanism, PinState, TokenCertificate
from agent.pin import erase
from agent.signing.desk import Desk, Errand
from agent.signing.waiting import beside, moments, unless_refused
from agent.tokens.api import KeySession
from protocol.messages import Stage


@asynccontextmanager
async def token_key(
    desk: Desk, errand: Errand, certificate: TokenCertificate
) -> AsyncIterator["TokenKey"]:
    """Raises UserError pin_locked, token_removed; TokenError."""
    yield TokenKey(
        desk=desk,
        errand=errand,
        certificate=certificate,
        pin=await _pin_state(desk, certificate),
    )


async def _pin_state(desk: Desk, certificate: TokenCertificate) -> PinState:
    """Read from the device, before the user is asked for anything."""
    try:
        async with desk.tokens.open(certificate.id) as session:
            state = await session.pin_state()
    except UserError as error:
        raise _removed(error) from error
    if state.locked:
        raise UserError("pin_locked")
    return state


class _PinNotAccepted(Exception):  # noqa: N818 - handled within this module
    """The user may try again. `state` is None when only the length was wrong and no try is gone."""

    def __init__(self, state: PinState | None) -> None:
        super().__init__()
        self.state = state


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKey:
    desk: Desk
    errand: Errand
    certificate: TokenCertificate
    pin: PinState
    confirmation: None = None

    async def sign(
        self, dialog: SignDialog, approval: Approval, item: ToSign, mechanism: Mechanism
    ) -> bytes | None:
        signing = self._sign(dialog, approval, item.digest, mechanism)
        try:
            return await unless_refused(dialog, signing)
        except _PinNotAccepted as wrong:
            if wrong.state is None:
                await dialog.pin_length()
                return None
            await dialog.pin_rejected(wrong.state)
            if wrong.state.locked:
                await _until_read(dialog)
                raise UserError("pin_locked") from wrong
            return None

    async def _sign(
        self, dialog: SignDialog, approval: Approval, digest: bytes, mechanism: Mechanism
    ) -> bytes:
        try:
            async with self.desk.tokens.open(self.certificate.id) as session:
                await self.errand.progress(Stage.SIGNING)
                await dialog.working("pin-pad" if approval.pin is None else Stage.SIGNING.value)
                try:
                    await session.login(approval.pin)
                except UserError as error:
                    match error.code:
                        case "pin_length":
                            raise _PinNotAccepted(None) from error
                        case "pin_incorrect" | "pin_locked":
                            state = await _after_wrong_pin(session, error)
                            raise _PinNotAccepted(state) from error
                        case _:
                            raise
                return await session.sign(digest, mechanism)
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
