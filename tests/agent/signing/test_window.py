"""Work in a window ends when the user cancels, and one reader reads the window at a time."""

import asyncio

import pytest

from agent.errors import UserError
from agent.signing.window import Window
from tests.support.prompts import Otp, ScriptedUser, _Window


async def forever() -> None:
    await asyncio.Event().wait()


@pytest.fixture
def user() -> ScriptedUser:
    return ScriptedUser(Otp("1"), Otp("2"))


async def test_work_that_ends_by_itself_gives_its_result(user: ScriptedUser) -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    assert await Window(_Window(user)).unless_refused(work()) == 7
    assert not user.listening


async def test_work_ends_when_the_user_cancels(user: ScriptedUser) -> None:
    user.cancel.set()
    with pytest.raises(UserError) as refused:
        await Window(_Window(user)).unless_refused(forever())

    assert refused.value.code == "user_refused"


async def test_work_tidies_up_before_the_refusal_is_told(user: ScriptedUser) -> None:
    tidied = []

    async def work() -> None:
        try:
            user.cancel.set()
            await forever()
        finally:
            await asyncio.sleep(0.01)
            tidied.append(True)

    with pytest.raises(UserError):
        await Window(_Window(user)).unless_refused(work())

    assert tidied == [True]


async def test_nobody_listens_while_the_window_asks(user: ScriptedUser) -> None:
    """`_Window` asserts it."""
    window = Window(_Window(user))

    async def work() -> list[bytes]:
        return [bytes((await window.otp(rejected=False)).consume()) for _ in range(2)]

    assert await window.unless_refused(work()) == [b"1", b"2"]


async def test_the_window_listens_again_after_it_has_asked(user: ScriptedUser) -> None:
    window = Window(_Window(user))

    async def work() -> None:
        await window.otp(rejected=False)
        user.cancel.set()
        await forever()

    with pytest.raises(UserError):
        await window.unless_refused(work())
