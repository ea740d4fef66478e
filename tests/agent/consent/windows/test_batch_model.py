"""The rows of a batch; a model of Qt's needs no screen."""

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from agent.consent.text import Texts
from agent.consent.windows import samples
from agent.consent.windows.batch_model import BatchModel, Column

ROLE = Qt.ItemDataRole
TWENTY = samples.batch(20).items
WARNED = tuple(
    samples.batch_item(n, warnings=("pdf_changed",) if n % 7 == 3 else ()) for n in range(20)
)


def model_of(items=TWENTY):
    return BatchModel(items, Texts("vi"))


def shown(model, column=Column.NAME, role=ROLE.DisplayRole):
    return [model.index(row, column).data(role) for row in range(model.rowCount())]


@given(st.lists(st.tuples(st.sets(st.integers(0, 19)), st.booleans()), max_size=12))
def test_count_and_size_follow_the_ticks(ticks):
    model = model_of()
    for positions, on in ticks:
        model.tick(positions, on=on)

    ticked = [item for at, item in enumerate(TWENTY) if model.is_ticked(at)]
    assert model.count == len(ticked)
    assert model.size == sum(item.size for item in ticked)
    assert sorted(model.unticked()) == [at for at in range(20) if not model.is_ticked(at)]


def test_a_search_finds_all_its_words_without_marks_and_keeps_the_ticks():
    model = model_of()
    model.tick([1], on=False)

    model.find("DONG hop", warned=False)

    assert list(model.rows) == [1, 6, 11, 16]
    assert shown(model, role=ROLE.CheckStateRole)[0] == Qt.CheckState.Unchecked
    assert model.count == 19


def test_a_search_finds_what_is_shown_and_not_what_is_hidden_in_a_name():
    items = (samples.batch_item(0, name="hoa\u200bdon.xml"), samples.batch_item(1, name="hoadon"))
    model = model_of(items)

    model.find("hoadon", warned=False)

    assert list(model.rows) == [1]


def test_only_those_with_a_warning_can_be_shown():
    model = model_of(WARNED)

    model.find("", warned=True)

    assert list(model.rows) == [3, 10, 17]
    assert shown(model, Column.WARNING) == ["Đã sửa sau khi ký"] * 3
    assert model.warned == 3


def test_without_warnings_there_is_no_column_for_them():
    assert model_of().columnCount() == len(Column) - 1
    assert model_of(WARNED).columnCount() == len(Column)


def test_a_click_on_the_box_of_a_found_row_ticks_that_document():
    model = model_of()
    model.find("hop dong", warned=False)

    model.setData(model.index(2, Column.NAME), Qt.CheckState.Unchecked.value, ROLE.CheckStateRole)

    assert list(model.unticked()) == [11]


def test_nothing_but_the_box_can_be_changed():
    model = model_of()

    assert not model.setData(model.index(0, Column.NAME), "another", ROLE.EditRole)
    assert not model.flags(model.index(0, Column.NAME)) & Qt.ItemFlag.ItemIsEditable


def test_a_row_is_spoken_whole():
    model = model_of(WARNED)
    model.tick([3], on=False)

    spoken = shown(model, role=ROLE.AccessibleTextRole)

    assert spoken[0].startswith("Hóa đơn 1C26TSM số 0000001.xml. Hóa đơn điện tử. ")
    assert spoken[0].endswith("sẽ ký")
    assert spoken[3].endswith("Đã sửa sau khi ký. không ký")


def test_a_tip_is_never_markup():
    model = model_of((samples.batch_item(0, name="<img src=x>&amp;.pdf"),))

    assert shown(model, role=ROLE.ToolTipRole) == ["<span>&lt;img src=x&gt;&amp;amp;.pdf</span>"]
