"""What a library file is, judged from its bytes before anything is loaded.

Reads the headers of PE (Windows), ELF (Linux) and Mach-O (macOS) files; a file may be damaged or
hostile, so every offset is checked and nothing but BadLibrary is raised.
"""

import mmap
import platform
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

Buffer = bytes | mmap.mmap

_FUNCTION = b"C_GetFunctionList"
#: An honest module exports some 70 functions, the largest libraries some ten thousand.
_MOST_EXPORTS = 65536

_PE = {0x014C: "x86", 0x8664: "x86_64", 0xAA64: "arm64"}
_ELF = {3: "x86", 62: "x86_64", 183: "arm64", 40: "arm"}
_MACH = {0x00000007: "x86", 0x01000007: "x86_64", 0x0100000C: "arm64"}
_NAMES = {"amd64": "x86_64", "aarch64": "arm64", "i386": "x86", "i686": "x86"}


class BadLibrary(ValueError):  # noqa: N818 (it reads as what was found)
    """Not a library of this operating system, or a damaged one."""


def machines_of(path: Path) -> frozenset[str]:
    """The machine types a library is made for: x86, x86_64, arm64 or arm.

    A Mach-O file may be for several. Raises BadLibrary, OSError.
    """
    with _opened(path) as content:
        return _machines(content)


def own_machine() -> str:
    """That of this process, which under emulation is not that of the computer."""
    found = machines_of(Path(sys.executable).resolve())
    if len(found) == 1:
        return next(iter(found))
    name = platform.machine().lower()
    return _NAMES.get(name, name)


def is_pkcs11_module(path: Path) -> bool:
    """Whether the library exports C_GetFunctionList. Raises BadLibrary, OSError.

    In PE files the export table is read, for a CSP names the function too, to ask its PKCS#11 twin
    for it. Elsewhere such twins are not known, and the name among the symbols is enough.
    """
    with _opened(path) as content:
        if content[:2] == b"MZ":
            return _FUNCTION in _pe_exports(content)
        return content.find(_FUNCTION) >= 0


@contextmanager
def _opened(path: Path) -> Iterator[Buffer]:
    with path.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:  # an empty file cannot be mapped
            raise BadLibrary(str(error)) from error
        with mapped:
            yield mapped


def _machines(content: Buffer) -> frozenset[str]:
    magic = bytes(content[:4])
    if magic[:2] == b"MZ":
        return frozenset({_named(_PE, _pe_machine(content))})
    if magic == b"\x7fELF":
        order = {1: "<", 2: ">"}.get(_number("B", content, 5))
        if order is None:
            raise BadLibrary("an ELF file without byte order")
        return frozenset({_named(_ELF, _number(order + "H", content, 18))})
    for order in "<", ">":
        if magic in {struct.pack(order + "I", m) for m in (0xFEEDFACE, 0xFEEDFACF)}:
            return frozenset({_named(_MACH, _number(order + "I", content, 4))})
    if magic == b"\xca\xfe\xba\xbe":
        count = _number(">I", content, 4)
        if not 1 <= count <= 8:  # noqa: PLR2004 (Java classes share the magic; their version is here)
            raise BadLibrary("a Mach-O file for no machine")
        return frozenset(_named(_MACH, _number(">I", content, 8 + 20 * n)) for n in range(count))
    raise BadLibrary("neither PE nor ELF nor Mach-O")


def _named(table: dict[int, str], number: int) -> str:
    return table.get(number, f"0x{number:x}")


def _number(layout: str, content: Buffer, offset: int) -> int:
    size = struct.calcsize(layout)
    part = bytes(content[offset : offset + size]) if offset >= 0 else b""
    if len(part) < size:
        raise BadLibrary("the file ends too early")
    (value,) = struct.unpack(layout, part)
    return int(value)


def _pe_header(content: Buffer) -> int:
    """Offset of the COFF header (PE format, "Signature" and "COFF File Header")."""
    start = _number("<I", content, 0x3C)
    if bytes(content[start : start + 4]) != b"PE\0\0":
        raise BadLibrary("a DOS file")
    return start + 4


def _pe_machine(content: Buffer) -> int:
    return _number("<H", content, _pe_header(content))


def _pe_exports(content: Buffer) -> frozenset[bytes]:
    """The exported names (PE format, ".edata Section")."""
    coff = _pe_header(content)
    optional = coff + 20
    # PE32 and PE32+ differ in where the data directories begin; the first is that of the exports.
    directories = {0x10B: 96, 0x20B: 112}.get(_number("<H", content, optional))
    if directories is None:
        raise BadLibrary("a PE file of unknown kind")
    table = _number("<I", content, optional + directories)
    if not table:
        return frozenset()
    sections = _pe_sections(content, coff)
    table = _at(sections, table)
    count = min(_number("<I", content, table + 24), _MOST_EXPORTS)
    names = _at(sections, _number("<I", content, table + 32))
    found = set()
    for index in range(count):
        name = _at(sections, _number("<I", content, names + 4 * index))
        found.add(bytes(content[name : name + 64]).split(b"\0", 1)[0])
    return frozenset(found)


def _pe_sections(content: Buffer, coff: int) -> list[tuple[int, int, int]]:
    """Address in memory, size and offset in the file of each section."""
    first = coff + 20 + _number("<H", content, coff + 16)
    headers = [first + 40 * n for n in range(_number("<H", content, coff + 2))]
    return [
        (
            _number("<I", content, header + 12),
            _number("<I", content, header + 16),
            _number("<I", content, header + 20),
        )
        for header in headers
    ]


def _at(sections: list[tuple[int, int, int]], address: int) -> int:
    for start, size, offset in sections:
        if start <= address < start + size:
            return address - start + offset
    raise BadLibrary("an address outside of all sections")
