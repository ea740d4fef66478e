"""Many documents, unseen digests and files, asked for through the port with real Qt."""

import asyncio
import os
import sys
from dataclasses import replace

import pytest

from agent.consent.states import Event, State
from agent.consent.window_dialogs import SignBatch
from agent.consent.window_messages import (
    Approved,
    Done,
    Moved,
    Picked,
    PickedAll,
    StillHere,
    WantPreview,
    Working,
    bits,
    encode,
)
from agent.consent.window_prompts import WindowPrompts
from agent.consent.window_talk import WindowTalk
from agent.consent.windows import samples
from agent.errors import DocumentError, UserError
from agent.keys import Confirmation, PinState
from protocol.limits import MAX_PICKED_FILES
from tests.support.windows import prompts_with_user

#: Their indexes are not their places in the list: it is the rest of a larger batch.
FIVE = samples.batch(5, items=tuple(map(samples.batch_item, range(100, 105))), again=True)
PIN = ("focus:pin.field", "type:1234", "enabled:sign", "press:sign")


async def nobody_looks(index):
    raise AssertionError(index)


def window_that_says(*answers, times=1):
    """A window that is no Qt's: armed at once, it says so many times what it is told to."""
    armed = encode(Moved(event=Event.VISIBLE)) + encode(Moved(event=Event.RESTED))
    lines = b"".join(map(encode, answers))
    script = f"""
import sys
sys.stdin.readline()
sys.stdout.buffer.write({armed!r} + {lines!r} * {times})
sys.stdout.flush()
sys.stdin.read()
"""
    return WindowPrompts(command=(sys.executable, "-S", "-c", script))


async def approval_of(*steps, question=FIVE, preview=nobody_looks):
    async with prompts_with_user(*steps).sign_batch(question, preview) as dialog:
        return await dialog.approval()


class TestApprovingABatch:
    async def test_all_of_it_with_one_pin(self):
        approval = await approval_of(*PIN)

        assert approval.pin.consume() == b"1234"
        assert approval.excluded == frozenset()

    async def test_what_was_taken_out_comes_back_by_its_index(self):
        taken_out = ("focus:list.table", "key:Down", "key:Space", "key:Down", "key:Space")

        approval = await approval_of(*taken_out, *PIN)

        assert approval.excluded == {101, 102}

    async def test_a_document_that_was_looked_at_can_be_taken_out_there(self):
        async def preview(index):
            assert index == 102
            return samples.DOCUMENT

        looked_at = (
            "focus:list.table",
            "key:Down",
            "key:Down",
            "key:Return",
            "press:look.sign_this",
        )

        approval = await approval_of(*looked_at, *PIN, preview=preview)

        assert approval.excluded == {102}

    async def test_what_a_search_shows_can_be_taken_out_at_once(self):
        question = samples.batch(20)
        found = ("focus:list.search", "type:hop dong", "press:list.all", "key:Escape")

        approval = await approval_of(*found, *PIN, question=question)

        assert approval.excluded == {1, 6, 11, 16}

    async def test_nothing_at_all_cannot_be_approved(self, tmp_path):
        tried = tmp_path / "tried"
        approval = await approval_of(
            "press:list.all", "focus:pin.field", "type:1234", "state:armed", "hit:sign",
            "key:Return", f"note:{tried}", "press:list.all", "press:sign",
        )  # fmt: skip

        assert tried.exists()
        assert approval.excluded == frozenset()

    @pytest.mark.parametrize("excluded", [b"\x1f", b"\x20", b"\xff" * 20, b"\x01" * 1251])
    async def test_a_window_that_takes_out_all_or_what_is_not_there_is_a_refusal(self, excluded):
        prompts = window_that_says(Approved(pin_bytes=None, excluded=excluded))
        async with prompts.sign_batch(FIVE, nobody_looks) as dialog:
            with pytest.raises(UserError, match="user_refused"):
                await dialog.approval()

    @pytest.mark.parametrize("step", ["key:Escape", "close"])
    async def test_every_way_out_is_a_refusal(self, step):
        with pytest.raises(UserError, match="user_refused"):
            await approval_of("state:shown", step)

    async def test_a_wrong_pin_keeps_what_was_taken_out(self):
        steps = ("focus:list.table", "key:Space", *PIN, "state:armed", "shows:banner", *PIN)
        async with prompts_with_user(*steps).sign_batch(FIVE, nobody_looks) as dialog:
            first = await dialog.approval()
            await dialog.pin_rejected(PinState())
            second = await dialog.approval()

        assert first.excluded == second.excluded == {100}

    async def test_a_service_asks_its_password_in_the_same_window(self):
        asked = Confirmation(pin=True, otp=samples.SIGN_IN_SERVICE.confirmation.otp)
        question = replace(FIVE, certificate=samples.EVERYWHERE[1], confirmation=asked)
        steps = ("focus:list.table", "key:Space", *PIN, "state:otp", "type:246810", "press:sign")
        async with prompts_with_user(*steps).sign_batch(question, nobody_looks) as dialog:
            approval = await dialog.approval()
            otp = await dialog.otp(rejected=False)

        assert (approval.excluded, otp.consume()) == ({100}, b"246810")

    async def test_ten_thousand_documents_pass_the_pipe_and_so_does_what_is_taken_out(self):
        question = samples.batch(10_000)
        answer = Approved(pin_bytes=None, excluded=bits(range(1, 10_000, 2)))
        async with window_that_says(answer).sign_batch(question, nobody_looks) as dialog:
            approval = await dialog.approval()

        assert approval.excluded == frozenset(range(1, 10_000, 2))


