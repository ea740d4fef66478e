"""What somebody can do to a signed file, and signatures that are not as they should be."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

from asn1crypto import cms as asn1cms
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp

from agent.formats.levels import Level
from agent.formats.pdf.hole import new_writer, with_hole
from agent.formats.pdf.ranges import digests
from agent.formats.pdf.reader import Reader
from tests.support import cms, pdf
from tests.vectors.pdf.originals import FORM, PAGE, PLAIN, WORLD, amount_field

SIGNED = pdf.signed(PLAIN, WORLD.unit)
SIGNED_FORM = pdf.signed(FORM, WORLD.unit)
EVIL = pdf.stream(PAGE.format(9999))
FILLED, FILLED_LOOKS = amount_field(9999)
FREE_TEXT = (
    "<< /Type /Annot /Subtype /FreeText /Rect [60 700 500 760] /Contents (So tien: 9999)"
    " /DA (/Helv 24 Tf 0 g) /C [1 1 1] /P 3 0 R /F 4 >>"
)


def hole(document: bytes = SIGNED) -> tuple[int, int, int]:
    """Where the contents begin and end, and how many octets are signed behind them."""
    numbers = re.findall(rb"/ByteRange \[0 (\d+) (\d+) (\d+)", document)[-1]
    before, after, rest = map(int, numbers)
    return before, after, rest


def contents(document: bytes = SIGNED) -> bytes:
    before, after, _ = hole(document)
    return bytes.fromhex(document[before + 1 : after - 1].decode())


def with_contents(octets: bytes, document: bytes = SIGNED) -> bytes:
    before, after, _ = hole(document)
    room = (after - before - 2) // 2
    return document[: before + 1] + octets.ljust(room, b"\0").hex().encode() + document[after - 1 :]


def with_value(value: bytes, key: bytes = b"/ByteRange", document: bytes = SIGNED) -> bytes:
    """Another /ByteRange, in the room of the old one."""
    found = re.search(re.escape(key) + rb" \[[^\]]*\]\s*", document)
    assert found is not None
    return document.replace(found[0], (key + b" " + value).ljust(len(found[0])), 1)


def cms_bent(bend: Callable[[asn1cms.SignedData], None]) -> bytes:
    info = asn1cms.ContentInfo.load(contents())
    bend(info["content"])
    return with_contents(info.dump(force=True))


def cms_of(document: bytes = SIGNED, **differently: Any) -> bytes:
    """A CMS of the same octets, built anew and bent."""
    before, after, rest = hole(document)
    covered = document[:before] + document[after : after + rest]
    built = cms.build(WORLD.unit, covered, attached=False, **differently)
    return with_contents(built, document)


def told(document: bytes = SIGNED, *, without: str = "", digest: str = "sha256") -> dict[str, Any]:
    """The attributes that `cms_of` signs."""
    before, after, rest = hole(document)
    covered = document[:before] + document[after : after + rest]
    found = cms.attributes(WORLD.unit, covered, digest=digest)
    return {key: value for key, value in found.items() if key != without}


def gap_moved() -> bytes:
    """What was signed behind the contents is moved to the end, where it says where the table is;
    there stands another one now, which leads to another content.
    """
    before, after, rest = hole()
    (table,) = map(int, re.findall(rb"startxref\s+(\d+)", SIGNED)[-1:])
    old = SIGNED[table : SIGNED.rindex(b"startxref")]
    entry = b"4 1\n%010d 00000 n \n"
    evil = table + len(old) + len(entry % 0)
    new = old.replace(b"xref\n", b"xref\n" + entry % evil, 1)
    between = SIGNED[after:table] + new + b"4 0 obj\n" + EVIL.encode() + b"\nendobj\n"
    document = SIGNED[:after] + between + SIGNED[after:]
    return with_value(b"[0 %d %d %d]" % (before, after + len(between), rest), document=document)


def gap_twice() -> bytes:
    before, after, rest = hole()
    half = rest // 2
    return with_value(
        b"[0 %d %d %d %d %d]" % (before, after, half, after + half + 1, rest - half - 1)
    )


def of_an_older_copy() -> bytes:
    """A new dictionary at the end, with the contents and the byte range of the old signature."""
    before, after, rest = hole()
    old = SIGNED[before:after].decode()
    reference = re.search(rb"/V (\d+) 0 R", SIGNED)
    assert reference is not None
    changed = pdf.appended(SIGNED, {4: EVIL})
    return pdf.appended(
        changed,
        {
            int(reference[1]): "<< /Type /Sig /Filter /Adobe.PPKLite"
            f" /SubFilter /ETSI.CAdES.detached /ByteRange [0 {before} {after} {rest}]"
            f" /Contents {old} >>"
        },
    )


def shadow_original() -> bytes:
    """Its author put a second page into it, which nothing leads to yet."""
    return pdf.appended(
        PLAIN,
        {
            20: "<< /Type /Pages /Kids [21 0 R] /Count 1 /MediaBox [0 0 595 842] >>",
            21: "<< /Type /Page /Parent 20 0 R /Contents 22 0 R"
            " /Resources << /Font << /F1 5 0 R >> >> >>",
            22: EVIL,
        },
    )


def covered_page() -> bytes:
    """A white sheet with another text lies over what the signer must not see."""
    return pdf.appended(
        PLAIN,
        {
            3: "<< /Type /Page /Parent 2 0 R /Contents [4 0 R 8 0 R]"
            " /Resources << /Font << /F1 5 0 R >> >> >>",
            4: EVIL,
            8: pdf.stream("1 g 60 700 500 60 re f 0 g " + PAGE.format(1000)),
        },
    )


def catalogue(document: bytes, **differently: str) -> str:
    """Object 1 as it is after signing, with other values."""
    found = re.findall(rb"1 0 obj\n(<<.*?>>)\nendobj", document, re.DOTALL)[-1].decode("latin-1")
    for key, value in differently.items():
        found = re.sub(rf"/{key} \d+ 0 R", f"/{key} {value}", found)
    return found


def by_sha1() -> bytes:
    """All of it, and right."""
    return cms_of(
        digest="sha1",
        signature_algorithm={"algorithm": "sha1_rsa"},
        value=lambda over: WORLD.unit.key.sign(over, padding.PKCS1v15(), hashes.SHA1()),
    )


def older_kind() -> bytes:
    document = pdf.signed(PLAIN, WORLD.unit, subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    return cms_of(document, signed=told(document, without="signing_certificate_v2"))


def archived() -> bytes:
    return WORLD.raised(pdf.signed(PLAIN, WORLD.unit, room=6000), Level.LTA)


def two_signers(data: asn1cms.SignedData) -> None:
    infos = data["signer_infos"]
    data["signer_infos"] = [infos[0], infos[0].copy()]


def archive_broken() -> bytes:
    """As if the file had been another when it was stamped."""
    document = archived()
    return with_contents(WORLD.token(bytes(32)), document)


def contents_as(value: bytes) -> bytes:
    """Another /Contents, in the room of the old one."""
    before, after, _ = hole()
    return SIGNED[:before] + value.ljust(after - before) + SIGNED[after:]


def only_a_time_stamp() -> bytes:
    writer = new_writer(Reader(BytesIO(PLAIN)))
    hole = with_hole(writer, DocumentTimestamp(bytes_reserved=8000), name="Stamp")
    stream = writer.prev.stream
    (covered,) = digests(stream, [(hole.place, frozenset())])
    hole.fill(stream, WORLD.token(covered.digests["sha256"]))
    return stream.getvalue()
