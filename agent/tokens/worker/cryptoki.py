"""PKCS#11 in plain values: integers, bytes and one exception; the only importer of PyKCS11.

The low level of PyKCS11 is used, since the high level asks attributes for their size first (which
some Vietnamese drivers answer with 0) and copies a PIN into objects that cannot be overwritten.
"""

import ctypes
import sys
from dataclasses import dataclass
from typing import Any

import PyKCS11
from PyKCS11 import LowLevel

from agent.keys import PinState
from agent.tokens.calls import MAX_PIN, TokenRef

#: Enough for the value of any certificate seen; one larger answers CKR_BUFFER_TOO_SMALL.
_VALUE_BYTES = 4096
_LARGE_VALUE_BYTES = 32768
#: As long as the signature of an 8192-bit RSA key.
_SIGNATURE_BYTES = 1024
_FOUND_AT_ONCE = 10
#: A driver that never stops finding objects is broken; no token holds so many.
_MOST_OBJECTS = 500

CERTIFICATE: int = PyKCS11.CKO_CERTIFICATE
PUBLIC_KEY: int = PyKCS11.CKO_PUBLIC_KEY
PRIVATE_KEY: int = PyKCS11.CKO_PRIVATE_KEY

RSA: int = PyKCS11.CKK_RSA
EC: int = PyKCS11.CKK_EC

RSA_PKCS: int = PyKCS11.CKM_RSA_PKCS
RSA_PSS: int = PyKCS11.CKM_RSA_PKCS_PSS
ECDSA: int = PyKCS11.CKM_ECDSA

#: Hash and mask of RSASSA-PSS by the digest's length, bytes.
_PSS = {
    32: (PyKCS11.CKM_SHA256, PyKCS11.CKG_MGF1_SHA256),
    48: (PyKCS11.CKM_SHA384, PyKCS11.CKG_MGF1_SHA384),
    64: (PyKCS11.CKM_SHA512, PyKCS11.CKG_MGF1_SHA512),
}


class CryptokiError(Exception):
    """A module's function answered something else than CKR_OK."""

    def __init__(self, code: int, function: str) -> None:
        super().__init__(f"{name_of(code)} in {function}")
        self.code = code


def name_of(code: int) -> str:
    """The name of a CKR_* value."""
    name = PyKCS11.CKR.get(code)
    return str(name) if name else f"CKR 0x{code & 0xFFFFFFFF:08X}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    ref: TokenRef
    pin: PinState
    initialised: bool


