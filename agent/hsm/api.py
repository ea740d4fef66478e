"""Keys in remote signing services, as the rest of the agent sees them: two ports.

    Services      the accounts, and the certificates that they hold; implemented by `accounts`
    ServiceKey    one signing session with one key

Which service speaks what is behind `agent.hsm.provider`. Nothing here knows HTTP.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from agent.keys import AccountId, CertificateId, Confirmation, Mechanism, ServiceCertificate
from agent.pin import Pin
from agent.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The same in both languages."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderField:
    name: str
    label: Words
    required: bool = True
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderInfo:
    """A row of the table of providers, as it is offered to choose from."""

    id: str
    name: str
    account: Words  # what the provider calls it
    password: Words
    fields: tuple[ProviderField, ...] = ()
    hosts: tuple[str, ...] = ()  # known ones, to suggest


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOrder:
    """What the user typed. `fields` may hold secrets too: no repr."""

    host: str
    name: str
    password: Secret
    provider: str | None = None  # None: to be recognised
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a service holds for an account that is not kept yet."""

    provider: ProviderInfo
    host: str  # as it is shown: without scheme, with the port unless it is 443
    certificates: tuple[ServiceCertificate, ...]
    order: AccountOrder = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    id: AccountId
    provider: str
    provider_name: str
    host: str
    name: str
    certificates: tuple[CertificateId, ...]
    problem: str = ""  # the error code with which it was last asked
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToSign:
    """One of the things that are signed under one authorisation."""

    name: str  # of the document; told to the service, whose app may show it
    digest: bytes
    message: bytes  # what `digest` is the hash of, for services that hash by themselves


#: Told how many seconds the service will wait for its user's confirmation, each time it is known.
OnWait = Callable[[float], Awaitable[None]]


class ServiceKey(Protocol):
    @property
    def certificate(self) -> ServiceCertificate: ...

    @property
    def confirmation(self) -> Confirmation:
        """What is asked now; the service may have changed it since the certificate was listed."""

    @property
    def at_once(self) -> int:
        """How many things one authorisation of the service covers."""

    async def send_otp(self) -> None:
        """Have the service send its one-time password, where `confirmation.otp` is `SENT`.

        Raises ServiceError, UserError account_*.
        """

    async def sign(
        self,
        items: Sequence[ToSign],
        mechanism: Mechanism,
        *,
        pin: Pin | None,
        otp: Pin | None,
        on_wait: OnWait,
    ) -> tuple[bytes, ...]:
        """A signature for each item, in order; one authorisation for all. Nothing is tried twice.

        `pin` and `otp` are consumed (erased). After success and after `otp_incorrect` this session
        knows the PIN until it ends, so the next call takes `pin=None`. Cancelling gives the
        transaction up at the service where it can be.

        Raises UserError service_pin_incorrect, otp_incorrect, phone_rejected, phone_timeout,
        account_refused, account_blocked, account_expired, account_quota, account_otp (which the
        account's fields do not say), certificate_unsuitable (the service cannot do the mechanism),
        certificate_not_found (no longer the account's), certificate_expired, certificate_revoked,
        service_batch (not that many at once); ServiceError service_*.
        """


class Services(Protocol):
    def providers(self) -> tuple[ProviderInfo, ...]: ...

    def accounts(self) -> tuple[Account, ...]: ...

    def certificates(self) -> tuple[ServiceCertificate, ...]:
        """What the accounts held when they were last asked; cheap, known without a network."""

    def changes(self) -> AsyncIterator[None]:
        """Yields whenever accounts or certificates have changed, until closed."""

    async def refresh(self, account: AccountId | None = None) -> None:
        """Ask the services now. Raises UserError account_unknown; what a service answers, or that
        it does not, is in `Account.problem` afterwards.
        """

    async def look(self, order: AccountOrder) -> Found:
        """What the service holds for the account; nothing is kept.

        Raises UserError service_address, service_unknown, service_not_recognised, service_clock,
        service_sign_in, account_*; ServiceError service_*.
        """

    async def keep(self, found: Found) -> Account:
        """Remember the account and, in the system's keyring, its secrets. An account that is known
        already gets the new ones. Raises UserError secrets_unavailable.
        """

    async def forget(self, account: AccountId) -> bool:
        """False if there is none. Its secrets are removed from the keyring."""

    def open(self, certificate: CertificateId) -> AbstractAsyncContextManager[ServiceKey]:
        """A session with that certificate's key. Raises UserError certificate_not_found,
        secrets_unavailable.
        """
