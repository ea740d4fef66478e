"""Signed files, good ones and those that somebody tampered with."""

import re

from pyhanko.sign.fields import MDPPerm, SigFieldSpec

from agent.formats.options import Stamp
from tests.support import pdf
from tests.vectors.pdf.attacks import (
    EVIL,
    FILLED,
    FILLED_LOOKS,
    FREE_TEXT,
    SIGNED,
    SIGNED_FORM,
    archive_broken,
    archived,
    by_sha1,
    catalogue,
    cms_bent,
    cms_of,
    contents,
    contents_as,
    covered_page,
    gap_moved,
    gap_twice,
    of_an_older_copy,
    older_kind,
    only_a_time_stamp,
    shadow_original,
    told,
    two_signers,
    with_contents,
    with_value,
)
from tests.vectors.pdf.originals import FORM, OTHER, PLAIN, WORLD, Case, locked


def rejected(document: bytes, reason: str, why: str) -> Case:
    return Case(why=why, document=document, code="signature_invalid", reason=reason)


def malformed(document: bytes, why: str) -> Case:
    return Case(why=why, document=document, code="pdf_malformed")


GOOD: dict[str, Case] = {
    "good": Case(why="As pyHanko writes it.", document=SIGNED),
    "good-ours": Case(
        why="As we write it, with a stamp.", document=WORLD.signed(PLAIN, stamp=Stamp())
    ),
    "good-two": Case(
        why="A further signature is an update that the first one's signer expects.",
        document=pdf.signed(SIGNED, OTHER, field=SigFieldSpec("Second")),
    ),
    "good-line-end-behind-it": Case(why="Some mail programs add one.", document=SIGNED + b"\r\n"),
    "good-archived": Case(
        why="B-LTA: revocation data and a document time stamp behind the signature.",
        document=archived(),
    ),
    "good-filled-as-certified": Case(
        why="Its author allows filling in (DocMDP 2), and somebody did.",
        document=pdf.appended(
            pdf.signed(FORM, WORLD.unit, permission=MDPPerm.FILL_FORMS),
            {6: FILLED, 7: FILLED_LOOKS},
        ),
        warnings=("filled_after",),
    ),
    "good-older-kind": Case(
        why="adbe.pkcs7.detached without the certificate's hash, as before PAdES.",
        document=older_kind(),
        warnings=("certificate_not_bound",),
    ),
}

