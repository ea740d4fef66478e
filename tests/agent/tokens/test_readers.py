"""The reader watch against a PC/SC service in memory; the real one is in tests/device."""

import asyncio
import threading
from collections.abc import AsyncIterator
from time import monotonic

import pytest

from agent.tokens import readers
from agent.tokens.pcsc import PcscGone, Reader
from agent.tokens.readers import ReaderWatch
from tests.support.waiting import eventually

PRESENT = 0x20
IN_USE = 0x100


class Service:
    """What Library and Context of agent.tokens.pcsc show of it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._readers: dict[bytes, int] = {}
        self.running = True
        self.tells_of_readers = True
        #: Returns from each wait at once, as services with other ideas of "changed" do.
        self.restless = False
        self.waits = 0
        self.connections = 0

    def set(self, name: bytes, state: int | None) -> None:
        with self._changed:
            if state is None:
                del self._readers[name]
            else:
                self._readers[name] = state
            self._changed.notify_all()

    def stop(self) -> None:
        with self._changed:
            self.running = False
            self._changed.notify_all()

    # Library
    def connect(self) -> "Service":
        if not self.running:
            raise PcscGone("no service")
        self.connections += 1
        self._cancelled = False
        return self

    # Context
    def readers(self) -> tuple[Reader, ...]:
        if not self.running:
            raise PcscGone("no service")
        return tuple(Reader(name=n, state=s) for n, s in self._readers.items())

    def tells_of_new_readers(self) -> bool:
        return self.tells_of_readers

    def wait(self, known: tuple[Reader, ...], *, new_ones: bool, milliseconds: int) -> None:
        self.waits += 1

        def over() -> bool:
            states = tuple(Reader(name=n, state=s) for n, s in self._readers.items())
            same = states == known if new_ones else {r.name for r in known} <= {*self._readers}
            return self.restless or self._cancelled or not self.running or not same

        with self._changed:
            self._changed.wait_for(over, milliseconds / 1000)

    def cancel(self) -> None:
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def close(self) -> None:
        pass


class Watched:
    def __init__(self) -> None:
        self.watch = ReaderWatch(self.count)
        self.changes = 0

    def count(self) -> None:
        self.changes += 1


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    made = Service()
    monkeypatch.setattr(readers, "Library", lambda: made)
    monkeypatch.setattr(readers, "_RETRY_SECONDS", 0.02)
    monkeypatch.setattr(readers, "_NAMES_MILLISECONDS", 20)
    return made


@pytest.fixture
async def watched(service: Service) -> AsyncIterator[Watched]:
    counts = Watched()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(counts.watch.run())
        await eventually(lambda: counts.changes, "the first look")
        yield counts
        running.cancel()


async def test_a_card_put_in_is_told(service: Service, watched: Watched) -> None:
    service.set(b"R0", 0)
    await eventually(lambda: watched.watch.names() == {"R0"}, "the reader")
    before = watched.changes
    service.set(b"R0", PRESENT | 1 << 16)
    await eventually(lambda: watched.changes > before, "the card")
    before = watched.changes
    service.set(b"R0", 2 << 16)
    await eventually(lambda: watched.changes > before, "the removal")


async def test_a_card_out_and_in_again_is_told_by_its_count(
    service: Service, watched: Watched
) -> None:
    service.set(b"R0", PRESENT | 1 << 16)
    await eventually(lambda: watched.watch.names() == {"R0"}, "the reader")
    before = watched.changes
    service.set(b"R0", PRESENT | 3 << 16)
    await eventually(lambda: watched.changes > before, "the other card")


async def test_readers_come_and_go(service: Service, watched: Watched) -> None:
    service.set(b"R0", 0)
    await eventually(lambda: watched.watch.names() == {"R0"}, "one reader")
    service.set(b"R1", 0)
    await eventually(lambda: watched.watch.names() == {"R0", "R1"}, "two readers")
    service.set(b"R0", None)
    await eventually(lambda: watched.watch.names() == {"R1"}, "one reader again")


async def test_they_do_where_the_service_does_not_tell(service: Service) -> None:
    service.tells_of_readers = False
    watch = ReaderWatch(lambda: None)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(watch.run())
        await eventually(lambda: watch.names() == frozenset(), "the first look")
        service.set(b"R0", 0)
        await eventually(lambda: watch.names() == {"R0"}, "one reader")
        running.cancel()


async def test_a_program_using_the_card_is_no_change(service: Service, watched: Watched) -> None:
    service.set(b"R0", PRESENT)
    await eventually(lambda: watched.watch.names() == {"R0"}, "the reader")
    before = watched.changes
    for state in (PRESENT | IN_USE, PRESENT, PRESENT | IN_USE):
        waits = service.waits
        service.set(b"R0", state)
        await eventually(lambda n=waits: service.waits > n, "the next wait")

    assert watched.changes == before


async def test_a_restless_service_is_not_followed_at_its_speed(
    service: Service, watched: Watched
) -> None:
    service.restless = True
    service.set(b"R0", 0)
    began, waits = monotonic(), service.waits
    await eventually(lambda: service.waits >= waits + 4, "some waits")

    assert monotonic() - began >= 3 * readers._BREATH_SECONDS


async def test_the_service_may_stop_and_start_again(service: Service, watched: Watched) -> None:
    service.set(b"R0", PRESENT)
    await eventually(lambda: watched.watch.names() == {"R0"}, "the reader")
    service.stop()
    await eventually(lambda: watched.watch.names() == frozenset(), "its absence")
    service.running = True
    await eventually(lambda: watched.watch.names() == {"R0"}, "the reader again")

    assert service.connections == 2


async def test_without_the_library_there_is_no_pcsc(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> None:
        raise PcscGone("no such file")

    monkeypatch.setattr(readers, "Library", absent)
    told = asyncio.Event()
    watch = ReaderWatch(told.set)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(watch.run())
        await asyncio.wait_for(told.wait(), 10)
        running.cancel()

    assert watch.names() is None


async def test_its_thread_ends_with_it(service: Service, watched: Watched) -> None:
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(ReaderWatch(lambda: None).run())
        await eventually(lambda: service.connections == 2, "the second watch")
        running.cancel()
    names = [t.name for t in threading.enumerate() if t.name == "readers"]

    assert len(names) == 1
