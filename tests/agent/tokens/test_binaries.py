"""Library files are judged from their bytes; damaged ones raise BadLibrary and nothing else."""

import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.tokens.binaries import BadLibrary, is_pkcs11_module, machines_of, own_machine
from tests.support.faulty import FaultyModule
from tests.support.softhsm import softhsm_library

_BASE = 0x1000


def pe(*exports: bytes, machine: int = 0x8664, wide: bool = True) -> bytes:
    """A Windows library with one section that holds nothing but its export table."""
    names = [name + b"\0" for name in exports]
    table_at, list_at = 0, 40
    names_at = list_at + 4 * len(names)
    places, text = [], b""
    for name in names:
        places.append(_BASE + names_at + len(text))
        text += name
    table = struct.pack("<IIHHIIIIIII", 0, 0, 0, 0, 0, 1, 0, len(names), 0, _BASE + list_at, 0)
    section = table + b"".join(struct.pack("<I", place) for place in places) + text
    optional = struct.pack("<H", 0x20B if wide else 0x10B).ljust(112 if wide else 96, b"\0")
    optional += struct.pack("<II", _BASE + table_at if names else 0, len(table))
    coff = struct.pack("<HHIIIHH", machine, 1, 0, 0, 0, len(optional), 0x2000)
    start = 0x40 + 4 + len(coff) + len(optional) + 40
    header = struct.pack("<8sIIII", b".edata", len(section), _BASE, len(section), start) + bytes(16)
    dos = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    return dos + b"PE\0\0" + coff + optional + header + section


def elf(machine: int, *, order: str = "<") -> bytes:
    ident = b"\x7fELF" + bytes((2, 1 if order == "<" else 2, 1)) + bytes(9)
    return ident + struct.pack(order + "HH", 3, machine) + bytes(40)


def mach(*cpus: int) -> bytes:
    if len(cpus) == 1:
        return struct.pack("<II", 0xFEEDFACF, cpus[0]) + bytes(24)
    entries = b"".join(struct.pack(">IIIII", cpu, 0, 4096, 100, 12) for cpu in cpus)
    return struct.pack(">II", 0xCAFEBABE, len(cpus)) + entries


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.mark.parametrize(
    ("content", "machines"),
    [
        (pe(b"x", machine=0x8664), {"x86_64"}),
        (pe(b"x", machine=0x014C, wide=False), {"x86"}),
        (pe(b"x", machine=0xAA64), {"arm64"}),
        (pe(b"x", machine=0x0200), {"0x200"}),
        (elf(62), {"x86_64"}),
        (elf(3), {"x86"}),
        (elf(183), {"arm64"}),
        (elf(40), {"arm"}),
        (elf(183, order=">"), {"arm64"}),
        (mach(0x0100000C), {"arm64"}),
        (mach(0x01000007, 0x0100000C), {"x86_64", "arm64"}),
    ],
)
def test_the_machine_is_read_from_the_header(
    file: Path, content: bytes, machines: set[str]
) -> None:
    file.write_bytes(content)

    assert machines_of(file) == machines


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"M",
        b"MZ",
        b"MZ" + bytes(100),
        b"\x7fELF",
        b"\x7fELF\x02\x09" + bytes(50),
        b"\xca\xfe\xba\xbe\x00\x00\x00\x41" + bytes(90),  # a Java class
        b"#!/bin/sh\n",
    ],
)
def test_what_is_no_library_is_bad(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(BadLibrary):
        machines_of(file)


def test_this_process_has_a_machine_type_that_its_libraries_share() -> None:
    assert own_machine() in machines_of(softhsm_library())


class TestPkcs11:
    def test_a_windows_module_exports_the_function_list(self, file: Path) -> None:
        for wide in (True, False):
            file.write_bytes(pe(b"C_Finalize", b"C_GetFunctionList", b"C_Sign", wide=wide))

            assert is_pkcs11_module(file)

    def test_a_csp_only_names_it(self, file: Path) -> None:
        file.write_bytes(pe(b"CPAcquireContext", b"CPSignHash") + b"C_GetFunctionList\0")

        assert not is_pkcs11_module(file)

    def test_a_windows_library_without_exports_is_none(self, file: Path) -> None:
        file.write_bytes(pe())

        assert not is_pkcs11_module(file)

    def test_real_modules_are_known(self, faulty: FaultyModule) -> None:
        assert is_pkcs11_module(faulty.path)
        assert is_pkcs11_module(softhsm_library())

    def test_other_libraries_are_not(self, file: Path) -> None:
        file.write_bytes(elf(62) + b"C_GetInfo\0")

        assert not is_pkcs11_module(file)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_library_is_bad_or_judged(file: Path, data: st.DataObject) -> None:
    content = bytearray(pe(b"C_GetFunctionList", b"C_Sign"))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(content)))
    file.write_bytes(content[:cut])
    for judge in (machines_of, is_pkcs11_module):
        try:
            judge(file)
        except BadLibrary:
            continue
