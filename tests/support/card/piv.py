"""A NIST PIV card in software: SP 800-73-4 part 2 as far as signing with a PIN needs it.

Bytes in, bytes out; no sockets and no clock. Two keys: 9A (a login serves many signatures) and 9C
(each signature needs a VERIFY of its own, which PKCS#11 calls CKA_ALWAYS_AUTHENTICATE).
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.softhsm import PrivateKey, new_rsa_key, self_signed

OK = 0x9000
PIN_LENGTH = 8
TRIES = 3

_AID = bytes.fromhex("A000000308000010000100")
_DISCOVERY = bytes.fromhex("7E124F0B") + _AID + bytes.fromhex("5F2F024000")
_CHUID = bytes.fromhex("5FC102")


class KeySlot(StrEnum):
    """PIV key references, and the data object that holds each one's certificate."""

    AUTHENTICATION = "9A"
    SIGNATURE = "9C"  # CKA_ALWAYS_AUTHENTICATE

    @property
    def certificate_object(self) -> bytes:
        return bytes.fromhex({"9A": "5FC105", "9C": "5FC10A"}[self.value])


class Refused(Exception):  # noqa: N818
    """Ends a command with a status word."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04X}")
        self.status = status


@dataclass(kw_only=True)
class Person:
    """What is written on one holder's card, and its counters, which outlive insertions."""

    name: str
    keys: dict[KeySlot, PrivateKey]
    certificates: dict[KeySlot, x509.Certificate]
    pin: str = "123456"
    puk: str = "12345678"
    tries_left: int = TRIES
    puk_tries_left: int = TRIES
    guid: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    #: A card of no known kind: nothing answers to the PIV application's name.
    blank: bool = False
    #: How often a PIN was presented, right or wrong: what "never retried" is measured with.
    pins_presented: int = 0
    signatures: int = 0

    def public_key(self, slot: KeySlot) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
        """For the CA that is to issue the certificate."""
        return self.keys[slot].public_key()


def new_person(name: str = "NGUYỄN VĂN A", *, blank: bool = False) -> Person:
    """Keys made by the card, with self-signed certificates; give it others by assignment:

    person.certificates[KeySlot.AUTHENTICATION] = issued_by_your_ca
    """
    keys: dict[KeySlot, PrivateKey] = {} if blank else {slot: new_rsa_key() for slot in KeySlot}
    certificates = {slot: self_signed(key, name) for slot, key in keys.items()}
    return Person(name=name, keys=keys, certificates=certificates, blank=blank)


