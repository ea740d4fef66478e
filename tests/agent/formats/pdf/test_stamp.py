"""How a stamp looks and where it stands: turned and cropped pages, long names, pictures."""

import unicodedata
from io import BytesIO

import pytest
from PIL import Image
from pyhanko.pdf_utils import generic
from pypdf import PdfReader

from agent.errors import DocumentError
from agent.formats.options import Stamp
from agent.formats.pdf.letters import face
from agent.formats.pdf.objects import pdf as objects
from agent.formats.pdf.pages import View
from agent.formats.pdf.stamp import Drawn, _wrapped
from tests.agent.formats.pdf.test_sign import signed
from tests.support import pdf
from tests.support.pki import Authority

HOLDER = Authority.root().issue()
A4 = (0, 0, 595, 842)


def page(**entries: object) -> generic.DictionaryObject:
    return objects({"/MediaBox": A4, **{f"/{key}": value for key, value in entries.items()}})


def drawn(*paragraphs: str, size: tuple[float, float] = (220, 70), picture=None) -> Drawn:
    return Drawn(
        page=0,
        box=(0, 0, *size),
        size=size,
        view=View.of(page()),
        paragraphs=paragraphs,
        picture=picture,
    )


class TestThePlace:
    """The box is 10 from the left and 20 from the bottom of the page as it is seen."""

    @pytest.mark.parametrize(
        ("entries", "place"),
        [
            ({}, (10, 20, 110, 60)),
            ({"Rotate": 90}, (535, 10, 575, 110)),
            ({"Rotate": 180}, (485, 782, 585, 822)),
            ({"Rotate": 270}, (20, 732, 60, 832)),
            ({"Rotate": -90}, (20, 732, 60, 832)),
            ({"CropBox": (100, 200, 500, 700)}, (110, 220, 210, 260)),
            ({"CropBox": (500, 700, 100, 200)}, (110, 220, 210, 260)),
            ({"CropBox": (100, 200, 500, 700), "Rotate": 90}, (440, 210, 480, 310)),
            ({"CropBox": (-50, -50, 9999, 9999)}, (10, 20, 110, 60)),
            ({"CropBox": (9000, 9000, 9999, 9999)}, (10, 20, 110, 60)),
            ({"CropBox": ("/a", 1, 2, 3)}, (10, 20, 110, 60)),
            ({"MediaBox": (-100.5, 0, 600, 842)}, (-90.5, 20, 9.5, 60)),
            ({"UserUnit": 2}, (5, 10, 55, 30)),
            ({"UserUnit": -1, "Rotate": "/a"}, (10, 20, 110, 60)),
        ],
    )
    def test_it_is_seen_there(self, entries, place) -> None:
        assert View.of(page(**entries)).on_plane((10, 20, 110, 60)) == place

    def test_what_a_page_does_not_say_those_above_it_do(self) -> None:
        below = objects({"/Parent": objects({"/MediaBox": (0, 0, 100, 200), "/Rotate": 90})})

        assert View.of(below).on_plane((10, 20, 30, 40)) == (60, 10, 80, 30)

    def test_a_page_that_is_above_itself_has_the_usual_size(self) -> None:
        circle = objects({})
        circle["/Parent"] = circle

        assert View.of(circle).crop == (0, 0, 612, 792)

    @pytest.mark.parametrize(
        "box", [(36, 36, 40, 106), (36, 106, 256, 36), (256, 36, 36, 106), (0, 0, 10**9, 100)]
    )
    def test_a_box_in_which_nothing_can_be_read_is_refused(self, box) -> None:
        with pytest.raises(DocumentError) as refusal:
            signed(pdf.file(), HOLDER, stamp=Stamp(box=box))

        assert (refusal.value.code, refusal.value.details["option"]) == (
            "option_unsupported",
            "stamp",
        )


class TestTheText:
    def test_it_is_as_large_as_its_place_allows(self) -> None:
        short, long = drawn("Ký bởi:", "A"), drawn("Ký bởi:", "TÊN RẤT DÀI " * 30)

        assert short._lines()[0] == 9
        assert 4 <= long._lines()[0] < 9

    @pytest.mark.parametrize("text", ["TỔNG CÔNG TY " * 20, "W" * 500, "Ệ " * 300, ""])
    def test_no_line_is_wider_than_its_place_and_none_is_below_it(self, text) -> None:
        stamp = drawn("Ký bởi:", text)

        size, lines = stamp._lines()

        assert all(face().width(line) * size / 1000 <= 210 for line in lines)
        assert len(lines) * 1.25 * size <= 70

    def test_what_does_not_fit_at_all_is_cut_and_says_so(self) -> None:
        _, lines = drawn("từ " * 2000)._lines()

        assert lines[-1].endswith(face().letters("…"))

    def test_words_stay_whole_where_they_can(self) -> None:
        known = face()

        assert list(_wrapped(known, "một hai ba", known.width("một hai"))) == ["một hai", "ba"]

    def test_all_vietnamese_letters_are_there_however_they_are_composed(self) -> None:
        letters = "ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"
        assert face().letters(letters + letters.upper()) == letters + letters.upper()
        assert face().letters(unicodedata.normalize("NFD", "Điều chỉnh")) == "Điều chỉnh"

    def test_a_letter_of_another_script_is_a_question_mark(self) -> None:
        assert face().letters("印 A\n\x07") == "? A  "


class TestThePicture:
    def test_what_is_transparent_stays_so(self) -> None:
        image = Image.new("RGBA", (20, 10), (255, 0, 0, 0))
        image.putpixel((3, 3), (0, 0, 255, 128))

        shown = only_image(signed(pdf.file(), HOLDER, stamp=Stamp(image=encoded(image))))

        mask = shown["/SMask"]
        assert (shown["/Width"], shown["/Height"]) == (20, 10)
        assert set(mask.get_data()) == {0, 128}

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16", "RGB"])
    def test_every_kind_of_picture_is_shown(self, mode) -> None:
        kind = "JPEG" if mode == "CMYK" else "PNG"

        result = signed(
            pdf.file(), HOLDER, stamp=Stamp(image=encoded(Image.new(mode, (9, 9)), kind))
        )

        assert only_image(result)["/Width"] == 9

    def test_a_photograph_is_made_as_small_as_it_is_seen(self) -> None:
        photograph = encoded(Image.new("RGB", (4000, 3000), "blue"), "JPEG")

        shown = only_image(signed(pdf.file(), HOLDER, stamp=Stamp(image=photograph)))

        assert (shown["/Width"], shown["/Height"]) == (800, 600)

    def test_a_photograph_stands_as_its_camera_says(self) -> None:
        output = BytesIO()
        turned = Image.Exif()
        turned[0x0112] = 6
        Image.new("RGB", (40, 20)).save(output, "JPEG", exif=turned)

        shown = only_image(signed(pdf.file(), HOLDER, stamp=Stamp(image=output.getvalue())))

        assert (shown["/Width"], shown["/Height"]) == (20, 40)


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    output = BytesIO()
    image.save(output, kind)
    return output.getvalue()


def only_image(document: bytes):
    (widget,) = PdfReader(BytesIO(document)).pages[0]["/Annots"]
    appearance = widget.get_object()["/AP"]["/N"]
    return appearance["/Resources"]["/XObject"]["/P"]
