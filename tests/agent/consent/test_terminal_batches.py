"""Batches, unseen digests and files in a terminal, asked through a real pseudo-terminal."""

import asyncio
import sys
from dataclasses import replace

import pytest

from agent.consent.windows import samples
from agent.errors import DocumentError, UserError
from agent.keys import Confirmation, OtpKind, PinState
from tests.support.terminals import ask_in_a_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals")

FIVE = samples.batch(5, items=tuple(map(samples.batch_item, range(100, 105))))
LISTED = "rồi Enter: "
PIN = "Mã PIN (không hiện"


@pytest.fixture
def person():
    with ask_in_a_terminal() as person:
        yield person


async def nobody_looks(index):
    raise AssertionError(index)


async def answers(person, dialog, *typed, pin="1234"):
    """What comes of the lines at the list, and of the PIN when it is asked."""
    approving = asyncio.create_task(dialog.approval())
    for times, line in enumerate(typed, start=1):
        await person.sees(LISTED, times=times)
        person.types(line + "\n")
    if pin:
        await person.sees(PIN)
        person.types(pin + "\n")
    return await approving


class TestABatch:
    async def test_it_is_listed_and_signed_with_the_word_and_a_pin(self, person):
        async with person.prompts.sign_batch(FIVE, nobody_looks) as dialog:
            approval = await answers(person, dialog, "KY")

        assert approval.pin.consume() == b"1234"
        assert approval.excluded == frozenset()
        for shown in (
            "Ký 5 tài liệu này?",
            "Lý do trang đưa ra: “Hóa đơn và hồ sơ tháng 11”",
            "[x] 2. Hợp đồng lao động – Nguyễn Văn 102.pdf (PDF, 420,5 KB)",
            "Ký cả 5 tài liệu, ",
            "SAO MAI CA G2",
        ):
            assert shown in person.read()

    async def test_numbers_take_out_and_put_back(self, person):
        async with person.prompts.sign_batch(FIVE, nobody_looks) as dialog:
            approval = await answers(person, dialog, "2-4", "3", "ky")

        assert approval.excluded == {101, 103}
        assert "[ ] 2. Hợp đồng" in person.read()
        assert "Ký 3 trong 5 tài liệu, " in person.read()

    async def test_nothing_at_all_is_not_signed(self, person):
        async with person.prompts.sign_batch(FIVE, nobody_looks) as dialog:
            approval = await answers(person, dialog, "1-5", "ky", "5", "ky")

        assert "Chưa chọn tài liệu nào để ký." in person.read()
        assert approval.excluded == {100, 101, 102, 103}

    async def test_one_can_be_looked_at(self, person):
        async def preview(index):
            assert index == 101
            return samples.CHANGED_PDF

        async with person.prompts.sign_batch(FIVE, preview) as dialog:
            await answers(person, dialog, "x 2", "ky")

        for shown in ("! Tệp PDF này đã bị sửa", "  | PHỤ LỤC HỢP ĐỒNG SỐ 12", "9f86d081884c7d65"):
            assert shown in person.read()

    async def test_why_there_is_no_preview_is_said(self, person):
        async def preview(index):
            raise DocumentError("pdf_page", pages="\x1b[2J9", page=10)

        async with person.prompts.sign_batch(FIVE, preview) as dialog:
            await answers(person, dialog, "x5", "ky")

        assert "Không xem trước được tài liệu này." in person.read()
        assert "\x1b" not in person.read()

    @pytest.mark.parametrize(
        "typed", ["0", "6", "4-2", "2-6", "x", "x9", "x 1-2", "ký", "99999999"]
    )
    async def test_what_means_nothing_does_nothing(self, person, typed):
        async with person.prompts.sign_batch(FIVE, nobody_looks) as dialog:
            approval = await answers(person, dialog, typed, "ky")

        assert approval.excluded == frozenset()
        assert "Không có lựa chọn này." in person.read()

    async def test_nothing_typed_is_a_refusal(self, person):
        async with person.prompts.sign_batch(FIVE, nobody_looks) as dialog:
            with pytest.raises(UserError, match="user_refused"):
                await answers(person, dialog, "2", "", pin="")

    async def test_a_long_one_is_listed_by_pages(self, person):
        async with person.prompts.sign_batch(samples.batch(45), nobody_looks) as dialog:
            await answers(person, dialog, "s", "s", "s", "ky")

        screen = person.read()
        assert screen.count("[x] 1. ") == 2
        assert screen.count("[x] 45. ") == 1
        assert "Trang 3 trong 3" in screen

    async def test_a_wrong_pin_asks_for_the_pin_alone(self, person):
        async with person.prompts.sign_batch(FIVE, nobody_looks) as dialog:
            await answers(person, dialog, "2", "ky")
            await dialog.pin_rejected(PinState())
            approving = asyncio.create_task(dialog.approval())
            await person.sees(PIN, times=2)
            person.types("5678\n")
            approval = await approving

        assert (approval.pin.consume(), approval.excluded) == (b"5678", {101})

    async def test_where_no_pin_is_typed_the_word_is_asked_once(self, person):
        for question in (
            replace(FIVE, pin=PinState(pin_pad=True)),
            replace(FIVE, certificate=samples.EVERYWHERE[1], confirmation=Confirmation()),
        ):
            seen = person.read().count(LISTED)
            async with person.prompts.sign_batch(question, nobody_looks) as dialog:
                approving = asyncio.create_task(dialog.approval())
                await person.sees(LISTED, times=seen + 1)
                person.types("2\n")
                await person.sees(LISTED, times=seen + 2)
                person.types("ky\n")
                approval = await approving

            assert (approval.pin, approval.excluded) == (None, {101})

    async def test_enter_stops_it_while_it_works(self, person):
        async with person.prompts.sign_batch(FIVE, nobody_looks) as dialog:
            stopping = asyncio.create_task(dialog.refused_by_user())
            await dialog.done(1, 5)
            await person.sees("Nhấn Enter để dừng lại")
            assert not stopping.done()
            person.types("\n")
            async with asyncio.timeout(20):
                await stopping
            await dialog.done(5, 5)

        assert "Đang dừng lại." in person.read()
        assert "Đã xong 5 trong 5 tài liệu" in person.read()

    async def test_a_service_asks_its_password_and_says_how_many(self, person):
        asked = Confirmation(pin=True, otp=OtpKind.SENT, phone=True)
        question = replace(FIVE, certificate=samples.EVERYWHERE[1], confirmation=asked)
        async with person.prompts.sign_batch(question, nobody_looks) as dialog:
            approving = asyncio.create_task(dialog.approval())
            await person.sees(LISTED)
            person.types("1\n")
            await person.sees(LISTED, times=2)
            person.types("ky\n")
            await person.sees("(hoặc mật khẩu ký) (không hiện")
            person.types("1122\n")
            approval = await approving
            await dialog.phone(seconds=60)
            stopping = asyncio.create_task(dialog.refused_by_user())
            await person.sees("Nhấn Enter để hủy: ")
            stopping.cancel()

        assert (approval.pin.consume(), approval.excluded) == (b"1122", {100})
        assert "  4 tài liệu" in person.read()

    async def test_hostile_names_move_no_cursor(self, person):
        hostile = tuple(
            samples.batch_item(n, name="\x1b[2J" + samples.HOSTILE_TEXT) for n in range(2)
        )
        async with person.prompts.sign_batch(replace(FIVE, items=hostile), nobody_looks) as dialog:
            await answers(person, dialog, "KY")

        assert "\x1b" not in person.read()
        assert "\u202e" not in person.read()


