"""The document security store (EN 319 142-1 §5.4.2): what a signature is judged by offline.

Certificates, OCSP responses and CRLs of the whole file in one place, and for each signature a list
of those that are about it (VRI). What is read from it is a stranger's.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1

from agent.formats.levels import Evidence
from agent.formats.pdf.objects import entry, pdf, references, stream, target
from agent.formats.pdf.reader import Reader
from agent.formats.pdf.spool import Spooled

_MAX_ENTRIES: Final = 200  # of each kind
_MAX_BYTES: Final = 64 * 1024 * 1024  # of all that is read
_VERSION_WITH_STORE: Final = (2, 0)


@dataclass(frozen=True, slots=True)
class _Kind:
    entries: str  # in the store
    own: str  # in a signature's list
    purpose: DecodePurpose


_CERTIFICATES: Final = _Kind("/Certs", "/Cert", DecodePurpose.CERTIFICATE)
_OCSP: Final = _Kind("/OCSPs", "/OCSP", DecodePurpose.OCSP_RESPONSE)
_CRLS: Final = _Kind("/CRLs", "/CRL", DecodePurpose.CRL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """All in DER, if they are what they should be."""

    certificates: tuple[bytes, ...] = field(repr=False, default=())
    ocsp_responses: tuple[bytes, ...] = field(repr=False, default=())
    crls: tuple[bytes, ...] = field(repr=False, default=())
    about: frozenset[str] = frozenset()  # names of the signatures that have a list of their own


def name_of(contents: bytes) -> str:
    """Of a signature in the store: SHA-1 is only a name here, and the one that all readers know."""
    return "/" + hashlib.sha1(contents, usedforsecurity=False).hexdigest().upper()


def read_store(reader: Reader) -> Store:
    """What can be read of it."""
    stored = entry(reader.root, "/DSS")
    if not isinstance(stored, generic.DictionaryObject):
        return Store()
    left = _MAX_BYTES
    found: dict[_Kind, tuple[bytes, ...]] = {}
    for kind in (_CERTIFICATES, _OCSP, _CRLS):
        read = []
        for reference in references(entry(stored, kind.entries), most=_MAX_ENTRIES):
            octets = _octets(reader, reference, kind)
            left -= len(octets)
            if octets and left >= 0:
                read.append(octets)
        found[kind] = tuple(read)
    lists = entry(stored, "/VRI")
    return Store(
        certificates=found[_CERTIFICATES],
        ocsp_responses=found[_OCSP],
        crls=found[_CRLS],
        about=frozenset(map(str, lists)) if isinstance(lists, dict) else frozenset(),
    )


def add_to_store(
    writer: IncrementalPdfFileWriter, reader: Reader, evidence: Evidence, *, about: bytes
) -> None:
    """`about` is the /Contents of the signature that the evidence is for."""
    stored = entry(writer.root, "/DSS")
    if not isinstance(stored, generic.DictionaryObject):
        stored = pdf({"/Type": "/DSS"})
        writer.root["/DSS"] = writer.add_object(stored)
        writer.update_root()  # type: ignore[no-untyped-call]
    own = pdf({"/Type": "/VRI"})
    for kind, new in (
        (_CERTIFICATES, evidence.certificates),
        (_OCSP, evidence.ocsp_responses),
        (_CRLS, evidence.crls),
    ):
        array = entry(stored, kind.entries)
        entries = list(array) if isinstance(array, generic.ArrayObject) else []
        known = {_octets(reader, one, kind): one for one in references(array)}
        for octets in dict.fromkeys(new):
            if octets not in known:
                known[octets] = writer.add_object(stream({}, octets))
                entries.append(known[octets])
        if entries:
            stored[kind.entries] = pdf(entries)
        if new:
            own[kind.own] = pdf([known[one] for one in dict.fromkeys(new)])
    lists = entry(stored, "/VRI")
    if not isinstance(lists, generic.DictionaryObject):
        lists = stored["/VRI"] = pdf({})
    lists[name_of(about)] = writer.add_object(own)
    writer.update_container(stored)
    writer.update_container(lists)
    if writer.output_version < _VERSION_WITH_STORE:
        writer.register_extension(ESIC_EXTENSION_1)


def _octets(reader: Reader, reference: generic.IndirectObject, kind: _Kind) -> bytes:
    """Of an entry; empty for one that cannot be read."""
    try:
        if isinstance(reader.stream, Spooled):
            with reader.stream.whole():
                return bytes(target(reference).read_data(kind.purpose))
        return bytes(target(reference).read_data(kind.purpose))
    except Exception:  # noqa: BLE001 - a stranger's; a signature can be judged without it
        return b""
