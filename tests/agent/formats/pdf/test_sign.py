"""PAdES: what is signed, where the stamp goes, and what is refused."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pyhanko.sign.fields import MDPPerm
from pypdf import PdfReader

from agent.documents import Digested
from agent.errors import DocumentError, InternalError
from agent.formats.levels import Level
from agent.formats.options import Options
from agent.formats.pdf import PdfFormat, Stamp
from agent.formats.pdf.reader import MAX_BYTES
from agent.formats.pdf.verify import Change, signatures
from tests.support import pdf
from tests.support.pki import Authority, ec_key, rsa_key

AT = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def holder():
    return Authority.root().issue()


def signed(document, holder, *, stamp=None):
    prepared = PdfFormat(stamp=stamp).prepare(document, certificate=holder.der, signing_time=AT)
    return prepared.complete(holder.sign(prepared.digest))


def refused(document, holder, *, stamp=None):
    with pytest.raises(DocumentError) as refusal:
        PdfFormat(stamp=stamp).prepare(document, certificate=holder.der, signing_time=AT)
    return refusal.value


def picture(width=40, height=40, kind="PNG"):
    output = BytesIO()
    Image.new("RGB", (width, height), "blue").save(output, kind)
    return output.getvalue()


class TestSigning:
    def test_the_file_stays_as_it_was_and_the_signature_is_appended(self, holder) -> None:
        document = pdf.file()

        result = signed(document, holder)

        assert result.startswith(document)
        (found,) = signatures(result)
        assert (found.valid, found.covers_file) == (True, True)
        assert (found.certificate, found.claimed_at) == (holder.der, AT)

    def test_each_further_signature_leaves_the_ones_before_it_valid(self, holder) -> None:
        other = Authority.root().issue("CÔNG TY KHÁC", mst="0101300850")

        result = signed(signed(signed(pdf.file(), holder), other), holder)

        found = signatures(result)
        assert [one.valid for one in found] == [True] * 3
        assert [one.changed_after for one in found] == [Change.FILLED, Change.FILLED, Change.NONE]
        assert len({one.field_name for one in found}) == 3
        assert [one.certificate for one in found] == [holder.der, other.der, holder.der]

    def test_a_signature_by_another_key_does_not_leave(self, holder) -> None:
        prepared = PdfFormat().prepare(pdf.file(), certificate=holder.der, signing_time=AT)
        stranger = Authority.root().issue(key=rsa_key("stranger"))

        with pytest.raises(InternalError) as caught:
            prepared.complete(stranger.sign(prepared.digest))

        assert caught.value.code == "self_check_failed"

    def test_an_ec_key_signs_with_the_hash_of_its_size(self) -> None:
        holder = Authority.root().issue(key=ec_key("unit"))

        (found,) = signatures(signed(pdf.file(), holder))

        assert found.valid

    def test_what_the_digest_is_the_hash_of_is_told_too(self, holder) -> None:
        prepared = PdfFormat().prepare(pdf.file(), certificate=holder.der, signing_time=AT)

        import hashlib

        assert prepared.digest == hashlib.sha256(prepared.message).digest()

    def test_the_same_file_of_the_same_moment_is_prepared_alike(self, holder) -> None:
        one, other = (
            PdfFormat().prepare(pdf.file(), certificate=holder.der, signing_time=AT)
            for _ in range(2)
        )

        assert one.description == other.description
        assert one.mechanism is other.mechanism


class TestTheStamp:
    def test_it_names_the_signer_in_vietnamese_letters_and_vietnams_time(self, holder) -> None:
        stamp = Stamp(page=2, box=(300, 50, 560, 130), reason="Điều chỉnh hồ sơ 100%")

        result = signed(pdf.file(pages=2), holder, stamp=stamp)

        shown = _stamp_text(result, page=1)
        assert "CÔNG TY CỔ PHẦN MẪU" in shown
        assert "23/11/2026 08:02:03" in shown
        assert "Điều chỉnh hồ sơ 100%" in shown
        assert _widgets(result, page=0) == []

    def test_the_last_page_is_counted_from_the_end(self, holder) -> None:
        result = signed(pdf.file(pages=3), holder, stamp=Stamp(page=-1))

        assert [len(_widgets(result, page=page)) for page in range(3)] == [0, 0, 1]

    def test_without_one_no_page_shows_anything(self, holder) -> None:
        (widget,) = _widgets(signed(pdf.file(), holder), page=0) or [{"/Rect": [0, 0, 0, 0]}]

        assert list(widget["/Rect"]) == [0, 0, 0, 0]

    @pytest.mark.parametrize("page", [0, 3, -3])
    def test_a_page_that_is_not_there_is_refused(self, holder, page) -> None:
        refusal = refused(pdf.file(pages=2), holder, stamp=Stamp(page=page))

        assert (refusal.code, refusal.details) == ("pdf_page", {"page": page, "pages": 2})

    @pytest.mark.parametrize("kind", ["PNG", "JPEG"])
    def test_an_image_is_shown_beside_the_text(self, holder, kind) -> None:
        result = signed(pdf.file(), holder, stamp=Stamp(image=picture(kind=kind)))

        assert b"/Image" in result
        assert signatures(result)[0].valid

    @pytest.mark.parametrize(
        "image",
        [b"", b"GIF89a", picture()[:60], picture(5000, 3300), b"\0" * 3_000_000],
        ids=["empty", "other kind", "cut off", "too many pixels", "too many octets"],
    )
    def test_an_image_that_is_none_is_refused(self, holder, image) -> None:
        assert refused(pdf.file(), holder, stamp=Stamp(image=image)).code == "stamp_image"


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "algorithm"),
        [
            (Options(), "rsa-pkcs1-sha256"),
            (Options(hash="sha384"), "rsa-pkcs1-sha384"),
            (Options(hash="sha512", padding="pkcs1"), "rsa-pkcs1-sha512"),
            (Options(padding="pss"), "rsa-pss-sha256"),
        ],
    )
    def test_hash_and_padding_are_as_they_are_chosen(self, holder, options, algorithm) -> None:
        (found,) = signatures(signed_with(options, holder))

        assert (found.algorithm, found.valid) == (algorithm, True)

    @pytest.mark.parametrize(
        ("options", "algorithm"),
        [
            (Options(hash="sha384"), "ecdsa-sha384"),
            (Options(padding="pss"), "ecdsa-sha256"),
        ],
    )
    def test_a_key_on_a_curve_takes_what_concerns_it(self, options, algorithm) -> None:
        holder = Authority.root().issue(key=ec_key("unit"))

        (found,) = signatures(signed_with(options, holder))

        assert (found.algorithm, found.valid) == (algorithm, True)

    def test_a_stamp_and_a_level_are_among_them(self, holder) -> None:
        result = signed_with(Options(stamp=Stamp(page=1), level=Level.LTA), holder)

        assert len(_widgets(result, page=0)) == 1


def signed_with(options, holder):
    prepared = (
        PdfFormat()
        .with_options(options)
        .prepare(pdf.file(), certificate=holder.der, signing_time=AT)
    )
    return prepared.complete(holder.sign_by(prepared.mechanism, prepared.digest))


class TestRefusals:
    @pytest.mark.parametrize(
        "document",
        [
            b"",
            b"%PDF-1.7\n",
            b"not a pdf",
            pdf.file()[:300],
            pdf.file().replace(b"/Pages 2 0 R", b"/Pages 9 0 R"),
            pdf.file().replace(b"/Count 1", b"/Count 0"),
            pdf.file().replace(b"/Count 1", b"/Count 2 0 R"),
        ],
        ids=["empty", "head alone", "text", "cut off", "no pages", "none", "count in a circle"],
    )
    def test_a_damaged_file(self, holder, document) -> None:
        assert refused(document, holder).code == "pdf_malformed"

    def test_an_encrypted_file(self, holder) -> None:
        assert refused(pdf.encrypted(pdf.file()), holder).code == "pdf_encrypted"

    def test_an_xfa_form(self, holder) -> None:
        form = pdf.file(
            catalogue="/AcroForm << /Fields [] /XFA 6 0 R >>", more=(pdf.stream("<xdp/>"),)
        )

        assert refused(form, holder).code == "pdf_xfa"

    def test_a_file_whose_author_forbade_every_change(self, holder) -> None:
        document = pdf.certified(pdf.file(), holder, MDPPerm.NO_CHANGES)

        assert refused(document, holder).code == "pdf_certified"

    def test_a_file_whose_author_allows_signatures_is_signed(self, holder) -> None:
        document = pdf.certified(pdf.file(), holder, MDPPerm.FILL_FORMS)

        assert [one.valid for one in signatures(signed(document, holder))] == [True, True]

    def test_a_stamp_on_a_page_that_its_author_certified(self, holder) -> None:
        """Viewers show it; that the author's text is covered by it, they do not say."""
        document = pdf.certified(pdf.file(), holder, MDPPerm.FILL_FORMS)

        assert refused(document, holder, stamp=Stamp()).code == "pdf_certified"

    def test_a_file_that_is_not_at_hand(self, holder) -> None:
        document = Digested(size=MAX_BYTES + 1, digests={"sha256": bytes(32)})

        assert refused(document, holder).code == "document_too_large"