class TestUnseenContent:
    async def test_a_session_says_how_much_and_that_nothing_can_be_shown(self, person):
        async with person.prompts.open_digests(samples.DIGESTS) as dialog:
            approval = await answers(person, dialog)

        assert approval.pin.consume() == b"1234"
        for shown in (
            "Bạn sẽ không thấy nội dung được ký. Chỉ đồng ý nếu tin trang này.",
            "trang được ký tối đa 500 lần trong 10 phút mà không hỏi lại",
        ):
            assert shown in person.read()

    async def test_a_single_one_says_so_too(self, person):
        async with person.prompts.sign(replace(samples.SIGN, description=samples.UNSEEN)) as dialog:
            await answers(person, dialog)

        assert "Ký mà không thấy nội dung?" in person.read()
        assert "Bạn sẽ không thấy nội dung được ký." in person.read()

    async def test_a_site_that_asks_for_the_right_says_so(self, person):
        asking = asyncio.create_task(person.prompts.ask_site(replace(samples.SITE, digests=True)))
        await person.sees(LISTED)
        person.types("l\n")
        await asking

        assert "những nội dung mà OpenKySo không hiển thị được" in person.read()


class TestChoosingFiles:
    async def picked(self, person, *typed, multiple=True):
        picking = asyncio.create_task(person.prompts.pick(replace(samples.PICK, multiple=multiple)))
        for times, line in enumerate(typed, start=1):
            await person.sees(LISTED, times=times)
            person.types(line + "\n")
        return await picking

    @pytest.fixture
    def files(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        for name in ("a.pdf", "hợp đồng.pdf"):
            (tmp_path / name).touch()
        return tmp_path / "a.pdf", tmp_path / "hợp đồng.pdf"

    async def test_several_until_nothing_is_typed(self, person, files):
        one, other = files

        assert await self.picked(person, str(one), f"~/{other.name}", str(one), "") == files
        assert "https://ketoan.example.vn" in person.read()

    async def test_a_single_one_ends_it(self, person, files):
        assert await self.picked(person, str(files[0]), multiple=False) == files[:1]

    @pytest.mark.parametrize("wrong", ["a.pdf", "/", "/no/such/file", "~no-such-user/x"])
    async def test_what_is_no_file_is_asked_again(self, person, files, wrong):
        assert await self.picked(person, wrong, str(files[0]), multiple=False) == files[:1]
        assert "Không dùng được: " in person.read()

    async def test_nothing_typed_is_a_refusal(self, person):
        with pytest.raises(UserError, match="user_refused"):
            await self.picked(person, "")

    async def test_a_long_path_is_read_whole(self, person, tmp_path):
        deep = tmp_path.joinpath(*["d" * 200] * 5)
        deep.mkdir(parents=True)
        (deep / "x.pdf").touch()

        assert await self.picked(person, str(deep / "x.pdf"), multiple=False) == (deep / "x.pdf",)
