"""Everybody who listens hears of a change, each in their own time."""

import asyncio
import gc

import pytest

from agent.changes import Changes


async def heard(follower) -> bool:
    try:
        async with asyncio.timeout(0.05):
            await anext(follower)
    except TimeoutError:
        return False
    return True


async def test_every_follower_hears_of_a_change() -> None:
    changes = Changes()
    one, other = changes.follow(), changes.follow()

    changes.tell()

    assert await heard(one)
    assert await heard(other)


async def test_several_changes_while_nobody_listens_come_as_one() -> None:
    changes = Changes()
    follower = changes.follow()
    changes.tell()
    changes.tell()

    assert await heard(follower)
    assert not await heard(follower)


async def test_what_happened_before_is_not_told() -> None:
    changes = Changes()
    changes.tell()

    assert not await heard(changes.follow())


@pytest.mark.parametrize("times", [1, 100])
async def test_who_has_gone_is_forgotten(times) -> None:
    changes = Changes()
    for _ in range(times):
        changes.follow()
    gc.collect()

    assert not changes._followers
