"""A signature's field added to a PDF, with a hole where its CMS will be (ISO 32000-1 §12.8.1).

What is signed is the file around the hole, so all is written before anything is signed; only the
octets in the hole change after that.
"""

from dataclasses import dataclass
from typing import Final

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import PdfSignedData

from agent.formats.pdf.intake import readable
from agent.formats.pdf.ranges import ByteRange, size_of
from agent.formats.pdf.reader import Reader, Stream
from agent.formats.pdf.stamp import Drawn
from agent.full_disk import room

#: Octets kept free for a CMS: a chain of three certificates, and a time stamp with its own three.
RESERVED: Final = 24_576
_LINE_ENDS: Final = b"\r\n"


@dataclass(frozen=True, slots=True)
class Hole:
    place: ByteRange

    @property
    def capacity(self) -> int:
        return (self.place.after - self.place.before - 2) // 2

    def fill(self, stream: Stream, cms: bytes) -> None:
        """`cms` is at most `capacity` octets."""
        with room():
            stream.seek(self.place.before + 1)
            stream.write(cms.ljust(self.capacity, b"\0").hex().upper().encode())
            stream.flush()


def new_writer(reader: Reader) -> IncrementalPdfFileWriter:
    return IncrementalPdfFileWriter.from_reader(reader)


def with_hole(
    writer: IncrementalPdfFileWriter,
    value: PdfSignedData,
    *,
    name: str,
    drawn: Drawn | None = None,
) -> Hole:
    """`value` is put into a new field called `name`, and all that `writer` has added is written
    behind its document.

    Raises DocumentError pdf_malformed, storage_full; OSError.
    """
    with readable():
        field = SigFieldSpec(
            name,
            on_page=drawn.page if drawn else 0,
            box=drawn.box if drawn else None,  # type: ignore[arg-type]  # it need not be whole points
        )
        embedding = PdfCMSEmbedder(new_field_spec=field).write_cms(name, writer)
        reference = next(embedding)
        if drawn is not None:
            drawn.put_on(reference.get_object(), writer)
        embedding.send(SigObjSetup(sig_placeholder=value))
    write(writer)
    stream: Stream = writer.prev.stream
    end = size_of(stream)
    start, after = value.contents.offsets
    with room():
        value.byte_range.fill_offsets(stream, start, after, end)  # type: ignore[no-untyped-call]
        stream.flush()
    return Hole(ByteRange(start, after, end))


def write(writer: IncrementalPdfFileWriter) -> None:
    """What `writer` has added, behind its document. Raises DocumentError pdf_malformed,
    storage_full; OSError.
    """
    stream: Stream = writer.prev.stream
    with readable(), room():
        # An object must not begin on the last line of what is there: that is a comment (%%EOF).
        stream.seek(-1, 2)
        if stream.read(1) not in _LINE_ENDS:
            stream.seek(0, 2)
            stream.write(b"\n")
        writer.digest_aware_write = True
        writer.write_in_place()  # type: ignore[no-untyped-call]
        stream.flush()