class TestLookingAtADocument:
    async def test_it_is_made_when_it_is_asked_for(self):
        looked = []

        async def preview(index):
            looked.append(index)
            return replace(samples.DOCUMENT, preview_cut=True)

        cut = "Tài liệu dài, chỉ hiện phần đầu."
        steps = ("focus:list.table", "key:Return", f"says:look.note={cut}", "press:look.next")
        steps += ("says:look._place=2 trong 5", f"says:look.note={cut}", "key:Escape")
        with pytest.raises(UserError, match="user_refused"):
            # The first Escape leads back to the list.
            await approval_of(*steps, "shows:list", "key:Escape", preview=preview)

        assert looked == [100, 101]

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (DocumentError("pdf_encrypted"), "Tệp PDF đang được bảo vệ bằng mật khẩu."),
            (RuntimeError("a bug"), "Phần mềm ký gặp lỗi."),
        ],
    )
    async def test_why_there_is_none_is_said_and_the_rest_can_be_signed(self, error, words):
        async def preview(index):
            raise error

        steps = ("focus:list.table", "key:Return", f"hints:look.content={words}", *PIN)

        assert (await approval_of(*steps, preview=preview)).excluded == frozenset()

    async def test_whoever_hurries_gets_only_what_they_stop_at(self):
        looked, free = [], asyncio.Event()

        async def preview(index):
            looked.append(index)
            if len(looked) == 1:
                await free.wait()
            return samples.DOCUMENT

        hurry = ("press:look.next", "press:look.next", "press:look.next")
        steps = ("focus:list.table", "key:Return", *hurry, "state:armed", *PIN)
        async with prompts_with_user(*steps).sign_batch(FIVE, preview) as dialog:
            await dialog.approval()
            free.set()
            await asyncio.sleep(0)
            while len(looked) < 2:
                await asyncio.sleep(0.001)

        assert looked == [100, 103]

    @pytest.mark.parametrize("index", [99, 0, -1, 105])
    async def test_a_document_that_is_not_there_is_a_refusal(self, index):
        prompts = window_that_says(WantPreview(index=index))
        async with prompts.sign_batch(FIVE, nobody_looks) as dialog:
            with pytest.raises(UserError, match="user_refused"):
                await dialog.approval()

    async def test_a_window_of_one_document_asks_for_none(self):
        async with window_that_says(WantPreview(index=0)).sign(samples.SIGN) as dialog:
            with pytest.raises(UserError, match="user_refused"):
                await dialog.approval()


