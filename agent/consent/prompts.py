"""The port through which the agent asks its user. The default refuses.

Implementations: `windows` (child process, Qt), `terminal` (no display), `scripted` (tests and the
headless demo, only when started with an explicit flag). A page never implements it.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from agent.documents import Description
from agent.errors import UserError
from agent.keys import CertificateId, Confirmation, PinState, ServiceInfo, TokenInfo
from agent.pin import Pin


class Grant(StrEnum):
    ONCE = "once"  # for this connection
    ALWAYS = "always"  # remembered
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks: a web page's exact origin, or a native program of this user."""

    origin: str  # "https://their.app:8443", or "native:<client name>"
    client: str  # the name it gives itself; shown as a claim, never as a fact
    language: str = "vi"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteQuestion:
    asker: Asker
    reason: str = ""
    digests: bool = False  # it asks to have digests signed too, whose content nobody can show


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """A certificate as windows show it."""

    id: CertificateId
    holder: str
    mst: tuple[str, ...]  # canonical
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    state: str  # protocol.messages.CertificateState value
    warnings: tuple[str, ...] = ()  # error codes
    token: TokenInfo | None = None  # where the key is: one of these two
    service: ServiceInfo | None = None
    usable: bool = True  # False: shown, with `why_not`, but cannot be chosen
    why_not: str = ""  # error code
    why_not_details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectQuestion:
    asker: Asker
    reason: str = ""
    wanted_mst: str | None = None  # canonical; shown, so that the user knows what is looked for
    certificates: tuple[CertificateFacts, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignQuestion:
    asker: Asker
    action: str  # "sign" or "login"
    name: str  # of the document; for a login the origin
    description: Description | None  # None for a login
    certificate: CertificateFacts
    pin: PinState = field(default_factory=PinState)  # the token's, where one keeps the key
    confirmation: Confirmation | None = None  # the service's, where one keeps the key


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    """One document of many, as the window lists it; `index` names it among them."""

    index: int
    name: str
    kind: str  # as in Description
    size: int  # bytes
    sha256: str  # hex
    profile: str
    warnings: tuple[str, ...] = ()  # codes, as in Description


#: The document with this index in readable form, made when the user asks for it.
#: Raises DocumentError.
Preview = Callable[[int], Awaitable[Description]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchQuestion:
    """Many documents under one PIN."""

    asker: Asker
    reason: str
    items: tuple[BatchItem, ...]
    certificate: CertificateFacts
    again: bool = False  # the rest of a batch that was stopped
    pin: PinState = field(default_factory=PinState)
    confirmation: Confirmation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestsQuestion:
    """Digests whose content nobody can show, for a while, under one PIN."""

    asker: Asker
    reason: str
    count: int
    seconds: int
    algorithm: str
    certificate: CertificateFacts
    pin: PinState = field(default_factory=PinState)
    confirmation: Confirmation | None = None


#: All that a key is asked for.
KeyQuestion = SignQuestion | BatchQuestion | DigestsQuestion


@dataclass(frozen=True, slots=True, kw_only=True)
class PickQuestion:
    """Which files the page may have signed. It learns their names and hashes, never a folder."""

    asker: Asker
    reason: str
    multiple: bool
    kinds: tuple[str, ...]  # "pdf", "xml", "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    pin: Pin | None  # None for a PIN pad, and for a service that asks none
    #: Of a batch: the documents that the user took out.
    excluded: frozenset[int] = frozenset()


class SelectDialog(Protocol):
    async def choice(self) -> CertificateId:
        """Raises UserError user_refused (button, Escape or closed), prompt_timeout,
        certificate_not_found (its token was pulled in the very moment it was chosen).
        """

    async def show(self, certificates: tuple[CertificateFacts, ...]) -> None:
        """Tokens came or went; the list is replaced, the selection kept where possible."""


class SignDialog(Protocol):
    """One window for one signature, from question to end; the PIN is typed into it."""

    async def approval(self) -> Approval:
        """The user's confirmation; awaited again after `pin_rejected`.

        Raises UserError user_refused, prompt_timeout.
        """

    async def pin_rejected(self, state: PinState) -> None:
        """The PIN was wrong and a try is gone; the user decides whether to try again."""

    async def pin_length(self) -> None:
        """The token refused the PIN's length; no try is gone."""

    async def token_present(self, present: bool) -> None:  # noqa: FBT001
        """The token was pulled or plugged in again; confirming is impossible meanwhile."""

    async def working(self, stage: str) -> None:
        """A protocol.messages.Stage value, or "pin-pad" while the reader waits for the PIN."""

    async def service_pin_rejected(self) -> None:
        """The service refused the credential's PIN; `approval` is awaited again."""

    async def otp(self, *, rejected: bool) -> Pin:
        """The one-time password of the service, asked in the same window after the approval.

        `rejected`: the last one was wrong or too old. Raises UserError user_refused,
        prompt_timeout.
        """

    async def phone(self, *, seconds: float) -> None:
        """The service now waits, for so long, until the user confirms in its app.

        Shown with a countdown; the user can cancel (`refused_by_user`).
        """

    async def refused_by_user(self) -> None:
        """Returns when the user cancels after approval, while the token or the service works.

        Not to be awaited beside `approval` or `otp`, which say a refusal themselves.
        """

    async def done(self, count: int, total: int) -> None:
        """Of a batch: so many documents have been dealt with. Cheap; may be called for each."""


class Prompts(Protocol):
    async def ask_site(self, question: SiteQuestion) -> Grant:
        """Raises UserError prompt_timeout, prompt_busy, InternalError prompt_unavailable."""

    def select(self, question: SelectQuestion) -> AbstractAsyncContextManager[SelectDialog]: ...

    def sign(self, question: SignQuestion) -> AbstractAsyncContextManager[SignDialog]:
        """The window closes when the context ends, however it ends."""

    def sign_batch(
        self, question: BatchQuestion, preview: Preview
    ) -> AbstractAsyncContextManager[SignDialog]:
        """As `sign`, for many documents: listed, looked at on demand, single ones taken out."""

    def open_digests(self, question: DigestsQuestion) -> AbstractAsyncContextManager[SignDialog]:
        """As `sign`; the window closes when the session has been opened."""

    async def pick(self, question: PickQuestion) -> tuple[Path, ...]:
        """The files that the user chose in a dialog of the system's.

        Raises UserError user_refused, prompt_timeout, prompt_busy, InternalError
        prompt_unavailable.
        """

    async def tell(self, title: str, text: str, language: str = "vi") -> None:
        """A notice that needs no answer (a locked token, an expired certificate)."""


class RefusingPrompts:
    """The default: nobody is there to ask, so the answer is no."""

    async def ask_site(self, question: SiteQuestion) -> Grant:
        del question
        return Grant.REFUSED

    def select(self, question: SelectQuestion) -> AbstractAsyncContextManager[SelectDialog]:
        raise UserError("user_refused", origin=question.asker.origin)

    def sign(self, question: SignQuestion) -> AbstractAsyncContextManager[SignDialog]:
        raise UserError("user_refused", origin=question.asker.origin)

    def sign_batch(
        self, question: BatchQuestion, preview: Preview
    ) -> AbstractAsyncContextManager[SignDialog]:
        del preview
        raise UserError("user_refused", origin=question.asker.origin)

    def open_digests(self, question: DigestsQuestion) -> AbstractAsyncContextManager[SignDialog]:
        raise UserError("user_refused", origin=question.asker.origin)

    async def pick(self, question: PickQuestion) -> tuple[Path, ...]:
        raise UserError("user_refused", origin=question.asker.origin)

    async def tell(self, title: str, text: str, language: str = "vi") -> None:
        del title, text, language
