"""Tokens in memory: the `Tokens` port with real keys, a PIN counter, and hands that pull the plug.

tokens = MemoryTokens()
card = tokens.plug(Card(holder="CÔNG TY A", mst="0312345678", pin="1234"))
tokens.unplug(card)
assert card.pins_tried == ["1234"]
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.x509.oid import NameOID

from agent.errors import UserError
from agent.keys import (
    CertificateId,
    KeyType,
    Mechanism,
    PinState,
    TokenCertificate,
    TokenId,
    TokenInfo,
)
from agent.pin import Pin, wipe
from agent.tokens.turns import Turn

NOW = datetime.now(UTC).replace(microsecond=0)


@cache
def _key(number: int, kind: KeyType) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    del number  # one key per number: making RSA keys is the slow part of these tests
    if kind is KeyType.EC:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, 2048)


@dataclass(eq=False, kw_only=True)
class Card:
    """One token with one certificate."""

    holder: str = "CÔNG TY TNHH THỬ NGHIỆM"
    mst: str = "0312345678"  # canonical
    issuer: str = "Test CA"
    pin: str = "12345678"
    not_before: datetime = NOW - timedelta(days=1)
    not_after: datetime = NOW + timedelta(days=365)
    tries_left: int = 3
    pin_pad: bool = False
    min_length: int = 4
    number: int = 1
    key_type: KeyType = KeyType.RSA
    always_authenticate: bool = False
    #: Raised by what is asked of the device next, as one that fails does.
    fails_with: Exception | None = None
    #: `sign` waits for it; set unless a test wants the token to be slow.
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    pins_tried: list[str] = field(default_factory=list)
    signatures: int = 0
    open_sessions: int = 0
    logged_in: int = 0

    def __post_init__(self) -> None:
        self.key = _key(self.number, self.key_type)
        uid = x509.ObjectIdentifier("0.9.2342.19200300.100.1.1")
        printed = self.mst if len(self.mst) != 13 else f"{self.mst[:10]}-{self.mst[10:]}"
        subject = [x509.NameAttribute(NameOID.COMMON_NAME, self.holder)]
        if self.mst:
            subject.append(x509.NameAttribute(uid, f"MST:{printed}"))
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name(subject))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.issuer)]))
            .public_key(self.key.public_key())
            .serial_number(0x5401 + self.number)
            .not_valid_before(self.not_before)
            .not_valid_after(self.not_after)
            .sign(_key(0, KeyType.EC), hashes.SHA256())
        )
        self.der = certificate.public_bytes(serialization.Encoding.DER)
        self.id = CertificateId(hashlib.sha256(self.der).hexdigest())

    @property
    def info(self) -> TokenInfo:
        return TokenInfo(
            id=TokenId(self.id[:32]),
            label=f"Token {self.number}",
            manufacturer="Test",
            model="Memory",
            serial=f"{self.number:08}",
            reader=f"Reader {self.number}",
            module="memory",
            pin=self.pin_state,
        )

    @property
    def pin_state(self) -> PinState:
        return PinState(
            low=self.tries_left < 3,
            final_try=self.tries_left == 1,
            locked=self.tries_left == 0,
            pin_pad=self.pin_pad,
            min_length=self.min_length,
            max_length=16,
        )

    @property
    def certificate(self) -> TokenCertificate:
        bits = self.key.key_size
        return TokenCertificate(
            id=self.id, der=self.der, token=self.info, key_type=self.key_type, key_bits=bits
        )


class MemoryTokens:
    """Implements `agent.tokens.api.Tokens`."""

    def __init__(self, *cards: Card) -> None:
        self._cards = list(cards)
        self._listeners: set[asyncio.Event] = set()
        self._turns: dict[CertificateId, Turn] = {}
        self.refreshed = 0
        #: Cards that only another look finds.
        self.unseen: list[Card] = []
        for card in cards:
            card.may_answer.set()

    def plug(self, card: Card) -> Card:
        card.may_answer.set()
        self._cards.append(card)
        self._changed()
        return card

    def unplug(self, card: Card) -> None:
        self._cards.remove(card)
        self._changed()

    def _changed(self) -> None:
        for listener in self._listeners:
            listener.set()

    async def refresh(self) -> None:
        self.refreshed += 1
        while self.unseen:
            self.plug(self.unseen.pop())

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def tokens(self) -> tuple[TokenInfo, ...]:
        return tuple(card.info for card in self._cards)

    def certificates(self) -> tuple[TokenCertificate, ...]:
        return tuple(card.certificate for card in self._cards)

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

    @asynccontextmanager
    async def open(
        self, certificate: CertificateId, *, for_long: bool = False
    ) -> AsyncIterator["_Session"]:
        card = next((c for c in self._cards if c.id == certificate), None)
        if card is None:
            raise UserError("certificate_not_found")
        async with self._turns.setdefault(card.id, Turn()).taken(for_long=for_long):
            card.open_sessions += 1
            session = _Session(self, card)
            try:
                yield session
            finally:
                card.open_sessions -= 1
                card.logged_in -= session.logged_in

    def plugged(self, card: Card) -> bool:
        return card in self._cards

    def wrong_pin(self, card: Card) -> None:
        """Called after each; for tests whose device then misbehaves."""


class _Session:
    def __init__(self, tokens: MemoryTokens, card: Card) -> None:
        self._tokens = tokens
        self._card = card
        self.logged_in = False

    @property
    def always_authenticate(self) -> bool:
        return self._card.always_authenticate

    async def pin_state(self) -> PinState:
        self._present()
        return self._card.pin_state

    async def login(self, pin: Pin | None) -> None:
        card = self._card
        self._present()
        if card.pin_pad:
            assert pin is None, "a PIN pad's PIN is typed on the reader"
            self._logged_in()
            return
        assert pin is not None
        value = pin.consume()
        text = value.decode()
        wipe(value)
        if card.tries_left == 0:
            raise UserError("pin_locked")
        if len(text) < card.min_length:
            raise UserError("pin_length")
        card.pins_tried.append(text)
        if text != card.pin:
            card.tries_left -= 1
            self._tokens.wrong_pin(card)
            raise UserError(
                "pin_incorrect", final_try=card.tries_left == 1, locked=card.tries_left == 0
            )
        card.tries_left = 3
        self._logged_in()

    def _logged_in(self) -> None:
        self.logged_in = True
        self._card.logged_in += 1

    async def sign(self, digest: bytes, mechanism: Mechanism) -> bytes:
        card = self._card
        assert self.logged_in, "log in first"
        await card.may_answer.wait()
        self._present()
        card.signatures += 1
        match mechanism, card.key:
            case Mechanism.RSA_PKCS1_SHA256, rsa.RSAPrivateKey() as key:
                return key.sign(digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
            case Mechanism.ECDSA_SHA256, ec.EllipticCurvePrivateKey() as key:
                return key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
            case _:
                raise UserError("certificate_unsuitable")

    async def sign_each(
        self, digests: Sequence[bytes], mechanism: Mechanism
    ) -> AsyncGenerator[bytes, None]:
        for digest in digests:
            yield await self.sign(digest, mechanism)

    def _present(self) -> None:
        if not self._tokens.plugged(self._card):
            raise UserError("token_removed")
        if self._card.fails_with is not None:
            failure, self._card.fails_with = self._card.fails_with, None
            raise failure