class TestTheTimeToAnswer:
    class Window:
        """Says what it is told to, a moment apart."""

        def __init__(self, *answers):
            self.answers = list(answers)

        async def receive(self):
            await asyncio.sleep(0.03)
            return (self.answers.pop(0), None) if self.answers else await asyncio.Future()

    async def test_it_begins_anew_while_the_user_goes_through_the_documents(self):
        loop = asyncio.get_running_loop()
        talk = WindowTalk(self.Window(*[StillHere()] * 4))
        talk._consent.state = State.SHOWN
        began = loop.time()
        with pytest.raises(UserError, match="prompt_timeout"):
            await talk.answer(seconds=0.06)

        assert loop.time() - began >= 4 * 0.03 + 0.06

    async def test_a_window_at_work_cannot_ask_for_more(self):
        talk = WindowTalk(self.Window(StillHere()))
        talk._consent.state = State.WORKING
        with pytest.raises(UserError, match="user_refused"):
            await talk.answer(seconds=5)


class TestABatchAtWork:
    async def test_the_window_counts_and_stopping_is_heard_at_any_moment(self):
        steps = (*PIN, "says:progress.how_far=Đã xong 2 trong 5 tài liệu", "press:refuse")
        async with prompts_with_user(*steps).sign_batch(FIVE, nobody_looks) as dialog:
            await dialog.approval()
            await dialog.working("signing")
            await dialog.done(1, 5)
            await dialog.done(2, 5)
            async with asyncio.timeout(20):
                await dialog.refused_by_user()
            # It stays, and says that what is signed is kept, until the use case is done.
            assert dialog._talk._window._process.returncode is None

    @pytest.mark.parametrize("step", ["key:Escape", "close"])
    async def test_every_way_out_stops_it(self, step):
        async with prompts_with_user(*PIN, "state:working", step).sign_batch(
            FIVE, nobody_looks
        ) as dialog:
            await dialog.approval()
            async with asyncio.timeout(20):
                await dialog.refused_by_user()

    async def test_the_list_cannot_be_changed_any_more(self):
        steps = (
            *PIN,
            "state:working",
            "focus:list.table",
            "key:Space",
            "key:Return",
            "press:refuse",
        )
        async with prompts_with_user(*steps).sign_batch(FIVE, nobody_looks) as dialog:
            await dialog.approval()
            async with asyncio.timeout(20):
                await dialog.refused_by_user()

    class Talk:
        def __init__(self):
            self.told = []

        def tell(self, command):
            self.told.append(command)

    async def test_ten_thousand_reports_are_a_few_and_the_last_is_among_them(self):
        talk = self.Talk()
        dialog = SignBatch(talk, samples.batch(1), seconds=1.0)
        for count in range(1, 10_001):
            await dialog.done(count, 10_000)

        assert talk.told[-1] == Done(count=10_000, total=10_000)
        assert len(talk.told) < 100

    async def test_the_last_report_before_a_pause_is_told(self):
        talk = self.Talk()
        dialog = SignBatch(talk, samples.batch(1), seconds=1.0)
        await dialog.done(1, 9)
        await dialog.done(2, 9)
        await dialog.done(3, 9)
        async with asyncio.timeout(5):
            while len(talk.told) < 2:
                await asyncio.sleep(0.005)

        assert talk.told == [Done(count=1, total=9), Done(count=3, total=9)]

    async def test_a_stage_that_goes_on_is_told_once(self):
        talk = self.Talk()
        dialog = SignBatch(talk, samples.batch(1), seconds=1.0)
        for stage in ("signing", "signing", "verifying"):
            await dialog.working(stage)

        assert talk.told == [Working(stage="signing"), Working(stage="verifying")]


