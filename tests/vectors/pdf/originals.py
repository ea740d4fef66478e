"""Files as offices have them, to be signed; and those that cannot be."""

import re
from dataclasses import dataclass
from io import BytesIO

from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter, copy_into_new_writer
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec

from tests.support import pdf
from tests.support.pdf_levels import World

WORLD = World()
ALL_FIELDS = FieldMDPSpec(FieldMDPAction.ALL)
OTHER = WORLD.ca.issue("CÔNG TY KHÁC", mst="0100233488")
PAGE = "BT /F1 24 Tf 72 720 Td (So tien: {}) Tj ET"


@dataclass(frozen=True, kw_only=True)
class Case:
    why: str
    document: bytes
    code: str = ""
    reason: str = ""
    warnings: tuple[str, ...] = ()


#: Objects: 1 catalogue, 2 pages, 3 page, 4 its content, 5 font.
PLAIN = pdf.appended(pdf.file(), {4: pdf.stream(PAGE.format(1000))})


def amount_field(amount: int) -> tuple[str, str]:
    """A text field of a form, and how it looks."""
    looks = f"/Tx BMC BT /F1 12 Tf ({amount}) Tj ET EMC"
    field = (
        f"<< /Type /Annot /Subtype /Widget /FT /Tx /T (SoTien) /V ({amount}) /F 4 /P 3 0 R"
        " /DA (/F1 12 Tf 0 g) /Rect [72 600 272 630] /AP << /N 7 0 R >> >>"
    )
    form = (
        "<< /Type /XObject /Subtype /Form /BBox [0 0 200 30] /Resources"
        f" << /Font << /F1 5 0 R >> >> /Length {len(looks)} >>\nstream\n{looks}\nendstream"
    )
    return field, form


#: And 6 a text field, whose looks are 7.
FORM = pdf.file(catalogue="/AcroForm << /Fields [6 0 R] >>", more=amount_field(1000))


def object_streams() -> bytes:
    """PDF 1.5's way: no table, and objects in compressed streams."""
    reader = PdfFileReader(BytesIO(PLAIN))
    writer = PdfFileWriter(stream_xrefs=True)
    together = writer.prepare_object_stream()
    writer.root[pdf_name("/Pages")] = writer.import_object(
        reader.root.raw_get("/Pages"), obj_stream=together
    )
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def hybrid() -> bytes:
    """A table for old readers, and a stream with more in it for new ones (ISO 32000-1 §7.5.8.4)."""
    body = pdf.file()
    table = body[: body.rindex(b"xref\n0 1")]
    stream_at = len(table)
    entry = b"\x01" + (0).to_bytes(4) + b"\x00"
    stream = (
        b"6 0 obj\n<< /Type /XRef /Size 7 /W [1 4 1] /Index [6 1] /Length %d >>\nstream\n" % 6
        + entry.replace((0).to_bytes(4), stream_at.to_bytes(4))
        + b"\nendstream\nendobj\n"
    )
    rest = body[stream_at:]
    moved = len(table + stream)
    rest = rest.replace(b"/Size 6", b"/Size 7 /XRefStm %d" % stream_at)
    return table + stream + rest[: rest.rindex(b"startxref")] + b"startxref\n%d\n%%%%EOF\n" % moved


def linearised() -> bytes:
    """Fast web view: the first page has a table at the beginning, which leads to the other one."""
    objects = {
        1: "<< /Type /Catalog /Pages 2 0 R >>",
        2: "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>",
        3: "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        4: pdf.stream(PAGE.format(1000)),
        5: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        6: "<< /Linearized 1 /L 0000 /H [0 0] /O 3 /E 0000 /N 1 /T 0000 >>",
    }
    written = {n: f"{n} 0 obj\n{text}\nendobj\n".encode("latin-1") for n, text in objects.items()}
    head = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    first = len(head) + len(written[6])
    width = len(_table(3, 4, [0] * 4, b"/Size 7 /Root 1 0 R /Prev 0000000000", 0))
    places, at = {6: len(head)}, first + width
    for number in (3, 4, 5, 1, 2):
        places[number] = at
        at += len(written[number])
    front = _table(
        3, 4, [places[n] for n in (3, 4, 5, 6)], b"/Size 7 /Root 1 0 R /Prev %010d" % at, 0
    )
    back = _table(0, 3, [0, places[1], places[2]], b"/Size 3", first)
    return head + written[6] + front + b"".join(written[n] for n in (3, 4, 5, 1, 2)) + back


def _table(start: int, count: int, places: list[int], trailer: bytes, leads_to: int) -> bytes:
    entries = b"".join(
        b"%010d %05d %b \n" % ((place, 0, b"n") if place or start else (0, 65535, b"f"))
        for place in places
    )
    return b"xref\n%d %d\n%btrailer\n<< %b >>\nstartxref\n%d\n%%%%EOF\n" % (
        start, count, entries, trailer, leads_to,
    )  # fmt: skip


