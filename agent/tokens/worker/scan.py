"""Reading what is on the tokens, without a PIN and without changing anything."""

from collections.abc import Callable
from enum import StrEnum

from agent.keys import KeyType
from agent.tokens.calls import (
    CertificateObject,
    KeyObject,
    Polled,
    Scanned,
    Slot,
    TokenRef,
)
from agent.tokens.mechanisms import trimmed_der
from agent.tokens.worker import cryptoki
from agent.tokens.worker.cryptoki import Cryptoki, CryptokiError, Token


def scan(module: Cryptoki) -> Scanned:
    """All tokens and their objects; what cannot be read is left out, never an error."""
    tokens = present(module)
    slots = [_read(module, token) for token in tokens]
    return Scanned(
        slots=tuple(slot for slot in slots if slot is not None),
        tokens=tuple(token.ref for token in tokens),
        readers=_readers(module),
    )


def poll(module: Cryptoki) -> Polled:
    return Polled(tokens=tuple(token.ref for token in present(module)))


def present(module: Cryptoki) -> list[Token]:
    """The tokens now in the readers, looked at afresh, as far as they can be read.

    Without C_GetSlotList a module may go on telling of a token that is gone or was swapped.
    """
    readable = (_token(module, slot) for slot in _occupied(module))
    return [token for token in readable if token is not None]


def _occupied(module: Cryptoki) -> list[int]:
    try:
        return module.slots(with_token=True)
    except CryptokiError:
        # The service behind the module is gone (pcscd killed), and with it every token.
        return []


def _token(module: Cryptoki, slot: int) -> Token | None:
    """None for a card that is of no known kind, or fails, or is just being pulled."""
    try:
        return module.token(slot)
    except CryptokiError:
        return None


def _readers(module: Cryptoki) -> tuple[str, ...]:
    try:
        return tuple(module.reader(slot) for slot in module.slots(with_token=False))
    except CryptokiError:
        return ()


def _read(module: Cryptoki, token: Token) -> Slot | None:
    slot = token.ref.slot
    certificates: list[CertificateObject] = []
    public: list[KeyObject] = []
    private: list[KeyObject] = []
    trouble = ""
    try:
        session = module.open_session(slot)
        try:
            _certificates(module, session, certificates)
            _keys(module, session, cryptoki.PUBLIC_KEY, public)
            _keys(module, session, cryptoki.PRIVATE_KEY, private)
        finally:
            module.close_session(session)
    except CryptokiError as error:
        trouble = str(error)
    if not token.initialised and not certificates:
        # SoftHSM always shows one empty slot more. A token that forgets its own flag is kept.
        return None
    return Slot(
        token=token.ref,
        reader=_reader(module, slot),
        pin=token.pin,
        certificates=tuple(certificates),
        public_keys=tuple(public),
        private_keys=tuple(private),
        trouble=trouble,
    )


def _reader(module: Cryptoki, slot: int) -> str:
    try:
        return module.reader(slot)
    except CryptokiError:
        return ""


def _certificates(module: Cryptoki, session: int, into: list[CertificateObject]) -> None:
    for handle in module.find(session, cryptoki.CERTIFICATE):
        der = trimmed_der(module.certificate(session, handle))
        if der:
            into.append(CertificateObject(key_id=module.key_id(session, handle), der=der))


def _keys(module: Cryptoki, session: int, object_class: int, into: list[KeyObject]) -> None:
    for handle in module.find(session, object_class):
        kind = key_type(module, session, handle)
        into.append(
            KeyObject(
                key_id=module.key_id(session, handle),
                key_type=kind,
                public=public_part(module, session, handle, kind),
                always_authenticate=object_class == cryptoki.PRIVATE_KEY
                and module.always_authenticate(session, handle),
            )
        )


def key_type(module: Cryptoki, session: int, handle: int) -> KeyType | None:
    match module.key_type(session, handle):
        case cryptoki.RSA:
            return KeyType.RSA
        case cryptoki.EC:
            return KeyType.EC
        case _:
            return None


def public_part(module: Cryptoki, session: int, handle: int, kind: KeyType | None) -> bytes:
    """The modulus or point of a key object as in calls.KeyRef; b"" if it does not show it."""
    read: Callable[[int, int], bytes]
    match kind:
        case KeyType.RSA:
            read = module.modulus
        case KeyType.EC:
            read = module.ec_point
        case None:
            return b""
    try:
        return read(session, handle)
    except CryptokiError:
        # Some modules answer CKR_FUNCTION_FAILED for the public half of a private key.
        return b""


class Absence(StrEnum):
    """Why a token is not found."""

    REMOVED = "its slot is empty"
    CHANGED = "another token is in its slot"
    UNREADABLE = "what is in its slot does not answer"


def find_token(module: Cryptoki, wanted: TokenRef) -> Token | Absence:
    """The wanted token, looked at afresh, in whichever slot it now is; its old one first."""
    slots = sorted(_occupied(module), key=lambda slot: slot != wanted.slot)
    absence = Absence.REMOVED
    for slot in slots:
        token = _token(module, slot)
        if token is not None and token.ref.same_token(wanted):
            return token
        if slot == wanted.slot:
            absence = Absence.UNREADABLE if token is None else Absence.CHANGED
    return absence