class TestUnseenDigests:
    async def test_they_are_agreed_to_with_a_pin(self):
        async with prompts_with_user(*PIN).open_digests(samples.DIGESTS) as dialog:
            approval = await dialog.approval()

        assert approval.pin.consume() == b"1234"

    async def test_nothing_is_agreed_to_in_the_first_moment(self):
        question = replace(samples.DIGESTS, pin=PinState(pin_pad=True))
        steps = ("state:shown", "hit:sign", "key:Return", "key:Space", "press:refuse")
        async with prompts_with_user(*steps).open_digests(question) as dialog:
            with pytest.raises(UserError, match="user_refused"):
                await dialog.approval()


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    names = ("hợp đồng.pdf", "phụ lục.PDF", "tờ khai.xml")
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    return [tmp_path / name for name in names]


class TestChoosingFiles:
    ONE = replace(samples.PICK, multiple=False)

    async def test_several(self, files):
        prompts = prompts_with_user("state:armed", f"choose:{files[0]}|{files[2]}")

        assert await prompts.pick(samples.PICK) == (files[0], files[2])

    async def test_one(self, files):
        prompts = prompts_with_user("state:armed", f"choose:{files[1]}")

        assert await prompts.pick(self.ONE) == (files[1],)

    async def test_what_is_chosen_in_the_first_moment_is_asked_again(self, files, tmp_path):
        """T24: a press that was meant for something else."""
        early = tmp_path / "early"
        prompts = prompts_with_user(
            "state:shown", f"choose:{files[0]}", f"note:{early}", "state:armed", "shows:dialog",
            f"choose:{files[1]}",
        )  # fmt: skip

        assert await prompts.pick(self.ONE) == (files[1],)
        assert early.exists()

    async def test_escape_is_a_refusal(self, files):
        with pytest.raises(UserError, match="user_refused"):
            await prompts_with_user("state:shown", "key:Escape").pick(samples.PICK)

    async def test_silence_is_a_time_out(self):
        prompts = window_that_says()
        prompts._seconds = 0.1
        with pytest.raises(UserError, match="prompt_timeout"):
            await prompts.pick(samples.PICK)

    async def test_there_is_one_window_at_a_time(self):
        prompts = window_that_says()
        async with prompts.sign(samples.SIGN):
            with pytest.raises(UserError, match="prompt_busy"):
                await prompts.pick(samples.PICK)

    @pytest.mark.parametrize(
        ("paths", "count"),
        [
            (["FOLDER"], 1),
            (["FOLDER/none.pdf"], 1),
            (["none.pdf"], 1),
            (["FOLDER/pipe"], 1),
            (["FOLDER/a.pdf"], 2),
            (["FOLDER/a.pdf", "FOLDER/b.pdf"], 2),
            ([], 0),
        ],
    )
    async def test_what_is_no_file_or_too_many_is_a_refusal(self, tmp_path, paths, count):
        """Even when the window says so."""
        os.mkfifo(tmp_path / "pipe")
        for name in ("a.pdf", "b.pdf"):
            (tmp_path / name).touch()
        told = [Picked(path=path.replace("FOLDER", str(tmp_path))) for path in paths]
        with pytest.raises(UserError, match="user_refused"):
            await window_that_says(*told, PickedAll(count=count)).pick(self.ONE)

    async def test_more_files_than_a_dialog_may_give_are_a_refusal(self, files):
        told = Picked(path=str(files[0]))
        with pytest.raises(UserError, match="user_refused"):
            await window_that_says(told, times=MAX_PICKED_FILES + 1).pick(samples.PICK)

    async def test_files_are_no_answer_to_another_question(self):
        told = Picked(path="/etc/hostname")
        async with window_that_says(told).sign(samples.SIGN) as dialog:
            with pytest.raises(UserError, match="user_refused"):
                await dialog.approval()
