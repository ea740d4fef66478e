"""What each kind of signing service must do: one port, with the verbs of the CSC API.

    recognise → sign_in → list_credentials → authorise n hashes → sign_hashes → poll

A new kind is one file that implements `Provider` and one row in providers.toml. Providers get a
`Door` (agent.hsm.door) that has judged the address already: it does https with verification, no
redirects, bounded time and size, strict JSON. They keep no secrets and write no logs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from agent.errors import UserError
from agent.hsm.api import ToSign
from agent.hsm.door import Door
from agent.keys import Confirmation, Mechanism
from agent.pin import Pin
from agent.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """An account's name and secrets, for one conversation."""

    name: str
    password: Secret
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A key at the service, with its certificate."""

    id: str  # the service's own
    certificate: bytes  # DER
    chain: tuple[bytes, ...] = ()  # DER, as far as the service tells
    enabled: bool = True  # False: the service lets nobody sign with it now
    confirmation: Confirmation = field(default_factory=Confirmation)
    mechanisms: frozenset[Mechanism] = frozenset({Mechanism.RSA_PKCS1_SHA256})
    most_hashes: int = 1  # in one authorisation

    def require(self, items: Sequence[ToSign], mechanism: Mechanism, *, host: str) -> None:
        """Before any secret goes out for nothing.

        Raises UserError certificate_unsuitable (reason "mechanism"), service_batch.
        """
        if not self.enabled or mechanism not in self.mechanisms:
            raise UserError("certificate_unsuitable", reason="mechanism")
        if len(items) > self.most_hashes:
            raise UserError("service_batch", host=host)


def named(credentials: Iterable[Credential], identifier: str) -> Credential:
    """Raises UserError certificate_not_found."""
    for credential in credentials:
        if credential.id == identifier:
            return credential
    raise UserError("certificate_not_found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """The service's leave to sign exactly these items (a SAD, or nothing where it has none)."""

    credential: Credential
    items: tuple[ToSign, ...]
    mechanism: Mechanism
    sad: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The service waits for its user; ask again with `poll`."""

    transaction: str
    seconds: float  # that it will wait, as far as it tells; else the provider's usual time
    poll_after: float  # seconds before it is worth asking


class Session(Protocol):
    """One signed-in conversation with one account. Every method raises as `hsm.api` says."""

    async def list_credentials(self) -> tuple[Credential, ...]: ...

    async def describe(self, credential_id: str) -> Credential:
        """One credential afresh. Raises UserError certificate_not_found."""

    async def send_otp(self, credential: Credential) -> None: ...

    async def authorise(
        self,
        credential: Credential,
        items: Sequence[ToSign],
        mechanism: Mechanism,
        *,
        pin: Pin | None,
        otp: Pin | None,
    ) -> Authorisation:
        """PIN and OTP go out in this one request, and are erased."""

    async def sign_hashes(self, authorisation: Authorisation) -> tuple[bytes, ...] | Pending:
        """The signatures in the items' order, or that the user must confirm first."""

    async def poll(self, pending: Pending) -> tuple[bytes, ...] | Pending:
        """Raises UserError phone_rejected, phone_timeout too."""

    async def give_up(self, pending: Pending) -> None:
        """The user does not want it any more. Best effort; many services offer nothing."""


@runtime_checkable
class SignsOut(Protocol):
    """A session may have this, too: it is asked for when the conversation is over."""

    async def sign_out(self) -> None:
        """Take back at the service what signing in brought. Best effort."""


class Provider(Protocol):
    id: str

    async def recognise(self, door: Door) -> bool:
        """Whether this kind of service answers there, found out without any secret."""

    async def sign_in(self, door: Door, login: Login) -> Session:
        """Raises UserError account_refused, account_blocked, account_expired, service_clock,
        service_sign_in (in none of the ways we have); ServiceError service_*.
        """
