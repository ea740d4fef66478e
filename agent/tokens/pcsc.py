"""The few functions of PC/SC that tell of readers and cards, by ctypes.

winscard.dll, PCSC.framework and libpcsclite are one API with three memory layouts. The binding is
ours since pyscard has no wheels for Linux and needs swig, and four functions are all that is used.
No card is ever connected to: this only looks.
"""

import ctypes
import sys
from ctypes import Structure, byref, c_char_p, c_void_p, create_string_buffer
from dataclasses import dataclass
from typing import Any

if sys.platform == "win32":
    from ctypes import wintypes

    _Dword: Any = wintypes.DWORD
    _Long: Any = wintypes.LONG
    _Context: Any = c_void_p  # ULONG_PTR
    _ATR_BYTES = 36
elif sys.platform == "darwin":
    _Dword = ctypes.c_uint32
    _Long = ctypes.c_int32
    _Context = ctypes.c_int32
    _ATR_BYTES = 33
else:
    _Dword = ctypes.c_ulong
    _Long = ctypes.c_long
    _Context = ctypes.c_long
    _ATR_BYTES = 33

_SCOPE_SYSTEM = 2

_STATE_UNAWARE = 0x0000
_STATE_CHANGED = 0x0002
_STATE_UNKNOWN = 0x0004
_STATE_PRESENT = 0x0020

_SUCCESS = 0x00000000
_E_CANCELLED = 0x80100002
_E_UNKNOWN_READER = 0x80100009
_E_TIMEOUT = 0x8010000A
_E_NO_READERS_AVAILABLE = 0x8010002E

#: A pseudo reader whose state changes when readers come and go (MSDN, SCARD_READERSTATE).
_NEW_READER = b"\\\\?PnP?\\Notification"


class PcscGone(Exception):  # noqa: N818 (it reads as what happened)
    """The service is not there, or went away; a new `Context` is needed."""


class _ReaderState(Structure):
    _pack_ = 1 if sys.platform == "darwin" else 0
    _fields_ = (
        ("name", c_char_p),
        ("user_data", c_void_p),
        ("current", _Dword),
        ("event", _Dword),
        ("atr_length", _Dword),
        ("atr", ctypes.c_ubyte * _ATR_BYTES),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """`state` is the whole state word of PC/SC, to be given back when waiting for changes."""

    name: bytes
    state: int

    @property
    def presence(self) -> tuple[bytes, bool, int]:
        """What changes when a card comes or goes, and only then.

        The upper half counts insertions and removals, so that a quick pull and push is not missed.
        The rest of the state also changes when some program merely uses the card.
        """
        return (self.name, bool(self.state & _STATE_PRESENT), self.state >> 16)


class Library:
    """The system's PC/SC library. Raises PcscGone if there is none."""

    def __init__(self) -> None:
        try:
            self._functions = _load()
        except OSError as error:
            raise PcscGone(str(error)) from error

    def connect(self) -> "Context":
        """Raises PcscGone if the service does not run."""
        handle = _Context()
        code = self._functions.SCardEstablishContext(
            _Dword(_SCOPE_SYSTEM), None, None, byref(handle)
        )
        _check(code, "SCardEstablishContext")
        return Context(self._functions, handle)


class Context:
    """One connection to the service. All methods raise PcscGone when it is gone.

    `cancel` may be called from another thread; everything else by one thread only.
    """

    def __init__(self, functions: Any, handle: Any) -> None:
        self._functions = functions
        self._handle = handle

    def readers(self) -> tuple[Reader, ...]:
        """All readers and their states, now."""
        unaware = tuple(Reader(name=name, state=_STATE_UNAWARE) for name in self._names())
        return self._status(unaware, milliseconds=0) or ()

    def tells_of_new_readers(self) -> bool:
        """Whether the service knows the pseudo reader; that of macOS does not."""
        states = self._status((Reader(name=_NEW_READER, state=_STATE_UNAWARE),), milliseconds=0)
        return states is not None and not states[0].state & _STATE_UNKNOWN

    def wait(self, readers: tuple[Reader, ...], *, new_ones: bool, milliseconds: int) -> None:
        """Block until a state differs from the given ones, the time is over, or `cancel`.

        With `new_ones` also until readers come or go.
        """
        # The upper half of the pseudo reader's state is the number of readers we know of.
        extra = (Reader(name=_NEW_READER, state=len(readers) << 16),) if new_ones else ()
        self._status(readers + extra, milliseconds=milliseconds)

    def _names(self) -> tuple[bytes, ...]:
        length = _Dword(0)
        buffer = None
        for _ in range(2):  # first the length, then the names
            code = self._list_readers(self._handle, None, buffer, byref(length))
            if _unsigned(code) == _E_NO_READERS_AVAILABLE:
                return ()
            _check(code, "SCardListReaders")
            if buffer is None:
                buffer = create_string_buffer(length.value)
        assert buffer is not None
        return tuple(name for name in buffer.raw[: length.value].split(b"\0") if name)

    def _status(
        self, readers: tuple[Reader, ...], *, milliseconds: int
    ) -> tuple[Reader, ...] | None:
        """SCardGetStatusChange; None if one of the readers is not there any more."""
        if not readers:
            return readers
        array = (_ReaderState * len(readers))()
        for item, reader in zip(array, readers, strict=True):
            item.name = reader.name
            item.current = reader.state
        code = self._get_status_change(
            self._handle, _Dword(milliseconds), array, _Dword(len(readers))
        )
        if _unsigned(code) in {_E_TIMEOUT, _E_CANCELLED}:
            return readers
        if _unsigned(code) == _E_UNKNOWN_READER:
            return None
        _check(code, "SCardGetStatusChange")
        return tuple(
            Reader(name=reader.name, state=item.event & ~_STATE_CHANGED)
            for item, reader in zip(array, readers, strict=True)
        )

    @property
    def _list_readers(self) -> Any:
        return getattr(self._functions, "SCardListReaders" + _ANSI)

    @property
    def _get_status_change(self) -> Any:
        return getattr(self._functions, "SCardGetStatusChange" + _ANSI)

    def cancel(self) -> None:
        """Let a `wait` in another thread return; without effect if there is none just now."""
        self._functions.SCardCancel(self._handle)

    def close(self) -> None:
        self._functions.SCardReleaseContext(self._handle)


_ANSI = "A" if sys.platform == "win32" else ""


def _load() -> Any:
    if sys.platform == "win32":
        return ctypes.WinDLL("winscard.dll")
    elif sys.platform == "darwin":  # noqa: RET505 (mypy knows platforms by their branches)
        return ctypes.CDLL("/System/Library/Frameworks/PCSC.framework/PCSC")
    else:
        return ctypes.CDLL("libpcsclite.so.1")


def _unsigned(code: int) -> int:
    return code & 0xFFFFFFFF


def _check(code: int, function: str) -> None:
    if _unsigned(code) != _SUCCESS:
        raise PcscGone(f"{function}: 0x{_unsigned(code):08X}")