SHADOWS: dict[str, Case] = {
    "shadow-hide": rejected(
        pdf.appended(pdf.signed(covered_page(), WORLD.unit), {8: pdf.stream("q Q")}),
        "changed",
        "The sheet that covered the other text is taken away after signing.",
    ),
    "shadow-replace-font": rejected(
        pdf.appended(
            SIGNED, {5: "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding 9 0 R >>"}
        ),
        "changed",
        "The same codes shown by another font: other figures.",
    ),
    "shadow-replace-field": rejected(
        pdf.appended(SIGNED_FORM, {6: FILLED, 7: FILLED_LOOKS}),
        "changed",
        "A form field that shows the amount is filled in anew after the only signature.",
    ),
    "shadow-replace-looks-alone": rejected(
        pdf.appended(SIGNED_FORM, {7: FILLED_LOOKS}),
        "changed",
        "The field keeps its value and shows another.",
    ),
    "shadow-hide-and-replace": rejected(
        pdf.appended(
            pdf.signed(shadow_original(), WORLD.unit),
            {1: catalogue(pdf.signed(shadow_original(), WORLD.unit), Pages="20 0 R")},
        ),
        "changed",
        "The catalogue is led to the pages that were hidden in the file when it was signed.",
    ),
}
UPDATES: dict[str, Case] = {
    "saved-another-content": rejected(
        pdf.appended(SIGNED, {4: EVIL}), "changed", "The page's content is replaced by an update."
    ),
    "saved-another-page": rejected(
        pdf.appended(
            SIGNED, {2: "<< /Type /Pages /Kids [3 0 R 3 0 R] /Count 2 /MediaBox [0 0 595 842] >>"}
        ),
        "changed",
        "A page more.",
    ),
    "saved-without-table": rejected(
        SIGNED + b"4 0 obj\n" + EVIL.encode() + b"\nendobj\n",
        "changed",
        "Objects at the end that no table leads to; viewers that rebuild tables show them.",
    ),
    "saved-with-the-old-table": rejected(
        SIGNED
        + b"4 0 obj\n"
        + EVIL.encode()
        + b"\nendobj\nstartxref\n%b\n%%%%EOF\n" % re.findall(rb"startxref\s+(\d+)", SIGNED)[-1],
        "changed",
        "The same, and the end of the file leads to the table from before.",
    ),
    "saved-behind-an-archive": rejected(
        pdf.appended(archived(), {4: EVIL}), "changed", "A document time stamp does not help."
    ),
    "saved-then-signed-again": rejected(
        pdf.signed(pdf.appended(SIGNED, {4: EVIL}), OTHER, field=SigFieldSpec("Second")),
        "changed",
        "Another signature covers the change, and does not make it good for the first.",
    ),
    "annotation": rejected(
        pdf.appended(
            SIGNED,
            {
                3: "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Annots [20 0 R]"
                " /Resources << /Font << /F1 5 0 R >> >> >>",
                20: FREE_TEXT,
            },
        ),
        "changed",
        "A text of another's over the amount (evil annotation attack).",
    ),
    "certified-then-annotated": rejected(
        pdf.appended(
            pdf.signed(PLAIN, WORLD.unit, permission=MDPPerm.FILL_FORMS),
            {
                3: "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Annots [20 0 R]"
                " /Resources << /Font << /F1 5 0 R >> >> >>",
                20: FREE_TEXT,
            },
        ),
        "changed",
        "Its author allows filling in, and no annotations.",
    ),
    "certified-then-filled": rejected(
        pdf.appended(
            pdf.signed(FORM, WORLD.unit, permission=MDPPerm.NO_CHANGES),
            {6: FILLED, 7: FILLED_LOOKS},
        ),
        "changed",
        "Its author forbids every change (DocMDP 1).",
    ),
    "certified-then-signed-over": rejected(
        pdf.signed(
            pdf.signed(PLAIN, WORLD.unit, permission=MDPPerm.FILL_FORMS),
            OTHER,
            field=SigFieldSpec("Second", box=(60, 700, 500, 760)),
        ),
        "changed",
        "A signature's looks over the amount of a certified document (sneaky signature attack).",
    ),
    "locked-then-filled": rejected(
        pdf.appended(locked(), {6: FILLED, 7: FILLED_LOOKS}),
        "changed",
        "The signature locked all fields (FieldMDP).",
    ),
    "store-of-a-stranger": Case(
        why="Anybody can add revocation data; it is believed no more than what it is signed by.",
        document=pdf.appended(
            SIGNED,
            {1: catalogue(SIGNED)[:-2] + "/DSS << /Certs [20 0 R] >> >>", 20: pdf.stream("none")},
        ),
    ),
}
FORGERIES: dict[str, Case] = {
    "usf-range-missing": rejected(
        SIGNED.replace(b"/ByteRange", b"/ByteRengo"), "reference", "No /ByteRange."
    ),
    "usf-range-null": rejected(with_value(b"null"), "reference", "It is null."),
    "usf-range-empty": rejected(with_value(b"[]"), "reference", "It has no numbers."),
    "usf-range-zero": rejected(with_value(b"[0 0 0 0]"), "reference", "Nothing is signed."),
    "usf-range-negative": rejected(
        with_value(b"[0 -1 -1 9]"), "reference", "Numbers that no file has."
    ),
    "usf-range-behind-the-end": rejected(
        with_value(b"[0 10 20 99999999]"), "reference", "More than there is."
    ),
    "usf-range-text": rejected(with_value(b"[0 (a) /b 9]"), "reference", "No numbers."),
    "usf-contents-missing": rejected(
        SIGNED.replace(b"/Contents <", b"/Cantents <"), "grammar", "No /Contents."
    ),
    "usf-contents-null": rejected(contents_as(b"null"), "grammar", "It is null."),
    "usf-contents-empty": rejected(contents_as(b"<>"), "reference", "It is empty."),
    "usf-contents-zero": rejected(contents_as(b"<00>"), "reference", "It is one zero."),
    "usf-contents-zeros": rejected(
        with_contents(b"\0"), "grammar", "The room for it was not filled."
    ),
    "usf-subfilter-missing": rejected(
        SIGNED.replace(b"/SubFilter", b"/SubFalter"), "algorithm", "What it is is not said."
    ),
    "usf-subfilter-older": rejected(
        SIGNED.replace(b"/ETSI.CAdES.detached", b"/adbe.x509.rsa_sha1 "),
        "algorithm",
        "A kind that hashes by SHA-1.",
    ),
    "wrapped-gap-moved": rejected(
        gap_moved(), "reference", "Another content between the contents and what is signed behind."
    ),
    "wrapped-two-gaps": rejected(gap_twice(), "reference", "A second gap."),
    "wrapped-older-copy": rejected(
        of_an_older_copy(),
        "reference",
        "A new dictionary at the end, with the contents and range of the old signature.",
    ),
    "flipped": rejected(
        SIGNED.replace(b"So tien: 1000", b"So tien: 9000"), "digest", "One octet of the content."
    ),
    "time-changed": rejected(
        re.sub(rb"/M \(D(:|\\072)20\d\d", rb"/M (D\g<1>2001", SIGNED),
        "digest",
        "The time that is told.",
    ),
    "wrong-key": rejected(cms_of(signer=OTHER), "value", "Signed by one, in the name of another."),
    "certificate-swapped": rejected(
        cms_of(signed=told(), certificates=(OTHER,)),
        "certificate",
        "The certificate that is named is not there, another one is.",
    ),
    "certificate-not-named": rejected(
        cms_of(signed=told(without="signing_certificate_v2")),
        "binding",
        "PAdES wants the certificate's hash in what is signed.",
    ),
    "sha1": rejected(by_sha1(), "algorithm", "Right in all, and by SHA-1."),
    "two-signers": rejected(
        cms_bent(two_signers), "grammar", "ISO 32000-2 §12.8.3.3: one signer to a signature."
    ),
    "contents-trailing": rejected(
        with_contents(contents().rstrip(b"\0") + b"\x04\x04evil"),
        "grammar",
        "Something behind the CMS, in the part of the file that nobody signed.",
    ),
    "contents-cut-off": rejected(
        with_contents(contents().rstrip(b"\0")[:-40]), "value", "Its last octets are zeros."
    ),
    "archive-broken": rejected(
        archive_broken(), "timestamp", "The document time stamp is of something else."
    ),
    "time-stamp-alone": rejected(
        only_a_time_stamp(), "missing", "A document time stamp says when, and not who."
    ),
    "unsigned": rejected(PLAIN, "missing", "No signature at all."),
    "field-empty": rejected(
        pdf.appended(
            FORM,
            {
                6: "<< /Type /Annot /Subtype /Widget /FT /Sig /T (S) /V null /Rect [0 0 0 0]"
                " /P 3 0 R >>"
            },
        ),
        "missing",
        "A field for a signature, and none in it.",
    ),
    "truncated": malformed(SIGNED[: len(SIGNED) * 2 // 3], "Cut off."),
}
VERIFY = GOOD | SHADOWS | UPDATES | FORGERIES
