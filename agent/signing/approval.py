"""One approved signature, for a document or a login, with a key wherever it is.

    the key is ready ─▶ the window asks ─▶ the user approves ─▶ the key signs
                                                                      │
                    the reply ◀─ the journal has it ◀─ our own verification

The window stays open until the end, shows how far it is, and can be cancelled at every step; the
journal has a line whatever the end. How the user approves is told in `sitting`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

from agent.consent.prompts import Approval, SignQuestion
from agent.documents import Description
from agent.errors import UserError
from agent.hsm.api import ToSign
from agent.keys import Mechanism
from agent.signing.candidates import Candidate, facts
from agent.signing.desk import Desk, Errand
from agent.signing.ready import ready
from agent.signing.record import Ending, Record, recorded
from agent.signing.sitting import sit
from agent.signing.window import Window
from protocol.messages import Stage

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed(Generic[T]):
    """What the user is asked to approve, and what is made of the signature."""

    action: Literal["sign", "login"]
    name: str  # of the document; for a login the origin
    description: Description | None  # None for a login
    sha256: str  # hex, for the journal
    digest: bytes
    message: bytes  # what `digest` is the hash of
    mechanism: Mechanism
    profile: str = ""
    signed_at: datetime | None = None  # as the signature will say
    #: Makes the result from the signature's value and verifies it. Blocks; raises InternalError
    #: self_check_failed.
    complete: Callable[[bytes], T]


async def approved(desk: Desk, errand: Errand, candidate: Candidate, deed: Deed[T]) -> T:
    """The deed's result, when the user has approved it and the journal has it.

    Raises UserError user_refused, prompt_timeout, pin_locked, token_removed, token_changed,
    phone_rejected, phone_timeout, account_*; TokenError; ServiceError; InternalError
    self_check_failed. Nothing is left open then.
    """
    item = ToSign(name=deed.name, digest=deed.digest, message=deed.message)
    record = Record(
        desk,
        errand,
        candidate,
        action=deed.action,
        name=deed.name,
        sha256=deed.sha256,
        size=None if deed.description is None else deed.description.size,
        profile=deed.profile,
        mechanism=deed.mechanism.value,
    )
    async with recorded(record), ready(desk, errand, candidate.certificate) as key:
        question = SignQuestion(
            asker=errand.asker,
            action=deed.action,
            name=deed.name,
            description=deed.description,
            certificate=facts(candidate),
            pin=key.pin,
            confirmation=key.confirmation,
        )

        async def signed(window: Window, approval: Approval) -> tuple[bytes, ...]:
            del approval  # the key is unlocked by it
            return await key.sign(window, (item,), deed.mechanism)

        async with desk.prompts.sign(question) as dialog:
            (signature,) = await sit(errand, key, dialog, signed)
            await errand.progress(Stage.VERIFYING)
            await dialog.working(Stage.VERIFYING)
            return await asyncio.to_thread(_verified_and_recorded, deed, signature, record)


def _verified_and_recorded(deed: Deed[T], signature: bytes, record: Record) -> T:
    """In one thread without a pause: what leaves is in the journal."""
    result = deed.complete(signature)
    if not record.close("signed", Ending(signed_at=deed.signed_at)):
        raise UserError("cancelled")
    return result
