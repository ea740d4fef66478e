import asyncio

import pytest

from tests.webui.world import MST, OTHER, PASSWORD, registered
from webui.errors import Refused
from webui.filing import passwords
from webui.filing.login import OVER_ALL, PER_MST, WINDOW, count_attempt, login


async def refused(office, mst=MST, password="sai mật khẩu") -> Refused:
    with pytest.raises(Refused) as caught:
        await login(office, mst=mst, password=password)
    return caught.value


async def test_the_right_password_signs_in_however_the_mst_is_written(office):
    unit = await registered(office)

    assert await login(office, mst=" 0101300842 ", password=PASSWORD) == unit


async def test_a_stranger_cannot_tell_who_is_registered(office):
    await registered(office)

    known, unknown = await refused(office), await refused(office, OTHER)

    assert (
        (known.code, known.field) == (unknown.code, unknown.field) == ("login_failed", "password")
    )


async def test_the_attempts_for_one_mst_are_limited_and_say_how_long(office, clock):
    await registered(office)
    for _ in range(PER_MST):
        assert (await refused(office)).code == "login_failed"
        clock.forward(seconds=1)

    locked = await refused(office, password=PASSWORD)

    assert locked.code == "too_many_attempts"
    assert locked.details == {"retry_after": WINDOW.total_seconds() - PER_MST}
    clock.forward(seconds=locked.details["retry_after"])
    assert await login(office, mst=MST, password=PASSWORD)


async def test_another_unit_is_not_locked_out_with_it(office):
    await registered(office)
    other = await registered(office, OTHER)
    for _ in range(PER_MST + 1):
        await refused(office)

    assert await login(office, mst=OTHER, password=PASSWORD) == other


async def test_the_right_password_ends_the_count(office):
    await registered(office)
    for _ in range(3):
        for _ in range(PER_MST - 1):
            assert (await refused(office)).code == "login_failed"
        assert await login(office, mst=MST, password=PASSWORD)


async def test_guesses_sent_side_by_side_count_as_many_as_they_are(office):
    await registered(office)

    outcomes = await asyncio.gather(*(refused(office) for _ in range(PER_MST * 3)))

    assert [o.code for o in outcomes].count("login_failed") == PER_MST


async def test_one_password_tried_on_many_is_limited_too(office):
    for n in range(OVER_ALL):
        await count_attempt(office, f"{n:010d}")

    with pytest.raises(Refused, match="too_many_attempts"):
        await count_attempt(office, MST)


async def test_a_unit_without_password_cannot_be_guessed(office):
    assert not await passwords.matches("", None)
    assert not await passwords.matches("nobody's password", None)


async def test_an_endless_password_costs_nothing():
    assert not await passwords.matches("x" * 1_000_000, await passwords.hashed("abc"))


@pytest.mark.parametrize(
    ("password", "code"), [("1234567", "password_short"), ("x" * 257, "password_long")]
)
def test_a_new_password_is_bounded(password, code):
    with pytest.raises(Refused, match=code):
        passwords.check_new(password)
