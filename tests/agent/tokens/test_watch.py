"""When a module is looked at: after events, by polling where there are none, and not in between."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from agent.tokens import watch as watch_module
from agent.tokens.modules import Module, Watch
from agent.tokens.watch import ModuleWatch
from tests.support.faulty import FaultyModule
from tests.support.waiting import eventually

Start = Callable[..., AbstractAsyncContextManager[ModuleWatch]]


@pytest.fixture
def start(faulty: FaultyModule, monkeypatch: pytest.MonkeyPatch) -> Start:
    monkeypatch.setattr(watch_module, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(watch_module, "_AFTER_EVENT_SECONDS", (0.05, 0.05))

    @asynccontextmanager
    async def start(
        kind: Watch, *faults: str, readers: frozenset[str] | None = frozenset()
    ) -> AsyncIterator[ModuleWatch]:
        for name, value in faulty.environment(*faults).items():
            if name.startswith("FAULTY"):
                monkeypatch.setitem(os.environ, name, value)
        module = Module(path=faulty.path, name="Faulty", watch=kind)
        watch = ModuleWatch(module, on_change=lambda: None, reader_names=lambda: readers)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(watch.run())
            await watch.look_again()
            yield watch
            running.cancel()

    return start


async def comes_and_goes(watch: ModuleWatch, faulty: FaultyModule) -> None:
    await eventually(lambda: watch.slots, "the token")
    faulty.take_out()
    await eventually(lambda: not watch.slots, "its absence")
    faulty.put_in()
    await eventually(lambda: watch.slots, "the token again")


async def test_a_module_with_devices_of_its_own_is_polled(
    start: Start, faulty: FaultyModule
) -> None:
    async with start(Watch.POLL) as watch:
        await comes_and_goes(watch, faulty)


async def test_every_module_is_polled_where_there_is_no_pcsc(
    start: Start, faulty: FaultyModule
) -> None:
    async with start(Watch.READERS, readers=None) as watch:
        await comes_and_goes(watch, faulty)


async def test_an_unknown_module_is_polled_unless_its_slots_are_readers(
    start: Start, faulty: FaultyModule
) -> None:
    async with start(Watch.AUTO, readers=frozenset({"Another Reader"})) as watch:
        await comes_and_goes(watch, faulty)
    async with start(Watch.AUTO, readers=frozenset({"Faulty Reader"})) as watch:
        await eventually(lambda: not watch._looks_due, "the looks after the event")
        assert watch._patience() is None


async def test_an_event_is_followed_at_once(start: Start, faulty: FaultyModule) -> None:
    async with start(Watch.READERS) as watch:
        await eventually(lambda: not watch._looks_due, "the looks after the first event")
        faulty.take_out()
        watch.wake()
        await eventually(lambda: not watch.slots, "its absence")


async def test_a_driver_slower_than_the_event_is_looked_at_again(
    start: Start, faulty: FaultyModule
) -> None:
    async with start(Watch.READERS) as watch:
        await eventually(lambda: not watch._looks_due, "the looks after the first event")
        await watch.look_again()
        faulty.take_out()
        await eventually(lambda: not watch.slots, "its absence, by a second look")


async def test_without_a_token_no_worker_is_kept(start: Start, faulty: FaultyModule) -> None:
    async with start(Watch.READERS) as watch:
        faulty.take_out()
        watch.wake()
        await eventually(lambda: watch.host.pid is None, "the worker to end")
        faulty.put_in()
        watch.wake()
        await eventually(lambda: watch.slots, "the token")

        assert watch.host.pid is not None
        assert watch.host.trouble == ""


async def test_a_module_that_always_crashes_comes_to_rest(
    start: Start, faulty: FaultyModule
) -> None:
    async with start(Watch.POLL, "crash-in-token") as watch:
        await eventually(lambda: watch.host.quarantined, "the quarantine", seconds=30)
        begun = len(faulty.calls("initialize"))
        await watch.look_again()

        assert begun == 5
        assert len(faulty.calls("initialize")) == 6
        assert watch.slots == ()