class Cryptoki:
    """One loaded and initialised module. Raises CryptokiError from every method.

    Raises OSError if it cannot be loaded.
    """

    def __init__(self, path: str) -> None:
        self._lib = LowLevel.CPKCS11Lib()
        self._parameters: Any = None
        self._signature = ctypes.create_string_buffer(_SIGNATURE_BYTES)
        functions = _initialise(path)
        # There is no C_Finalize and no unloading anywhere: some drivers hang in it; the end of the
        # process does it better.
        _check(self._lib.Load(path), "C_Initialize")
        self._sign_init = _SIGN_INIT(_function(functions, _C_SIGN_INIT))
        self._sign = _SIGN(_function(functions, _C_SIGN))

    def slots(self, *, with_token: bool) -> list[int]:
        """The slots; asking is also what makes most modules look at their readers again."""
        found = LowLevel.ckulonglist()
        _check(self._lib.C_GetSlotList(int(with_token), found), "C_GetSlotList")
        return list(found)

    def reader(self, slot: int) -> str:
        info = LowLevel.CK_SLOT_INFO()
        _check(self._lib.C_GetSlotInfo(slot, info), "C_GetSlotInfo")
        return _text(info.GetSlotDescription())

    def token(self, slot: int) -> Token:
        info = LowLevel.CK_TOKEN_INFO()
        _check(self._lib.C_GetTokenInfo(slot, info), "C_GetTokenInfo")
        flags = info.flags
        return Token(
            ref=TokenRef(
                slot=slot,
                label=_text(info.GetLabel()),
                manufacturer=_text(info.GetManufacturerID()),
                model=_text(info.GetModel()),
                serial=_text(info.GetSerialNumber()),
            ),
            pin=PinState(
                low=bool(flags & PyKCS11.CKF_USER_PIN_COUNT_LOW),
                final_try=bool(flags & PyKCS11.CKF_USER_PIN_FINAL_TRY),
                locked=bool(flags & PyKCS11.CKF_USER_PIN_LOCKED),
                pin_pad=bool(flags & PyKCS11.CKF_PROTECTED_AUTHENTICATION_PATH),
                min_length=_length(info.ulMinPinLen),
                max_length=_length(info.ulMaxPinLen),
            ),
            initialised=bool(flags & PyKCS11.CKF_TOKEN_INITIALIZED),
        )

    def open_session(self, slot: int) -> int:
        """A read-only session: VNPT's driver refuses others while scanning, and we never write."""
        handle = LowLevel.CK_SESSION_HANDLE()
        _check(self._lib.C_OpenSession(slot, PyKCS11.CKF_SERIAL_SESSION, handle), "C_OpenSession")
        return int(handle.value())

    def close_session(self, session: int) -> None:
        _check(self._lib.C_CloseSession(_session(session)), "C_CloseSession")

    def close_all_sessions(self, slot: int) -> None:
        _check(self._lib.C_CloseAllSessions(slot), "C_CloseAllSessions")

    def find(self, session: int, object_class: int) -> list[int]:
        """Handles of all objects of the class that the session sees."""
        handle = _session(session)
        template = LowLevel.ckattrlist(1)
        template[0].SetNum(PyKCS11.CKA_CLASS, object_class)
        _check(self._lib.C_FindObjectsInit(handle, template), "C_FindObjectsInit")
        found: list[int] = []
        try:
            while len(found) < _MOST_OBJECTS:
                some = LowLevel.ckulonglist(_FOUND_AT_ONCE)
                _check(self._lib.C_FindObjects(handle, some), "C_FindObjects")
                if not len(some):
                    break
                found += list(some)
        finally:
            self._lib.C_FindObjectsFinal(handle)
        return found

    def value(self, session: int, handle: int, attribute: int, size: int) -> bytes | None:
        """One attribute, read into a buffer of `size` bytes; None where there is none to see."""
        template = LowLevel.ckattrlist(1)
        template[0].SetType(attribute)
        template[0].Reserve(size)
        code = self._lib.C_GetAttributeValue(_session(session), _object(handle), template)
        if code in _NOTHING_TO_SEE:
            return None
        _check(code, "C_GetAttributeValue")
        return bytes(template[0].GetBin())

    def key_id(self, session: int, handle: int) -> bytes:
        return self.value(session, handle, PyKCS11.CKA_ID, 256) or b""

    def certificate(self, session: int, handle: int) -> bytes:
        try:
            return self.value(session, handle, PyKCS11.CKA_VALUE, _VALUE_BYTES) or b""
        except CryptokiError as error:
            if error.code != PyKCS11.CKR_BUFFER_TOO_SMALL:
                raise
            return self.value(session, handle, PyKCS11.CKA_VALUE, _LARGE_VALUE_BYTES) or b""

    def key_type(self, session: int, handle: int) -> int | None:
        """CKA_KEY_TYPE: `RSA`, `EC` or another number."""
        value = self.value(session, handle, PyKCS11.CKA_KEY_TYPE, 8)
        return int.from_bytes(value, sys.byteorder) if value else None

    def modulus(self, session: int, handle: int) -> bytes:
        value = self.value(session, handle, PyKCS11.CKA_MODULUS, 1024) or b""
        return value.lstrip(b"\0")

    def ec_point(self, session: int, handle: int) -> bytes:
        """The point without the OCTET STRING that PKCS#11 wants around it and some leave out."""
        value = self.value(session, handle, PyKCS11.CKA_EC_POINT, 256) or b""
        if value[:1] == b"\x04" and len(value) > 2 and value[1] == len(value) - 2:  # noqa: PLR2004 (a tag and a length)
            return value[2:]
        return value

    def always_authenticate(self, session: int, handle: int) -> bool:
        value = self.value(session, handle, PyKCS11.CKA_ALWAYS_AUTHENTICATE, 1)
        return bool(value) and value != b"\0"

    def login(self, session: int, pin: bytearray | None, *, context: bool = False) -> None:
        """C_Login as the user, or for the operation just begun. None: typed on the reader."""
        copy = LowLevel.ckbytelist(len(pin) if pin else 0)
        user = PyKCS11.CKU_CONTEXT_SPECIFIC if context else PyKCS11.CKU_USER
        try:
            for index, byte in enumerate(pin or b""):
                copy[index] = byte
            _check(self._lib.C_Login(_session(session), user, copy), "C_Login")
        finally:
            for index in range(len(copy)):
                copy[index] = 0

    def logout(self, session: int) -> None:
        _check(self._lib.C_Logout(_session(session)), "C_Logout")

    def sign_init(self, session: int, key: int, mechanism: int, *, digest_bytes: int) -> None:
        """Begin a signature with `RSA_PKCS`, `RSA_PSS` or `ECDSA` over a digest so long."""
        if mechanism != RSA_PSS:
            chosen = ctypes.byref(_MECHANISMS[mechanism])
            _check(self._sign_init(session, chosen, key), "C_SignInit")
            return
        pss = LowLevel.CK_MECHANISM()
        pss.mechanism = mechanism
        # The mechanism only points at its parameters, so they are kept as long as it may be.
        self._parameters = LowLevel.CK_RSA_PKCS_PSS_PARAMS()
        self._parameters.hashAlg, self._parameters.mgf = _PSS[digest_bytes]
        self._parameters.sLen = digest_bytes
        pss.pParameter = self._parameters
        pss.ulParameterLen = LowLevel.CK_RSA_PKCS_PSS_PARAMS_LENGTH
        _check(self._lib.C_SignInit(_session(session), pss, _object(key)), "C_SignInit")

    def sign(self, session: int, data: bytes) -> bytes:
        # Not by PyKCS11, which hands octets out one by one: a quarter of a millisecond for each
        # signature. With room enough from the start the question for the size, one more exchange
        # with some cards, is not needed.
        length = ctypes.c_ulong(_SIGNATURE_BYTES)
        code = self._sign(session, data, len(data), self._signature, ctypes.byref(length))
        _check(code, "C_Sign")
        return self._signature.raw[: length.value]


