"""What the user reads before signing."""

import hashlib
import re
from importlib.resources import files

from lxml import etree

from agent.formats.xml.labels import labels
from agent.formats.xml.preview import MAX_CHARS, MAX_LINES, MAX_VALUE_CHARS, preview


def shown(text: str, *, without: str = "CKy_Dvi") -> tuple[str, bool]:
    tree = etree.fromstring(text).getroottree()
    container = next(tree.iter(without), None)
    return preview(tree, without=container)


def test_one_line_for_each_value_below_the_names_of_the_elements_around_it() -> None:
    text, cut = shown(
        "<Hoso><NoiDung><Ten>Công ty</Ten><ToKhais><T>1</T><T>2</T></ToKhais></NoiDung>"
        "<CKy_Dvi/></Hoso>"
    )

    assert text.splitlines() == [
        "NoiDung",
        "  Ten: Công ty",
        "  ToKhais",
        "    T[1]: 1",
        "    T[2]: 2",
    ]
    assert not cut


def test_a_name_that_is_entered_again_is_said_again() -> None:
    text, _ = shown("<H><A><B>1</B></A><C>2</C><A><B>3</B></A></H>")

    assert text.splitlines() == ["A[1]", "  B: 1", "C: 2", "A[2]", "  B: 3"]


def test_known_elements_are_called_what_people_call_them_and_only_where_they_are_known() -> None:
    tree = etree.fromstring("<H><N><T>1</T><T>2</T></N><T>3</T></H>").getroottree()

    text, _ = preview(tree, without=None, labels={"N": "Nội dung", "N/T": "Tờ khai"})

    assert text.splitlines() == ["Nội dung", "  Tờ khai [1]: 1", "  Tờ khai [2]: 2", "T: 3"]


def test_the_roots_name_comes_first_where_it_says_which_form_this_is() -> None:
    tree = etree.fromstring("<TK1-TS><T>1</T></TK1-TS>").getroottree()

    text, _ = preview(tree, without=None, named=True)
    known, _ = preview(tree, without=None, named=True, labels=labels("bhxh-tokhai"))

    assert text.splitlines() == ["TK1-TS", "T: 1"]
    assert known.startswith("TK1-TS · Tờ khai tham gia")


def test_the_buyer_reads_what_the_seller_reads() -> None:
    assert labels("einvoice-buyer") == labels("einvoice") != {}


def test_only_the_element_that_is_signed_is_shown() -> None:
    tree = etree.fromstring("<?p q?><H a='1'><D Id='x'><T>1</T></D><U>2</U></H>").getroottree()

    text, _ = preview(tree, without=None, of=tree.getroot()[0], labels={"T": "Tờ"})

    assert text.splitlines() == ["@Id: x", "Tờ: 1"]


def test_no_element_of_form_05_is_without_a_name_for_people() -> None:
    form = files("webui.bhxh").joinpath("form05.xsd").read_text("utf-8")
    names = set(re.findall(r'<xs:element name="(\w+)"', form)) - {"Hoso", "CKy_Dvi"}

    named = {path.rpartition("/")[2] for path in labels("bhxh-hoso")}

    assert names <= named


def test_whatever_is_signed_is_shown() -> None:
    text, cut = shown(
        "<?pay now?><Hoso a='1'>x<B>y</B>z<!-- not signed --><C/><?q r?><D b='2' "
        "xmlns:n='urn:n' n:c='3'/><CKy_Dvi d='4'/></Hoso><?end?>"
    )

    assert text.splitlines() == [
        "<?pay now?>",
        "@a: 1",
        "x",
        "B: y",
        "z",
        "C: ",
        "<?q r?>",
        "D",
        "  @b: 2",
        "  @c: 3",
        "D: ",
        "CKy_Dvi",
        "  @d: 4",
        "<?end ?>",
    ]
    assert not cut


def test_a_comment_between_two_halves_of_a_text_joins_nothing() -> None:
    assert shown("<H><A>100<!-- -->0</A></H>")[0].splitlines() == ["A: 100", "A: 0"]


def test_characters_that_hide_or_reorder_are_named() -> None:
    text, _ = shown("<H><A>a\u202eb\u200bc\u2028d\x85</A></H>")

    assert text == "A: a[U+202E]b[U+200B]c d"


def test_a_value_cannot_fake_a_line() -> None:
    text, _ = shown("<H><A>1\nB: 2\r\n\tC: 3&#13;D: 4</A></H>")

    assert text == "A: 1 B: 2 C: 3 D: 4"


def test_long_base64_is_shortened_to_its_hash() -> None:
    file = "QUJDRA" * 2000

    text, cut = shown(f"<H><F>{file}\n</F></H>")

    digest = hashlib.sha256(file.encode()).hexdigest()
    assert text == f"F: {file[:32]}… [12000 · SHA-256 {digest}]"
    assert cut


def test_a_long_text_is_cut_and_says_so() -> None:
    long = "chữ " * 5000

    text, cut = shown(f"<H><F>{long}</F></H>")

    assert text == f"F: {long[:MAX_VALUE_CHARS]}… [20000]"
    assert cut


def test_many_lines_are_cut_and_say_so() -> None:
    text, cut = shown("<H>" + "<A>1</A>" * 100_000 + "</H>")

    assert len(text.splitlines()) == MAX_LINES + 1
    assert text.endswith("\n…")
    assert cut


def test_many_characters_are_cut_and_say_so() -> None:
    text, cut = shown("<H>" + f"<A>{'x ' * 199}</A>" * 400 + "</H>")

    assert len(text) <= MAX_CHARS + 2
    assert cut


def test_a_deep_document_can_be_shown() -> None:
    text, _ = shown("<a>" * 128 + "x" + "</a>" * 128)

    assert text.endswith("  a: x")
