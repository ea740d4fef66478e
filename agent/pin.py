"""A PIN on its way from the window to the worker: no repr, one use, erased.

Python cannot promise that no copy ever existed; it can promise that ours is overwritten, is never
printed, compared, pickled or logged, and cannot be used twice.
"""

from typing import Never


class Pin:
    """UTF-8 bytes of a PIN; `consume` hands them over once, `erase` overwrites them."""

    __slots__ = ("_bytes",)

    def __init__(self, value: bytearray) -> None:
        """Take ownership of `value`: it is overwritten by `erase`."""
        self._bytes: bytearray | None = value

    def consume(self) -> bytearray:
        """The bytes, once; the caller must overwrite them. Raises ValueError the second time."""
        if self._bytes is None:
            raise ValueError("a PIN can be used once")
        value, self._bytes = self._bytes, None
        return value

    def erase(self) -> None:
        if self._bytes is not None:
            wipe(self._bytes)
            self._bytes = None

    def __repr__(self) -> str:
        return "Pin(…)"

    def __reduce__(self) -> Never:
        raise TypeError("a PIN is never pickled")


def erase(*pins: Pin | None) -> None:
    """Those that there are."""
    for pin in pins:
        if pin is not None:
            pin.erase()


def wipe(buffer: bytearray) -> None:
    """Overwrite in place with zeros."""
    buffer[:] = bytes(len(buffer))