def _initialise(path: str) -> int:
    """C_Initialize(NULL): "we call from one thread", as PKCS#11 §5.4 has it. The function list.

    PyKCS11 would ask for locks of the operating system. With them OpenSC 0.23 waits for itself when
    a card is pulled during C_GetTokenInfo (sc_pkcs15_get_pin_info, sc_unlock), for ever.
    Afterwards PyKCS11 finds the module initialised. Raises OSError if it cannot be loaded.
    """
    functions = ctypes.c_void_p()
    library = ctypes.CDLL(path)
    library.C_GetFunctionList(ctypes.byref(functions))
    initialise = _function(functions.value or 0, _C_INITIALIZE)
    if initialise:
        ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)(initialise)(None)
    return functions.value or 0


#: Places in CK_FUNCTION_LIST (PKCS#11 2.40, pkcs11f.h).
_C_INITIALIZE = 0
_C_SIGN_INIT = 42
_C_SIGN = 43


class _Mechanism(ctypes.Structure):
    """CK_MECHANISM."""

    if sys.platform == "win32":
        _pack_ = 1
    _fields_ = (
        ("mechanism", ctypes.c_ulong),
        ("parameter", ctypes.c_void_p),
        ("parameter_length", ctypes.c_ulong),
    )


#: Those that have no parameters.
_MECHANISMS = {number: _Mechanism(number, None, 0) for number in (RSA_PKCS, ECDSA)}
#: CK_RV C_SignInit(CK_SESSION_HANDLE, CK_MECHANISM_PTR, CK_OBJECT_HANDLE)
_SIGN_INIT = ctypes.CFUNCTYPE(
    ctypes.c_ulong, ctypes.c_ulong, ctypes.POINTER(_Mechanism), ctypes.c_ulong
)
#: CK_RV C_Sign(CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG_PTR)
_SIGN = ctypes.CFUNCTYPE(
    ctypes.c_ulong,
    ctypes.c_ulong,
    ctypes.c_char_p,
    ctypes.c_ulong,
    ctypes.c_char_p,
    ctypes.POINTER(ctypes.c_ulong),
)


def _function(functions: int, place: int) -> int:
    """The address of a function, or 0."""
    if not functions:
        return 0
    pointer = ctypes.sizeof(ctypes.c_void_p)
    # The list begins with a CK_VERSION of two bytes; only on Windows are structures packed.
    first = 2 if sys.platform == "win32" else pointer
    return ctypes.c_void_p.from_address(functions + first + place * pointer).value or 0


_NOTHING_TO_SEE = frozenset({PyKCS11.CKR_ATTRIBUTE_TYPE_INVALID, PyKCS11.CKR_ATTRIBUTE_SENSITIVE})


def _check(code: int, function: str) -> None:
    if code != PyKCS11.CKR_OK:
        raise CryptokiError(code, function)


def _session(value: int) -> Any:
    handle = LowLevel.CK_SESSION_HANDLE()
    handle.assign(value)
    return handle


def _object(value: int) -> Any:
    handle = LowLevel.CK_OBJECT_HANDLE()
    handle.assign(value)
    return handle


def _text(value: str) -> str:
    """A padded field. (PyKCS11 leaves out what is no UTF-8; lone surrogates would not travel.)"""
    return value.encode("utf-8", "replace").decode().replace("\0", " ").strip()


def _length(value: int) -> int:
    """0 for "unknown" (CK_UNAVAILABLE_INFORMATION) and for what cannot be a PIN's length."""
    return value if 0 < value <= MAX_PIN else 0