class PivCard:
    """The card's processor: `power_on`, then `command` for each APDU."""

    ATR = bytes.fromhex("3B8001") + b"\x81"  # T=1, no historical bytes

    def __init__(self, person: Person) -> None:
        self.person = person
        #: Forget the login when anything is selected, as cards do that are shared by programs.
        self.deselects = False
        self.power_on()

    def power_on(self) -> None:
        self._selected = False
        self._verified = False
        self._fresh = False  # VERIFY was the last thing that mattered: good for one use of 9C
        self._chained = b""
        self._rest = b""

    def command(self, apdu: bytes) -> bytes:
        """The answer to one APDU, status word included."""
        cla, ins, p1, p2 = apdu[:4]
        data, expected = _parts(apdu)
        if ins == 0xC0:  # GET RESPONSE
            return self._next_part(expected)
        self._rest = b""
        if cla & 0x10:
            self._chained += data
            return OK.to_bytes(2)
        data, self._chained = self._chained + data, b""
        try:
            self._rest = self._execute(ins, p1, p2, data)
        except Refused as refused:
            return refused.status.to_bytes(2)
        return self._next_part(expected)

    def _next_part(self, expected: int) -> bytes:
        """As much as was asked for, and with 61xx how much is left."""
        part, self._rest = self._rest[:expected], self._rest[expected:]
        if self._rest:
            return part + bytes((0x61, min(len(self._rest), 0xFF)))
        return part + OK.to_bytes(2)

    def _execute(self, ins: int, p1: int, p2: int, data: bytes) -> bytes:
        if ins == 0xA4:
            return self._select(data)
        if not self._selected:
            raise Refused(0x6D00)
        match ins:
            case 0xCB:
                return self._get_data(data)
            case 0x20:
                return self._verify(p2, data)
            case 0x24:
                return self._change_reference(p2, data)
            case 0x2C:
                return self._reset_retry_counter(data)
            case 0x87:
                return self._general_authenticate(p1, p2, data)
            case _:
                raise Refused(0x6D00)

    def _select(self, name: bytes) -> bytes:
        if self.deselects:
            self._verified = self._fresh = False
        if self.person.blank or not _AID.startswith(name) or len(name) < 5:
            raise Refused(0x6A82)
        self._selected = True
        return _tlv(0x61, _tlv(0x4F, _AID[5:]) + _tlv(0x79, _tlv(0x4F, _AID[:5])))

    def _get_data(self, data: bytes) -> bytes:
        name = data[2:]  # 5C length name
        if name == b"\x7e":
            return _DISCOVERY
        if name == _CHUID:
            return _tlv(0x53, self._chuid())
        for slot, certificate in self.person.certificates.items():
            if name == slot.certificate_object:
                der = certificate.public_bytes(Encoding.DER)
                return _tlv(0x53, _tlv(0x70, der) + bytes.fromhex("710100FE00"))
        raise Refused(0x6A82)

    def _chuid(self) -> bytes:
        return (
            _tlv(0x30, hashlib.sha256(self.person.guid).digest()[:25])
            + _tlv(0x34, self.person.guid)
            + _tlv(0x35, b"20351231")
            + bytes.fromhex("3E00FE00")
        )

    def _verify(self, reference: int, data: bytes) -> bytes:
        if reference != 0x80:
            raise Refused(0x6A88)
        if not data:
            if self._verified:
                return b""
            raise Refused(self._tries_status())
        self._compare_pin(data)
        self._verified = self._fresh = True
        return b""

    def _compare_pin(self, padded: bytes) -> None:
        person = self.person
        if len(padded) != PIN_LENGTH:
            raise Refused(0x6A80)
        if not person.tries_left:
            raise Refused(0x6983)
        person.pins_presented += 1
        if padded != _padded(person.pin):
            person.tries_left -= 1
            self._verified = self._fresh = False
            raise Refused(self._tries_status())
        person.tries_left = TRIES

    def _tries_status(self) -> int:
        return 0x63C0 | self.person.tries_left if self.person.tries_left else 0x6983

    def _change_reference(self, reference: int, data: bytes) -> bytes:
        if reference != 0x80:
            raise Refused(0x6A88)
        self._compare_pin(data[:PIN_LENGTH])
        self.person.pin = data[PIN_LENGTH:].rstrip(b"\xff").decode()
        return b""

    def _reset_retry_counter(self, data: bytes) -> bytes:
        person = self.person
        if not person.puk_tries_left:
            raise Refused(0x6983)
        if data[:PIN_LENGTH] != _padded(person.puk):
            person.puk_tries_left -= 1
            raise Refused(0x63C0 | person.puk_tries_left)
        person.puk_tries_left = person.tries_left = TRIES
        person.pin = data[PIN_LENGTH:].rstrip(b"\xff").decode()
        return b""

    def _general_authenticate(self, algorithm: int, reference: int, data: bytes) -> bytes:
        slot = next((s for s in self.person.keys if int(s.value, 16) == reference), None)
        if slot is None:
            raise Refused(0x6A88)
        if not self._verified or (slot is KeySlot.SIGNATURE and not self._fresh):
            raise Refused(0x6982)
        self._fresh = False
        challenge = _field(_field(data, 0x7C), 0x81)
        signature = _signed(self.person.keys[slot], algorithm, challenge)
        self.person.signatures += 1
        return _tlv(0x7C, _tlv(0x82, signature))


def _signed(key: PrivateKey, algorithm: int, challenge: bytes) -> bytes:
    match key, algorithm:
        case rsa.RSAPrivateKey(), 0x07:
            numbers = key.private_numbers()
            modulus = numbers.public_numbers.n
            value = int.from_bytes(challenge)
            if value >= modulus:
                raise Refused(0x6A80)
            # The host has padded already; the card does the bare operation.
            return pow(value, numbers.d, modulus).to_bytes(key.key_size // 8)
        case ec.EllipticCurvePrivateKey(), 0x11:
            return key.sign(challenge, ec.ECDSA(Prehashed(hashes.SHA256())))
        case _:
            raise Refused(0x6A86)


def _padded(pin: str) -> bytes:
    return pin.encode().ljust(PIN_LENGTH, b"\xff")


def _parts(apdu: bytes) -> tuple[bytes, int]:
    """The data of a short APDU, and how many bytes are expected (ISO 7816-3 §12.1.2)."""
    if len(apdu) <= 5:
        return b"", (apdu[4] if len(apdu) == 5 else 0) or 256
    end = 5 + apdu[4]
    return apdu[5:end], (apdu[end] if len(apdu) > end else 0) or 256


def _tlv(tag: int, value: bytes) -> bytes:
    length = len(value)
    if length < 0x80:
        head = bytes((tag, length))
    elif length < 0x100:
        head = bytes((tag, 0x81, length))
    else:
        head = bytes((tag, 0x82)) + length.to_bytes(2)
    return head + value


def _field(data: bytes, wanted: int) -> bytes:
    """The value under a tag of one byte. Raises Refused if there is none."""
    at = 0
    while at + 2 <= len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(data[at : at + size]), at + size
        if tag == wanted:
            return data[at : at + length]
        at += length
    raise Refused(0x6A80)
