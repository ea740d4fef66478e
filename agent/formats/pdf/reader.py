"""pyHanko's reader with bounds, over a PDF that is held or lies in a file."""

import binascii
import re
import secrets
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils import generic, misc
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.pdf_utils.xref import read_object_header

from agent.documents import Document, Filed
from agent.errors import DocumentError
from agent.formats.pdf.spool import Spooled

#: Larger documents come as files.
MAX_BYTES: Final = 256 * 1024 * 1024
#: What other programs, and the ten digits of a cross-reference table, can surely take.
MAX_FILED_BYTES: Final = 8 * 1024 * 1024 * 1024
#: Objects looked up while the changes after signatures are analysed: some seconds. The analysis
#: follows every path to an object; 1,500 pages have 9,000, and a small file can have any number.
_MAX_LOOKS: Final = 150_000
#: A signature's dictionary with what it contains; longer ones are read in pyHanko's way.
_DICTIONARY_BYTES: Final = 256 * 1024
_LONG_HEX: Final = re.compile(rb"<((?:[0-9A-Fa-f]{2}){512,})>")
_CONTENTS: Final = generic.pdf_name("/Contents")

Stream = BytesIO | Spooled


def stream_of(document: Document) -> Stream:
    """To be closed by whom it is given to. Raises DocumentError document_too_large; OSError."""
    match document:
        case bytes() if len(document) <= MAX_BYTES:
            return BytesIO(document)
        case Filed() if document.size <= MAX_FILED_BYTES:
            return Spooled(document.path)
        case bytes():
            raise DocumentError("document_too_large", size=len(document), limit=MAX_BYTES)
        case _:
            raise DocumentError("document_too_large", size=document.size, limit=MAX_FILED_BYTES)


class Reader(PdfFileReader):
    """Not strict: offices' scanners write files with small faults that every viewer opens."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream, strict=False)
        self._resolvers: dict[int, _Bounded] = {}
        self._looks = 0
        self._containers = frozenset[generic.Reference]()
        if isinstance(stream, Spooled):
            self._containers = frozenset(self._object_streams())
            stream.stay()

    def get_object(self, ref: Any, *args: Any, **options: Any) -> Any:
        if isinstance(self.stream, Spooled) and (
            ref in self._containers or options.get("as_metadata_stream")
        ):
            with self.stream.whole():
                return self._got(ref, *args, **options)
        return self._got(ref, *args, **options)

    def _got(self, ref: Any, *args: Any, **options: Any) -> Any:
        return super().get_object(ref, *args, **options)  # type: ignore[no-untyped-call]

    def get_historical_resolver(self, revision: int) -> HistoricalResolver:
        if revision not in self._resolvers:
            self._resolvers[revision] = _Bounded(self, revision)
        return self._resolvers[revision]

    def look(self) -> None:
        """Raises PdfReadError when the analysis has looked up too much."""
        self._looks += 1
        if self._looks > _MAX_LOOKS:
            raise misc.PdfReadError("more paths than there is time for")

    def read_value(self, reference: generic.IndirectObject) -> None:
        """Read a signature's dictionary ahead, with its contents in one piece.

        pyHanko reads a hexadecimal string octet by octet, which for a signature takes longer than
        all else. What is not just as expected is left to it.
        """
        ref = reference.reference
        place = self.xrefs[ref]
        if not isinstance(place, int) or (ref.generation, ref.idnum) in self.resolved_objects:
            return
        self.stream.seek(place)
        octets = self.stream.read(_DICTIONARY_BYTES)
        if not isinstance(octets, bytes):
            octets = self._octets(place)
        found = _LONG_HEX.search(octets)
        if found is None:
            return
        mark = secrets.token_bytes(16)
        marked = BytesIO(
            b"%b<%b>%b" % (octets[: found.start()], mark.hex().encode(), octets[found.end() :])
        )
        try:
            named = read_object_header(marked, strict=False)  # type: ignore[no-untyped-call]
            value = generic.read_object(marked, generic.Reference(ref.idnum, ref.generation, self))
        except misc.PdfError:
            return
        if named != (ref.idnum, ref.generation) or not isinstance(value, generic.DictionaryObject):
            return
        contents = value.get(_CONTENTS)
        if getattr(contents, "original_bytes", None) == mark:
            value[_CONTENTS] = generic.ByteStringObject(binascii.unhexlify(found[1]))
            self.resolved_objects[(ref.generation, ref.idnum)] = value

    def _octets(self, place: int) -> bytes:
        assert isinstance(self.stream, Spooled)
        return self.stream.octets(place, _DICTIONARY_BYTES)

    def _object_streams(self) -> "set[generic.Reference]":
        """All there ever were: they must be decoded to find the objects in them."""
        found = set()
        for revision in range(self.xrefs.total_revisions):
            data = self.xrefs.get_xref_data(revision)
            both = [data, data.hybrid.xref_data] if data.hybrid else [data]
            found |= {number for one in both for number in one.obj_streams_used}
        return {generic.Reference(number, pdf=self) for number in found}


class _Bounded(HistoricalResolver):
    """A revision of the file; each look at an object counts."""

    reader: Reader

    def get_object(self, ref: Any, as_metadata_stream: bool = False) -> Any:  # noqa: FBT001, FBT002
        self.reader.look()
        return super().get_object(ref, as_metadata_stream=as_metadata_stream)
