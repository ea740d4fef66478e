"""From the open window to the signature: approval, PIN, token. Shared by `sign` and `login`.

The PIN goes to the token once for each time that the user typed it; after a wrong one only the user
decides whether there is a next time (T25).
"""

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

from agent.consent.prompts import Approval, SignDialog
from agent.errors import AgentError, UserError
from agent.keys import Mechanism, PinState, TokenCertificate
from agent.signing.desk import Desk, Errand
from agent.signing.waiting import beside, moments
from agent.tokens.api import KeySession
from protocol.messages import Stage


async def pin_state(desk: Desk, certificate: TokenCertificate) -> PinState:
    """Read from the device, before the user is asked for anything.

    Raises UserError pin_locked, token_removed; TokenError.
    """
    try:
        async with desk.tokens.open(certificate.id) as key:
            state = await key.pin_state()
    except UserError as error:
        raise _removed(error) from error
    if state.locked:
        raise UserError("pin_locked")
    return state


async def approved_signature(
    desk: Desk,
    errand: Errand,
    dialog: SignDialog,
    certificate: TokenCertificate,
    *,
    digest: bytes,
    mechanism: Mechanism,
) -> bytes:
    """Wait for the user, then for the token.

    Raises UserError user_refused, prompt_timeout, pin_locked, token_removed, token_changed;
    TokenError.
    """
    async with beside(_show_presence(desk, dialog, certificate)):
        while True:
            await errand.progress(Stage.WAITING_FOR_USER)
            approval = await dialog.approval()
            signing = _sign(
                desk, errand, dialog, certificate, approval, digest=digest, mechanism=mechanism
            )
            try:
                return await _unless_refused(dialog, signing)
            except _PinNotAccepted as wrong:
                if wrong.state is None:
                    await dialog.pin_length()
                    continue
                await dialog.pin_rejected(wrong.state)
                if wrong.state.locked:
                    await _until_read(dialog)
                    raise UserError("pin_locked") from wrong
            finally:
                if approval.pin is not None:
                    approval.pin.erase()


class _PinNotAccepted(Exception):  # noqa: N818 - handled within this module
    """The user may try again. `state` is None when only the length was wrong and no try is gone."""

    def __init__(self, state: PinState | None) -> None:
        super().__init__()
        self.state = state


async def _sign(
    desk: Desk,
    errand: Errand,
    dialog: SignDialog,
    certificate: TokenCertificate,
    approval: Approval,
    *,
    digest: bytes,
    mechanism: Mechanism,
) -> bytes:
    try:
        async with desk.tokens.open(certificate.id) as key:
            await errand.progress(Stage.SIGNING)
            await dialog.working("pin-pad" if approval.pin is None else Stage.SIGNING.value)
            try:
                await key.login(approval.pin)
            except UserError as error:
                match error.code:
                    case "pin_length":
                        raise _PinNotAccepted(None) from error
                    case "pin_incorrect" | "pin_locked":
                        raise _PinNotAccepted(await _after_wrong_pin(key, error)) from error
                    case _:
                        raise
            return await key.sign(digest, mechanism)
    except UserError as error:
        raise _removed(error) from error


async def _after_wrong_pin(key: KeySession, error: UserError) -> PinState:
    """What the device says now; should it say nothing, what the failure said."""
    told = PinState(
        final_try=bool(error.details.get("final_try")),
        locked=error.code == "pin_locked" or bool(error.details.get("locked")),
    )
    try:
        state = await key.pin_state()
    except AgentError:
        return told
    return replace(
        state, final_try=state.final_try or told.final_try, locked=state.locked or told.locked
    )


async def _unless_refused(dialog: SignDialog, work: Coroutine[Any, Any, bytes]) -> bytes:
    """The result of `work`, which ends when the user cancels in the window."""
    working = asyncio.ensure_future(work)
    refused = asyncio.ensure_future(dialog.refused_by_user())
    try:
        await asyncio.wait({working, refused}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        refused.result()  # the window's own failure, if that is why it ended
        raise UserError("user_refused")
    finally:
        for task in (working, refused):
            task.cancel()
        await asyncio.gather(working, refused, return_exceptions=True)


async def _show_presence(desk: Desk, dialog: SignDialog, certificate: TokenCertificate) -> None:
    """Tell the window when the token is pulled and when it is back."""
    shown = True
    async with aclosing(moments(desk.tokens)) as now:
        async for _ in now:
            present = any(c.id == certificate.id for c in desk.tokens.certificates())
            if present != shown:
                await dialog.token_present(present)
                shown = present


async def _until_read(dialog: SignDialog) -> None:
    """A locked token is the last thing the window says; it stays until the user closes it."""
    with suppress(UserError):
        late = await dialog.approval()
        if late.pin is not None:
            late.pin.erase()


def _removed(error: UserError) -> UserError:
    """The certificate was there a moment ago, so its token has been pulled."""
    return UserError("token_removed") if error.code == "certificate_not_found" else error
