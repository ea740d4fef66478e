"""Choosing a certificate: in the window, or without one where only one will do."""

import asyncio
from collections.abc import Iterable
from contextlib import aclosing, suppress
from typing import Final

from agent.consent.prompts import SelectDialog, SelectQuestion
from agent.errors import UserError
from agent.keys import AccountId
from agent.signing.candidates import (
    Candidate,
    Wanted,
    all_assessed,
    assessed,
    at_a_glance,
    facts,
    mst_mismatch,
)
from agent.signing.desk import Desk, Errand
from agent.signing.waiting import (
    any_token_present,
    beside,
    certificate_present,
    has_certificate,
    moments,
)
from protocol.messages import Stage

#: Seconds that devices and services have to show something new before nothing is found.
_LOOKING_SECONDS: Final = 10.0

_NOT_WHAT_WAS_ASKED_FOR: Final = {"mst_mismatch", "no_certificate"}
_FOR_THE_USER_TO_MEND: Final = {"account_refused", "account_blocked", "account_expired"}


async def select(desk: Desk, errand: Errand, wanted: Wanted, *, reason: str = "") -> Candidate:
    """Let the user choose in the agent's window; the page learns the chosen one alone.

    All certificates of the wanted place are shown, those that will not do with the reason. The
    window opens without a token too, and fills when one is plugged in; meanwhile devices and
    services are looked at again, for a certificate that was renewed there.

    Raises UserError user_refused, prompt_timeout, prompt_busy, and the reason why the chosen
    certificate will not do; or why none would, when the user closed a list without a usable one.
    """
    question = SelectQuestion(
        asker=errand.asker,
        reason=reason,
        wanted_mst=wanted.mst,
        certificates=tuple(facts(candidate, wanted) for candidate in _offered(desk, wanted)),
    )
    async with (
        desk.prompts.select(question) as dialog,
        beside(_keep_current(desk, errand, wanted, dialog)),
        beside(_look_again(desk, wanted)),
    ):
        try:
            chosen = await dialog.choice()
        except UserError as error:
            raise await _why_refused(desk, wanted, error) from None
    await errand.progress(Stage.CHECKING)
    candidate = next((c for c in at_a_glance(desk) if c.certificate.id == chosen), None)
    if candidate is None:
        raise UserError("certificate_not_found")  # pulled out in the very moment of choosing
    candidate = await assessed(desk, candidate)
    if (objection := wanted.objection(candidate)) is not None:
        raise objection
    return candidate


def _offered(desk: Desk, wanted: Wanted) -> tuple[Candidate, ...]:
    return tuple(c for c in at_a_glance(desk) if wanted.place in {None, c.place})


async def _why_refused(desk: Desk, wanted: Wanted, error: UserError) -> UserError:
    """Who could only refuse is told what was wrong with the certificates, not that he refused."""
    if error.code != "user_refused":
        return error
    known = await all_assessed(desk, _offered(desk, wanted))
    if not known or any(wanted.objection(candidate) is None for candidate in known):
        return error
    return _nothing_fits(wanted, known)


async def _keep_current(desk: Desk, errand: Errand, wanted: Wanted, dialog: SelectDialog) -> None:
    """Show what comes and goes: first at a glance, then with chain and revocation."""
    async with aclosing(moments(desk)) as now:
        async for _ in now:
            glanced = _offered(desk, wanted)
            waits = not glanced and wanted.place != "service" and not desk.tokens.tokens()
            await errand.progress(Stage.WAITING_FOR_TOKEN if waits else Stage.WAITING_FOR_USER)
            await dialog.show(tuple(facts(candidate, wanted) for candidate in glanced))
            known = await all_assessed(desk, glanced)
            await dialog.show(tuple(facts(candidate, wanted) for candidate in known))


async def to_sign_with(desk: Desk, errand: Errand, wanted: Wanted) -> Candidate:
    """The certificate named; or the only one that will do; or the one the user chooses.

    Waits for the token, unless a certificate in a service will do or was asked for. Raises what
    `select` does, and certificate_not_found, no_token, no_certificate, mst_mismatch, certificate_*
    when nothing will do.
    """
    await _within_reach(desk, errand, wanted)
    await errand.progress(Stage.CHECKING)
    fitting, known = await _fitting(desk, wanted)
    if not fitting and wanted.id is None:
        await _look_again(desk, wanted)
        fitting, known = await _fitting(desk, wanted)
    match fitting:
        case [only]:
            return only
        case [] if not _may_be_on_a_token(desk, wanted, known):
            raise _nothing_fits(wanted, known)
        case _:
            return await select(desk, errand, wanted)


async def _within_reach(desk: Desk, errand: Errand, wanted: Wanted) -> None:
    """Returns when there is something to choose from.

    Raises UserError certificate_not_found, no_token.
    """
    match wanted.id, wanted.place:
        case None, "service":
            pass
        case None, None if desk.services.accounts():
            pass
        case None, _:
            await any_token_present(desk, errand)
        case str() as certificate, "service":
            if not has_certificate(desk, certificate):
                await errand.progress(Stage.WAITING_FOR_SERVICE)
                await _look_again(desk, wanted)
            if not has_certificate(desk, certificate):
                raise UserError("certificate_not_found")
        case str() as certificate, _:
            await certificate_present(desk, errand, certificate)


async def _fitting(
    desk: Desk, wanted: Wanted
) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
    """Those that will do; and all that were looked at, to say why the others will not."""
    candidates = at_a_glance(desk)
    if wanted.id is not None:
        candidates = tuple(c for c in candidates if c.certificate.id == wanted.id)
    promising = tuple(c for c in candidates if wanted.objection(c) is None)
    known = await all_assessed(desk, promising)
    fitting = tuple(c for c in known if wanted.objection(c) is None)
    return fitting, known or candidates


async def _look_again(desk: Desk, wanted: Wanted) -> None:
    """For what was renewed on a token that stays plugged in, or at a service.

    A service that refused the account's password is left alone: it would lock the account in the
    end, and only the user can mend it.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(_LOOKING_SECONDS), asyncio.TaskGroup() as tasks:
            if wanted.place != "service":
                tasks.create_task(desk.tokens.refresh())
            if wanted.place != "token":
                for account in desk.services.accounts():
                    if account.problem not in _FOR_THE_USER_TO_MEND:
                        tasks.create_task(_refreshed(desk, account.id))


async def _refreshed(desk: Desk, account: AccountId) -> None:
    with suppress(UserError):  # it has been forgotten meanwhile
        await desk.services.refresh(account)


def _may_be_on_a_token(desk: Desk, wanted: Wanted, known: Iterable[Candidate]) -> bool:
    """No token is plugged in, and what the services hold is not what is wanted.

    The window then shows whose those are, and waits for the token.
    """
    objections = (wanted.objection(candidate) for candidate in known)
    return (
        wanted.id is None
        and wanted.place is None
        and not desk.tokens.tokens()
        and all(o is None or o.code in _NOT_WHAT_WAS_ASKED_FOR for o in objections)
    )


def _nothing_fits(wanted: Wanted, candidates: tuple[Candidate, ...]) -> UserError:
    """The most telling reason: what is wrong with the unit's own, else whose the others are."""
    for candidate in candidates:
        objection = wanted.objection(candidate)
        if objection is not None and objection.code not in _NOT_WHAT_WAS_ASKED_FOR:
            return objection
    others = tuple(dict.fromkeys(m for c in candidates for m in c.summary.mst))
    if wanted.mst is not None and others and wanted.mst not in others:
        return mst_mismatch(others, expected=wanted.mst)
    return UserError("no_certificate")