class TestThePreview:
    def test_the_first_words_are_shown(self, holder) -> None:
        prepared = PdfFormat().prepare(
            pdf.file(pages=5, text="Trang"), certificate=holder.der, signing_time=AT
        )

        assert prepared.description.preview.splitlines() == ["Trang 1", "Trang 2", "Trang 3"]
        assert prepared.description.preview_cut
        assert prepared.description.kind == "pdf"

    def test_earlier_signatures_are_named_first(self, holder) -> None:
        document = signed(pdf.file(), holder)

        prepared = PdfFormat().prepare(document, certificate=holder.der, signing_time=AT)

        assert prepared.description.preview.splitlines()[0] == (
            "• Đã có chữ ký của CÔNG TY CỔ PHẦN MẪU: không bị thay đổi"
        )

    def test_a_change_after_an_earlier_signature_is_a_warning(self, holder) -> None:
        document = pdf.appended(signed(pdf.file(), holder), {4: pdf.stream("BT ET")})

        prepared = PdfFormat().prepare(document, certificate=holder.der, signing_time=AT)

        assert "CẢNH BÁO" in prepared.description.preview.splitlines()[0]
        assert prepared.description.warnings == ("pdf_changed",)

    def test_a_broken_signature_is_named_too(self, holder) -> None:
        document = signed(pdf.file(), holder).replace(b"(Hello 1)", b"(Hallo 1)")

        prepared = PdfFormat().prepare(document, certificate=holder.der, signing_time=AT)

        assert "KHÔNG hợp lệ" in prepared.description.preview.splitlines()[0]
        assert prepared.description.warnings == ("signature_invalid",)

    def test_a_name_cannot_look_like_a_line_of_its_own(self) -> None:
        evil = Authority.root().issue("A: không bị thay đổi\n• Đã có chữ ký của B")
        document = signed(pdf.file(), evil)

        prepared = PdfFormat().prepare(document, certificate=evil.der, signing_time=AT)

        assert prepared.description.preview.splitlines()[1] == "Hello 1"

    def test_pages_whose_contents_are_long_are_not_read(self, holder) -> None:
        """Reading them could take as long as somebody likes."""
        form = "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 600000 >>\nstream\n"
        document = pdf.appended(
            pdf.file(pages=2),
            {
                3: "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources"
                " << /Font << /F1 7 0 R >> /XObject << /X 20 0 R >> >> >>",
                20: form + "q Q " * 150_000 + "\nendstream",
            },
        )

        prepared = PdfFormat().prepare(document, certificate=holder.der, signing_time=AT)

        assert prepared.description.preview == "Hello 2"


def _widgets(document, *, page):
    annotations = PdfReader(BytesIO(document)).pages[page].get("/Annots") or []
    return [one.get_object() for one in annotations]


def _stamp_text(document, *, page):
    """The appearance's text, by the font's own ToUnicode table."""
    reader = PdfReader(BytesIO(document))
    (widget,) = _widgets(document, page=page)
    target = reader.pages[page]
    appearance = widget["/AP"]["/N"]
    return target.extract_xform_text(appearance).replace("\n", " ")


PLAIN = pdf.file()
HOLDER = Authority.root().issue()


@given(st.integers(0, len(PLAIN) - 1), st.binary(min_size=1, max_size=40))
@settings(max_examples=80, deadline=None)
def test_whatever_is_overwritten_only_documented_errors_come_out(at, octets) -> None:
    mutated = PLAIN[:at] + octets + PLAIN[at + len(octets) :]

    assert outcome(mutated) in {"", "pdf_malformed", "pdf_encrypted", "pdf_xfa", "pdf_page"}


def outcome(document):
    try:
        return "" if signed(document, HOLDER, stamp=Stamp()).startswith(document) else "rewritten"
    except DocumentError as refusal:
        return refusal.code
