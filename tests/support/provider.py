"""A kind of signing service in memory: the `Provider` port, programmable, with real certificates.

provider = MemoryProvider(holder, ...)
accounts = accounts_in(tmp_path, provider)
provider.fails_with = UserError("account_refused")
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from agent.errors import UserError
from agent.hsm.accounts import Accounts, Pace
from agent.hsm.api import AccountOrder, ProviderField, ProviderInfo, ToSign, Words
from agent.hsm.asking import Asker
from agent.hsm.door import Door
from agent.hsm.https import Doors
from agent.hsm.passwords import Passwords
from agent.hsm.provider import Authorisation, Credential, Login, Pending
from agent.hsm.providers import Kind, Kinds
from agent.hsm.records import Records
from agent.keys import Confirmation, Mechanism
from agent.pin import Pin, wipe
from agent.platforms.secrets import SecretsUnavailable
from agent.secret import Secret
from tests.support.pki import Holder

PASSWORD = "hsm-5x9q-password"
HOST = "hsm.example.vn"


@dataclass(kw_only=True)
class MemoryProvider:
    id: str = "memory"
    hosts: tuple[str, ...] = (HOST,)
    fields: tuple[ProviderField, ...] = ()
    credentials: list[Credential] = field(default_factory=list)
    recognises: bool | Exception = True
    password: str = PASSWORD
    #: Raised at the next signing in, and at each after it.
    fails_with: Exception | None = None
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    #: What `authorise` raises, in order; then it raises nothing.
    refusals: list[Exception] = field(default_factory=list)
    #: What `sign_hashes` and then `poll` answer, in order; then the signatures.
    pending: list[Pending | Exception] = field(default_factory=list)
    signatures: tuple[bytes, ...] | None = None
    #: What happened, in order, and what was typed.
    events: list[str] = field(default_factory=list)
    logins: list[Login] = field(default_factory=list)
    typed: list[tuple[str | None, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.may_answer.set()

    def holds(self, *holders: Holder, **more: object) -> None:
        self.credentials = [
            replace(Credential(id=f"key-{n}", certificate=holder.der), **more)  # type: ignore[arg-type]
            for n, holder in enumerate(holders)
        ]

    @property
    def info(self) -> ProviderInfo:
        words = Words(vi="Tài khoản", en="Account")
        return ProviderInfo(
            id=self.id,
            name=self.id.upper(),
            account=words,
            password=words,
            fields=self.fields,
            hosts=self.hosts,
        )

    async def recognise(self, door: Door) -> bool:
        self.events.append(f"recognise {door.host}")
        if isinstance(self.recognises, Exception):
            raise self.recognises
        return self.recognises

    async def sign_in(self, door: Door, login: Login) -> "MemorySession":
        self.events.append(f"sign in {door.host}")
        self.logins.append(login)
        await self.may_answer.wait()
        if self.fails_with is not None:
            raise self.fails_with
        if login.password.reveal() != self.password:
            raise UserError("account_refused")
        return MemorySession(self)


class MemorySession:
    def __init__(self, provider: MemoryProvider) -> None:
        self._provider = provider

    async def list_credentials(self) -> tuple[Credential, ...]:
        return tuple(self._provider.credentials)

    async def describe(self, credential_id: str) -> Credential:
        for credential in self._provider.credentials:
            if credential.id == credential_id:
                return credential
        raise UserError("certificate_not_found")

    async def send_otp(self, credential: Credential) -> None:
        self._provider.events.append("otp sent")

    async def authorise(
        self,
        credential: Credential,
        items: Sequence[ToSign],
        mechanism: Mechanism,
        *,
        pin: Pin | None,
        otp: Pin | None,
    ) -> Authorisation:
        self._provider.typed.append((_read(pin), _read(otp)))
        if self._provider.refusals:
            raise self._provider.refusals.pop(0)
        return Authorisation(credential=credential, items=tuple(items), mechanism=mechanism)

    async def sign_hashes(self, authorisation: Authorisation) -> tuple[bytes, ...] | Pending:
        self._provider.events.append(f"sign {len(authorisation.items)}")
        self._items = authorisation.items
        return self._next()

    async def poll(self, pending: Pending) -> tuple[bytes, ...] | Pending:
        self._provider.events.append("poll")
        return self._next()

    async def give_up(self, pending: Pending) -> None:
        self._provider.events.append("give up")

    async def sign_out(self) -> None:
        self._provider.events.append("sign out")

    def _next(self) -> tuple[bytes, ...] | Pending:
        if self._provider.pending:
            answer = self._provider.pending.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        if self._provider.signatures is not None:
            return self._provider.signatures
        return tuple(b"signature of " + item.digest for item in self._items)


def _read(secret: Pin | None) -> str | None:
    if secret is None:
        return None
    value = secret.consume()
    text = value.decode()
    wipe(value)
    return text


@dataclass(frozen=True, slots=True)
class _MemoryKind(Kind):
    made: MemoryProvider

    def provider(self) -> MemoryProvider:
        return self.made


class MemorySecrets:
    """Implements `SecretStore`."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.locked = False

    async def put(self, name: str, secret: str) -> None:
        self._open()[name] = secret

    async def get(self, name: str) -> str | None:
        return self._open().get(name)

    async def remove(self, name: str) -> None:
        self._open().pop(name, None)

    def _open(self) -> dict[str, str]:
        if self.locked:
            raise SecretsUnavailable("locked")
        return self.kept


def kinds_of(*providers: MemoryProvider) -> Kinds:
    return Kinds([_MemoryKind(each.info, "", each) for each in providers])


def accounts_in(
    folder: Path,
    *providers: MemoryProvider,
    secrets: MemorySecrets | None = None,
    pace: Pace | None = None,
    clock: Callable[[], datetime] | None = None,
) -> Accounts:
    more = {} if clock is None else {"clock": clock}
    return Accounts(
        asker=Asker(kinds=kinds_of(*providers), doors=Doors()),
        records=Records(folder / "accounts.json"),
        passwords=Passwords(secrets or MemorySecrets()),
        pace=pace,
        **more,
    )


def order(
    *, host: str = HOST, name: str = "ketoan", password: str = PASSWORD, **more: object
) -> AccountOrder:
    return AccountOrder(host=host, name=name, password=Secret(password), **more)  # type: ignore[arg-type]


ASKS_PIN = Confirmation(pin=True)
