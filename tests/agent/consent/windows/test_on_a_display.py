"""The windows as a person meets them: a real X server, real keys, real focus.

What the other tests press inside the process is pressed here from outside, so that accelerators,
focus and the window system's own ways of closing are part of it.
"""

import asyncio
import shutil
import subprocess
from dataclasses import replace

import pytest

from agent.consent.prompts import Grant, SignDialog
from agent.consent.states import State
from agent.consent.window_prompts import WindowPrompts
from agent.consent.windows import samples
from agent.errors import UserError
from agent.keys import Confirmation, PinState
from tests.support.display import virtual_display
from tests.support.waiting import eventually
from tests.support.windows import prompts_with_user

pytestmark = pytest.mark.skipif(shutil.which("xdotool") is None, reason="xdotool is not installed")


@pytest.fixture(scope="module")
def display():
    with virtual_display() as name:
        yield name


@pytest.fixture(autouse=True)
def _on_the_display(display, monkeypatch):
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")


def xdotool(*words):
    return subprocess.run(["xdotool", *words], check=True, capture_output=True, text=True).stdout


async def state_is(dialog: SignDialog, state: State) -> None:
    await eventually(lambda: dialog._talk._consent.state is state, f"the state {state}")


class Signing:
    """A sign window with its approval awaited in the background, as the use case does."""

    def __init__(self, question=samples.SIGN):
        self.context = WindowPrompts().sign(question)

    async def __aenter__(self):
        self.dialog = await self.context.__aenter__()
        self.ask_again()
        return self

    async def __aexit__(self, *error):
        self.approving.cancel()
        await asyncio.gather(self.approving, return_exceptions=True)
        await self.context.__aexit__(*error)

    def ask_again(self):
        self.approving = asyncio.create_task(self.dialog.approval())

    async def otp(self, typed, *, rejected=False):
        asking = asyncio.create_task(self.dialog.otp(rejected=rejected))
        await state_is(self.dialog, State.OTP)
        xdotool("type", typed)
        xdotool("key", "Return")
        return bytes((await asking).consume())

    async def pin(self):
        approval = await self.approving
        return bytes(approval.pin.consume())


async def test_pin_and_enter_sign():
    async with Signing() as window:
        xdotool("type", "12345678")
        await state_is(window.dialog, State.ARMED)
        xdotool("key", "Return")

        assert await window.pin() == b"12345678"


async def test_keys_pressed_in_the_first_moment_do_not_sign():
    async with Signing() as window:
        xdotool("type", "1234")
        xdotool("key", "Return", "alt+k", "Return")
        await state_is(window.dialog, State.ARMED)
        assert not window.approving.done()
        xdotool("type", "5678")
        xdotool("key", "alt+k")

        assert await window.pin() == b"12345678"


async def test_keys_alone_reach_every_answer():
    async with Signing() as window:
        await state_is(window.dialog, State.ARMED)
        xdotool("type", "1234")
        xdotool("key", "Tab", "Tab", "space")

        with pytest.raises(UserError, match="user_refused"):
            await window.approving


@pytest.mark.parametrize("keys", [["Escape"], ["alt+t"]])
async def test_keys_that_refuse(keys):
    async with Signing() as window:
        xdotool("key", *keys)

        with pytest.raises(UserError, match="user_refused"):
            await window.approving


async def test_a_window_killed_by_the_desktop_is_a_refusal():
    async with Signing() as window:
        xdotool("search", "--onlyvisible", "--name", "OpenKySo", "windowkill")

        with pytest.raises(UserError, match="user_refused"):
            await window.approving


async def test_a_wrong_pin_is_asked_again_in_the_same_window():
    async with Signing() as window:
        await state_is(window.dialog, State.ARMED)
        before = xdotool("search", "--onlyvisible", "--name", "OpenKySo")
        xdotool("type", "1111")
        xdotool("key", "Return")
        assert await window.pin() == b"1111"
        await window.dialog.pin_rejected(PinState(final_try=True))
        window.ask_again()
        await state_is(window.dialog, State.ARMED)
        xdotool("type", "2222")
        xdotool("key", "Return")

        assert await window.pin() == b"2222"
        assert xdotool("search", "--onlyvisible", "--name", "OpenKySo") == before


async def test_a_service_is_signed_with_by_keys_alone_in_one_window():
    async with Signing(samples.SIGN_IN_SERVICE) as window:
        await state_is(window.dialog, State.ARMED)
        before = xdotool("search", "--onlyvisible", "--name", "OpenKySo")
        xdotool("type", "11223344")
        xdotool("key", "Return")
        assert await window.pin() == b"11223344"
        await window.dialog.working("waiting-for-service")
        assert await window.otp("000000") == b"000000"
        assert await window.otp("246810", rejected=True) == b"246810"
        assert xdotool("search", "--onlyvisible", "--name", "OpenKySo") == before


