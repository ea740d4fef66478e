"""One approved signature, for a document or a login, with a key wherever it is.

    the key is opened ─▶ the window asks ─▶ the user approves ─▶ the key signs
                              ▲                                   │
                              └── a wrong PIN: back to the user ──┤
                                                                  ▼
                    the reply ◀─ the journal has it ◀─ our own verification

The window stays open until the end, shows how far it is, and can be cancelled at every step; the
journal has a line whatever the end. A PIN or one-time password goes out once for each time that
the user typed it; after a wrong one only the user decides whether there is a next time (T25).

What a token asks for and what a service asks for is in `token_key` and `service_key`.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, Protocol, TypeVar, assert_never

from agent.consent.prompts import Approval, SignDialog, SignQuestion
from agent.documents import Description
from agent.errors import UserError
from agent.hsm.api import ToSign
from agent.keys import (
    Confirmation,
    KeyCertificate,
    Mechanism,
    PinState,
    ServiceCertificate,
    TokenCertificate,
)
from agent.pin import erase
from agent.signing.candidates import Candidate, facts
from agent.signing.desk import Desk, Errand
from agent.signing.record import Ending, Record, recorded
from agent.signing.service_key import service_key
from agent.signing.token_key import token_key
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


class Key(Protocol):
    """A key that is ready to sign once the user has approved."""

    @property
    def pin(self) -> PinState: ...

    @property
    def confirmation(self) -> Confirmation | None: ...

    async def sign(
        self, dialog: SignDialog, approval: Approval, item: ToSign, mechanism: Mechanism
    ) -> bytes | None:
        """None when the PIN was not accepted, the window has said so, and the user may try again.

        Raises what `approved` does.
        """

    def shown_in(self, dialog: SignDialog) -> AbstractAsyncContextManager[None]:
        """While it lasts, the window shows what becomes of the key."""


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
    async with recorded(record), _opened(desk, errand, candidate.certificate) as key:
        question = SignQuestion(
            asker=errand.asker,
            action=deed.action,
            name=deed.name,
            description=deed.description,
            certificate=facts(candidate),
            pin=key.pin,
            confirmation=key.confirmation,
        )
        async with desk.prompts.sign(question) as dialog, key.shown_in(dialog):
            signature = None
            while signature is None:
                await errand.progress(Stage.WAITING_FOR_USER)
                approval = await dialog.approval()
                try:
                    signature = await key.sign(dialog, approval, item, deed.mechanism)
                finally:
                    erase(approval.pin)
            await errand.progress(Stage.VERIFYING)
            await dialog.working(Stage.VERIFYING)
            return await asyncio.to_thread(_verified_and_recorded, deed, signature, record)


def _verified_and_recorded(deed: Deed[T], signature: bytes, record: Record) -> T:
    """In one thread without a pause: what leaves is in the journal."""
    result = deed.complete(signature)
    if not record.close("signed", Ending(signed_at=deed.signed_at)):
        raise UserError("cancelled")
    return result


def _opened(
    desk: Desk, errand: Errand, certificate: KeyCertificate
) -> AbstractAsyncContextManager[Key]:
    match certificate:
        case TokenCertificate():
            return token_key(desk, errand, certificate)
        case ServiceCertificate():
            return service_key(desk, errand, certificate)
        case _:
            assert_never(certificate)