def owner_only() -> bytes:
    writer = copy_into_new_writer(PdfFileReader(BytesIO(PLAIN)))
    writer.encrypt("owner", "")
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def looped() -> bytes:
    longer = pdf.appended(PLAIN, {4: pdf.stream(PAGE.format(1000))})
    *_, own = re.findall(rb"startxref\n(\d+)", longer)
    *_, earlier = re.findall(rb"/Prev (\d+)", longer)
    return own.join(longer.rsplit(earlier, 1)) if len(own) == len(earlier) else b""


def locked(spec: FieldMDPSpec = ALL_FIELDS) -> bytes:
    """By a signature."""
    return pdf.signed(FORM, WORLD.unit, field=SigFieldSpec("Khoa", field_mdp_spec=spec))


SIGN: dict[str, Case] = {
    "good": Case(why="The plainest document that can be signed.", document=PLAIN),
    "good-form": Case(why="A form's fields stay as they are.", document=FORM),
    "good-object-streams": Case(why=object_streams.__doc__, document=object_streams()),
    "good-hybrid": Case(why=hybrid.__doc__, document=hybrid()),
    "good-linearised": Case(why=linearised.__doc__, document=linearised()),
    "good-pdf-2.0": Case(
        why="The newest version.", document=PLAIN.replace(b"%PDF-1.7", b"%PDF-2.0")
    ),
    "good-without-last-line-end": Case(
        why="What is added must not begin on the line of %%EOF, which is a comment.",
        document=PLAIN.rstrip(),
    ),
    "good-certified-for-forms": Case(
        why="Its author allows filling in and signing (DocMDP 2).",
        document=pdf.certified(PLAIN, WORLD.unit, MDPPerm.FILL_FORMS),
    ),
    "good-certified-for-annotations": Case(
        why="Its author allows annotations too (DocMDP 3).",
        document=pdf.certified(PLAIN, WORLD.unit, MDPPerm.ANNOTATE),
    ),
    "good-locked-elsewhere": Case(
        why="An earlier signature locks one field; ours is another.",
        document=locked(FieldMDPSpec(FieldMDPAction.INCLUDE, ["SoTien"])),
    ),
    "locked": Case(
        why="It locks all fields, those to come too.", document=locked(), code="pdf_certified"
    ),
    "changed-after-a-signature": Case(
        why="It can be signed, but nobody may overlook that the page is another one.",
        document=pdf.appended(pdf.signed(PLAIN, OTHER), {4: pdf.stream(PAGE.format(9999))}),
        warnings=("pdf_changed",),
    ),
    "broken-signature": Case(
        why="The earlier signature is not good.",
        document=pdf.signed(PLAIN, OTHER).replace(b"So tien: 1000", b"So tien: 9999"),
        warnings=("signature_invalid",),
    ),
    "certified": Case(
        why="Its author forbids every change (DocMDP 1), another signature too.",
        document=pdf.certified(PLAIN, WORLD.unit, MDPPerm.NO_CHANGES),
        code="pdf_certified",
    ),
    "encrypted": Case(
        why="A password is needed to open it.", document=pdf.encrypted(PLAIN), code="pdf_encrypted"
    ),
    "encrypted-owner-only": Case(
        why="It opens without a password, and is encrypted nevertheless.",
        document=owner_only(),
        code="pdf_encrypted",
    ),
    "xfa": Case(
        why="An XFA form is drawn from data of its own.",
        document=pdf.file(
            catalogue="/AcroForm << /Fields [] /XFA 6 0 R >>", more=(pdf.stream("<xdp/>"),)
        ),
        code="pdf_xfa",
    ),
    "damaged-cut-off": Case(
        why="As by a broken upload.", document=PLAIN[:400], code="pdf_malformed"
    ),
    "damaged-reference-loop": Case(
        why="The tables lead to each other without end.",
        document=looped(),
        code="pdf_malformed",
    ),
    "damaged-page-loop": Case(
        why="A page tree whose branch is the tree itself.",
        document=pdf.appended(PLAIN, {2: "<< /Type /Pages /Kids [2 0 R] /Count 1 >>"}),
        code="pdf_malformed",
    ),
    "damaged-form-loop": Case(
        why="A field that is its own child.",
        document=pdf.appended(FORM, {6: "<< /FT /Tx /T (a) /Kids [6 0 R] >>"}),
        code="pdf_malformed",
    ),
    "damaged-form-bush": Case(
        why="Fields with the same two children, forty deep: more paths than there is time for.",
        document=pdf.appended(
            FORM,
            {
                6: "<< /FT /Tx /T (a) /Kids [20 0 R 20 0 R] >>",
                **{n: f"<< /T (a{n}) /Kids [{n + 1} 0 R {n + 1} 0 R] >>" for n in range(20, 60)},
            },
        ),
        code="pdf_malformed",
    ),
}