async def test_a_one_time_password_is_given_up_by_keys_alone():
    async with Signing(samples.SIGN_IN_SERVICE) as window:
        await state_is(window.dialog, State.ARMED)
        xdotool("type", "11223344")
        xdotool("key", "Return")
        await window.pin()
        asking = asyncio.create_task(window.dialog.otp(rejected=False))
        await state_is(window.dialog, State.OTP)
        xdotool("type", "2468")
        xdotool("key", "Tab", "Tab", "space")

        with pytest.raises(UserError, match="user_refused"):
            await asking


@pytest.mark.parametrize("keys", [["Escape"], ["alt+h"]])
async def test_waiting_for_the_phone_is_cancelled_by_keys_alone(keys):
    on_the_phone = replace(samples.SIGN_IN_SERVICE, confirmation=Confirmation(phone=True))
    async with Signing(on_the_phone) as window:
        await state_is(window.dialog, State.ARMED)
        xdotool("key", "alt+k")
        assert (await window.approving).pin is None
        await window.dialog.phone(seconds=300.0)
        xdotool("key", *keys)
        async with asyncio.timeout(20):
            await window.dialog.refused_by_user()


async def test_the_clipboard_gets_and_gives_nothing():
    async with Signing() as window:
        await state_is(window.dialog, State.ARMED)
        xdotool("type", "12")
        xdotool("key", "ctrl+a", "ctrl+c", "ctrl+x", "ctrl+z", "End", "ctrl+v", "shift+Insert")
        xdotool("type", "34")
        xdotool("key", "Return")

        assert await window.pin() == b"1234"


async def test_a_click_of_the_middle_button_pastes_nothing():
    prompts = prompts_with_user(
        "type:12", "state:armed", "middle:pin.field=99", "type:34", "press:sign"
    )
    async with prompts.sign(samples.SIGN) as dialog:
        assert (await dialog.approval()).pin.consume() == b"1234"


async def test_a_site_is_allowed_by_its_accelerator():
    prompts = WindowPrompts()
    asking = asyncio.create_task(prompts.ask_site(samples.SITE))
    await asyncio.to_thread(xdotool, "search", "--sync", "--onlyvisible", "--name", "OpenKySo")
    while not asking.done():
        # Pressed too early it does nothing; an eager user presses again.
        xdotool("key", "alt+l")
        await asyncio.sleep(0.05)

    assert await asking is Grant.ONCE


async def test_a_batch_is_gone_through_and_signed_by_keys_alone():
    async def preview(index):
        return samples.DOCUMENT

    context = WindowPrompts().sign_batch(samples.batch(20), preview)
    async with context as dialog, asyncio.TaskGroup() as tasks:
        approving = tasks.create_task(dialog.approval())
        await state_is(dialog, State.ARMED)
        xdotool("key", "ctrl+f")
        xdotool("type", "hop dong")
        # The shown ones out, the search away, then the first of all: looked at, taken out there.
        # Qt presses a button that is called by its letter for 100 ms.
        xdotool("key", "--delay", "150", "alt+b", "Escape", "alt+x", "alt+n", "alt+q", "alt+m")
        xdotool("type", "1234")
        xdotool("key", "alt+k")
        approval = await approving

    assert approval.pin.consume() == b"1234"
    assert approval.excluded == {0, 1, 6, 11, 16}


async def test_space_and_enter_work_in_the_list_of_a_batch():
    looked = []

    async def preview(index):
        looked.append(index)
        return samples.DOCUMENT

    context = WindowPrompts().sign_batch(samples.batch(5), preview)
    async with context as dialog, asyncio.TaskGroup() as tasks:
        approving = tasks.create_task(dialog.approval())
        await state_is(dialog, State.ARMED)
        xdotool("key", "shift+Tab", "Down", "space", "Down", "Return")
        await eventually(lambda: looked, "a look")
        xdotool("key", "Escape", "alt+m")
        xdotool("type", "1234")
        xdotool("key", "Return")
        approval = await approving

    assert (approval.excluded, looked) == ({1}, [2])


async def test_a_file_is_chosen_by_typing_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "hopdong.pdf").touch()
    picking = asyncio.create_task(WindowPrompts().pick(samples.PICK))
    await asyncio.to_thread(xdotool, "search", "--sync", "--onlyvisible", "--name", "ketoan")
    while not picking.done():
        # Confirmed too early it is asked again, with the name still there.
        xdotool("key", "ctrl+a")
        xdotool("type", "hopdong.pdf")
        xdotool("key", "Return")
        await asyncio.sleep(0.1)

    assert await picking == (tmp_path / "hopdong.pdf",)


async def test_losing_the_focus_makes_it_inert_again(display):
    async with Signing() as window:
        await state_is(window.dialog, State.ARMED)
        other = subprocess.Popen(["xdotool", "search", "--name", "nothing"])
        other.wait()
        xdotool("type", "1234")
        xdotool("windowfocus", root_window())
        await state_is(window.dialog, State.SHOWN)
        own = xdotool("search", "--onlyvisible", "--name", "OpenKySo").split()[0]
        xdotool("windowfocus", own, "key", "Return")
        assert not window.approving.done()
        await state_is(window.dialog, State.ARMED)
        xdotool("key", "Return")

        assert await window.pin() == b"1234"


def root_window():
    return xdotool("search", "--maxdepth", "0", "").split()[0]
