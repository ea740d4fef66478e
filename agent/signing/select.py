"""Choosing a certificate: in the window, or without one where only one will do."""

from contextlib import aclosing

from agent.consent.prompts import SelectDialog, SelectQuestion
from agent.errors import UserError
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
from agent.signing.waiting import any_token_present, beside, certificate_present, moments
from protocol.messages import Stage


async def select(desk: Desk, errand: Errand, wanted: Wanted, *, reason: str = "") -> Candidate:
    """Let the user choose in the agent's window; the page learns the chosen one alone.

    All certificates are shown, those that will not do with the reason. The window opens without a
    token too, and fills when one is plugged in.

    Raises UserError user_refused, prompt_timeout, prompt_busy, and the reason why the chosen
    certificate will not do; or why none would, when the user closed a list without a usable one.
    """
    question = SelectQuestion(
        asker=errand.asker,
        reason=reason,
        wanted_mst=wanted.mst,
        certificates=tuple(facts(candidate, wanted) for candidate in at_a_glance(desk)),
    )
    async with (
        desk.prompts.select(question) as dialog,
        beside(_keep_current(desk, errand, wanted, dialog)),
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


async def _why_refused(desk: Desk, wanted: Wanted, error: UserError) -> UserError:
    """Who could only refuse is told what was wrong with the certificates, not that he refused."""
    if error.code != "user_refused":
        return error
    known = await all_assessed(desk, at_a_glance(desk))
    if not known or any(wanted.objection(candidate) is None for candidate in known):
        return error
    return _nothing_fits(wanted, known)


async def _keep_current(desk: Desk, errand: Errand, wanted: Wanted, dialog: SelectDialog) -> None:
    """Show the tokens as they come and go: first at a glance, then with chain and revocation."""
    async with aclosing(moments(desk.tokens)) as now:
        async for _ in now:
            present = bool(desk.tokens.tokens())
            await errand.progress(Stage.WAITING_FOR_USER if present else Stage.WAITING_FOR_TOKEN)
            glanced = at_a_glance(desk)
            await dialog.show(tuple(facts(candidate, wanted) for candidate in glanced))
            known = await all_assessed(desk, glanced)
            await dialog.show(tuple(facts(candidate, wanted) for candidate in known))


async def to_sign_with(desk: Desk, errand: Errand, wanted: Wanted) -> Candidate:
    """The certificate named; or the only one that will do; or the one the user chooses.

    Waits for the token. Raises what `select` does, and certificate_not_found, no_token,
    no_certificate, mst_mismatch, certificate_* when nothing will do.
    """
    if wanted.id is not None:
        await certificate_present(desk, errand, wanted.id)
    else:
        await any_token_present(desk, errand)
    await errand.progress(Stage.CHECKING)
    candidates = at_a_glance(desk)
    if wanted.id is not None:
        candidates = tuple(c for c in candidates if c.certificate.id == wanted.id)
    promising = tuple(c for c in candidates if wanted.objection(c) is None)
    known = await all_assessed(desk, promising)
    fitting = tuple(c for c in known if wanted.objection(c) is None)
    match fitting:
        case [only]:
            return only
        case []:
            raise _nothing_fits(wanted, known or candidates)
        case _:
            return await select(desk, errand, wanted)


def _nothing_fits(wanted: Wanted, candidates: tuple[Candidate, ...]) -> UserError:
    """The most telling reason: what is wrong with the unit's own, else whose the others are."""
    for candidate in candidates:
        objection = wanted.objection(candidate)
        if objection is not None and objection.code not in {"mst_mismatch", "no_certificate"}:
            return objection
    others = tuple(dict.fromkeys(m for c in candidates for m in c.summary.mst))
    if wanted.mst is not None and others and wanted.mst not in others:
        return mst_mismatch(others, expected=wanted.mst)
    return UserError("no_certificate")
