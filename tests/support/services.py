"""Signing services in memory: the `Services` port with real keys, and a service that can misbehave.

key = RemoteKey(mst="0312345678", confirmation=Confirmation(pin=True, otp=OtpKind.SENT))
services = MemoryServices(key)                     # an account that is kept already
services.holds(key, account="ketoan", password="hsm")   # one that `look` finds
key.events == ["otp sent", "signed"]
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from agent.errors import UserError
from agent.hsm.api import Account, AccountOrder, Found, ProviderField, ProviderInfo, ToSign, Words
from agent.keys import (
    AccountId,
    CertificateId,
    Confirmation,
    Mechanism,
    OtpKind,
    ServiceCertificate,
    ServiceInfo,
)
from agent.pin import Pin, wipe
from agent.secret import Secret
from tests.support.tokens import NOW, Card

PASSWORD = "hsm-password-1"
CYBERHSM = ProviderInfo(
    id="cyberhsm",
    name="CyberHSM",
    account=Words(vi="Tài khoản", en="Account"),
    password=Words(vi="Mật khẩu", en="Password"),
)
MYSIGN = ProviderInfo(
    id="mysign",
    name="Viettel MySign",
    account=Words(vi="Mã người dùng", en="User"),
    password=Words(vi="Mật khẩu", en="Password"),
    fields=(ProviderField(name="client_secret", label=Words(vi="Khóa", en="Key"), secret=True),),
)


@dataclass(eq=False, kw_only=True)
class RemoteKey(Card):
    """A certificate whose key a service keeps."""

    number: int = 11
    provider: ProviderInfo = CYBERHSM
    host: str = "api.cyberhsm.vn"
    account: str = "ketoan"
    confirmation: Confirmation = field(default_factory=Confirmation)
    otp: str = "246810"
    #: Seconds that the service says it waits for the phone.
    phone_seconds: float = 120.0
    #: The user has answered on the phone: None, or the code with which the service then fails.
    on_phone: asyncio.Future[str | None] | None = None
    #: Documents that one authorisation covers.
    at_once: int = 100
    #: What happened at the service, in order.
    events: list[str] = field(default_factory=list)
    otps_tried: list[str] = field(default_factory=list)
    signed: list[ToSign] = field(default_factory=list)
    #: What the service sends back instead of signatures.
    answers: tuple[bytes, ...] | None = None

    @property
    def account_id(self) -> AccountId:
        whole = f"{self.provider.id}\n{self.host}\n{self.account}"
        return AccountId(hashlib.sha256(whole.encode()).hexdigest()[:32])

    @property
    def service(self) -> ServiceInfo:
        return ServiceInfo(
            account=self.account_id,
            provider=self.provider.id,
            provider_name=self.provider.name,
            host=self.host,
            name=self.account,
        )

    @property
    def held(self) -> ServiceCertificate:
        return ServiceCertificate(
            id=self.id,
            der=self.der,
            service=self.service,
            credential=f"credential-{self.number}",
            confirmation=self.confirmation,
            key_type=self.key_type,
            key_bits=self.key.key_size,
        )


class MemoryServices:
    """Implements `agent.hsm.api.Services`."""

    def __init__(self, *keys: RemoteKey) -> None:
        self._accounts: dict[AccountId, Account] = {}
        self._keys: list[RemoteKey] = []
        #: What the services hold for accounts that nobody has added yet.
        self._elsewhere: dict[tuple[str, str], tuple[str, tuple[RemoteKey, ...]]] = {}
        self._listeners: set[asyncio.Event] = set()
        #: The accounts that were asked again, in order; None for all of them at once.
        self.refreshed: list[AccountId | None] = []
        #: What the services have got since they were asked last.
        self.unseen: list[RemoteKey] = []
        self.orders: list[AccountOrder] = []
        self.passwords: dict[AccountId, Secret] = {}
        #: Raised by what is asked next.
        self.fails_with: Exception | None = None
        #: `look` and `refresh` wait for it; set unless a test wants the services to be slow.
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.open_sessions = 0
        for key in keys:
            self._add(key)

    def holds(self, *keys: RemoteKey, account: str = "ketoan", password: str = PASSWORD) -> None:
        [host] = {key.host for key in keys}
        self._elsewhere[host, account] = (password, keys)

    def add(self, *keys: RemoteKey) -> None:
        for key in keys:
            self._add(key)
        self._changed()

    def trouble(self, account: AccountId, problem: str) -> None:
        """As after an attempt to ask it that ended so."""
        self._accounts[account] = replace(self._accounts[account], problem=problem)
        self._changed()

    def _add(self, key: RemoteKey) -> None:
        key.may_answer.set()
        self._keys = [*(k for k in self._keys if k.id != key.id), key]
        held = tuple(k.id for k in self._keys if k.account_id == key.account_id)
        self._accounts[key.account_id] = Account(
            id=key.account_id,
            provider=key.provider.id,
            provider_name=key.provider.name,
            host=key.host,
            name=key.account,
            certificates=held,
            checked_at=NOW,
        )

    def _changed(self) -> None:
        for listener in self._listeners:
            listener.set()

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def providers(self) -> tuple[ProviderInfo, ...]:
        return (CYBERHSM, MYSIGN)

    def accounts(self) -> tuple[Account, ...]:
        return tuple(self._accounts.values())

    def certificates(self) -> tuple[ServiceCertificate, ...]:
        return tuple(key.held for key in self._keys)

    async def changes(self) -> AsyncIterator[None]:
        changed = asyncio.Event()
        self._listeners.add(changed)
        try:
            while True:
                await changed.wait()
                changed.clear()
                yield
        finally:
            self._listeners.discard(changed)

    async def refresh(self, account: AccountId | None = None) -> None:
        if account is not None and account not in self._accounts:
            raise UserError("account_unknown")
        self.refreshed.append(account)
        await self.may_answer.wait()
        if self.unseen:
            self.add(*self.unseen)
            self.unseen.clear()

    async def look(self, order: AccountOrder) -> Found:
        self.orders.append(order)
        await self.may_answer.wait()
        self._fail()
        if order.host.startswith("http://"):
            raise UserError("service_address")
        known = self._elsewhere.get((order.host, order.name))
        if known is None:
            raise UserError("service_unknown", host=order.host)
        password, keys = known
        if order.password.reveal() != password:
            raise UserError("account_refused")
        return Found(
            provider=keys[0].provider,
            host=order.host,
            certificates=tuple(key.held for key in keys),
            order=order,
        )

    async def keep(self, found: Found) -> Account:
        self._fail()
        _, keys = self._elsewhere[found.host, found.order.name]
        self.add(*keys)
        account = self._accounts[keys[0].account_id]
        self.passwords[account.id] = found.order.password
        return account

    async def forget(self, account: AccountId) -> bool:
        if self._accounts.pop(account, None) is None:
            return False
        self.passwords.pop(account, None)
        self._keys = [key for key in self._keys if key.account_id != account]
        self._changed()
        return True

    @asynccontextmanager
    async def open(self, certificate: CertificateId) -> AsyncIterator["_Session"]:
        key = next((k for k in self._keys if k.id == certificate), None)
        if key is None:
            raise UserError("certificate_not_found")
        self._fail()
        self.open_sessions += 1
        try:
            yield _Session(key)
        finally:
            self.open_sessions -= 1

    def _fail(self) -> None:
        if self.fails_with is not None:
            failure, self.fails_with = self.fails_with, None
            raise failure


class _Session:
    def __init__(self, key: RemoteKey) -> None:
        self._key = key
        self._knows_pin = False

    @property
    def certificate(self) -> ServiceCertificate:
        return self._key.held

    @property
    def confirmation(self) -> Confirmation:
        return self._key.confirmation

    @property
    def at_once(self) -> int:
        return self._key.at_once

    async def send_otp(self) -> None:
        key = self._key
        assert key.confirmation.otp is OtpKind.SENT, "nobody asked for one to be sent"
        await key.may_answer.wait()
        self._fail()
        key.events.append("otp sent")

    async def sign(
        self,
        items: Sequence[ToSign],
        mechanism: Mechanism,
        *,
        pin: Pin | None,
        otp: Pin | None,
        on_wait: Callable[[float], Awaitable[None]],
    ) -> tuple[bytes, ...]:
        key, asked = self._key, self._key.confirmation
        typed_pin, typed_otp = _used(pin), _used(otp)
        assert (typed_otp is not None) == (asked.otp is not None)
        assert (typed_pin is not None) == (asked.pin and not self._knows_pin)
        assert len(items) <= key.at_once
        try:
            await key.may_answer.wait()
            self._fail()
            if typed_pin is not None:
                key.pins_tried.append(typed_pin)
                if typed_pin != key.pin:
                    raise UserError("service_pin_incorrect")
                self._knows_pin = True
            if typed_otp is not None:
                key.otps_tried.append(typed_otp)
                if typed_otp != key.otp:
                    raise UserError("otp_incorrect")
            if asked.phone:
                await self._confirmed_on_phone(on_wait)
        except asyncio.CancelledError:
            key.events.append("given up")
            raise
        key.events.append("signed")
        key.signed += items
        if key.answers is not None:
            return key.answers
        return tuple(_signature(key, item.message, mechanism) for item in items)

    async def _confirmed_on_phone(self, on_wait: Callable[[float], Awaitable[None]]) -> None:
        self._key.on_phone = asyncio.get_running_loop().create_future()
        await on_wait(self._key.phone_seconds)
        refusal = await self._key.on_phone
        if refusal is not None:
            raise UserError(refusal)

    def _fail(self) -> None:
        if self._key.fails_with is not None:
            failure, self._key.fails_with = self._key.fails_with, None
            raise failure


def _used(secret: Pin | None) -> str | None:
    if secret is None:
        return None
    value = secret.consume()
    text = value.decode()
    wipe(value)
    return text


def _signature(key: RemoteKey, message: bytes, mechanism: Mechanism) -> bytes:
    match mechanism, key.key:
        case Mechanism.RSA_PKCS1_SHA256, rsa.RSAPrivateKey() as private:
            return private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        case Mechanism.ECDSA_SHA256, ec.EllipticCurvePrivateKey() as private:
            return private.sign(message, ec.ECDSA(hashes.SHA256()))
        case _:
            raise UserError("certificate_unsuitable")
