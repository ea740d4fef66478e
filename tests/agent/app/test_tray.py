"""What the icon is told, and what its menu does."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.app.tray import Tray
from agent.consent.prompts import Grant
from agent.journal import JournalBroken, Stored
from agent.tray.messages import Choice, Forget, Open, Quit, State
from tests.support.edge import Running, running
from tests.support.prompts import Allow, Approve, ScriptedUser
from tests.support.signing import ORIGIN
from tests.support.tokens import Card, MemoryTokens
from tests.support.waiting import eventually


class MemoryIcon:
    """Instead of the icon's process."""

    def __init__(self) -> None:
        self.shown: list[State] = []
        self.act: Callable[[Choice], Awaitable[None]] | None = None

    def show(self, state: State) -> None:
        if not self.shown or state != self.shown[-1]:
            self.shown.append(state)

    async def run(self, act: Callable[[Choice], Awaitable[None]]) -> None:
        self.act = act
        await asyncio.Event().wait()

    @property
    def now(self) -> State:
        return self.shown[-1]


@asynccontextmanager
async def with_icon(
    agent: Running, *, open_command: tuple[str, ...] = ()
) -> AsyncIterator[tuple[MemoryIcon, asyncio.Event]]:
    icon, stop = MemoryIcon(), asyncio.Event()
    tray = Tray(agent.edge, icon=icon, language="vi", open_command=open_command, stop=stop.set)
    running_tray = asyncio.create_task(tray.run())
    await eventually(lambda: icon.act, "the icon")
    try:
        yield icon, stop
    finally:
        await eventually(lambda: all(p.poll() is not None for p in tray._opened), "what was opened")
        running_tray.cancel()
        await asyncio.gather(running_tray, return_exceptions=True)


async def test_it_shows_tokens_as_they_come_and_go(tmp_path: Path) -> None:
    tokens, card = MemoryTokens(), Card()
    async with running(tmp_path, tokens=tokens) as agent, with_icon(agent) as (icon, _):
        assert icon.now.tokens == ()
        tokens.plug(card)
        await eventually(lambda: icon.now.tokens == ("Token 1",), "the token")
        tokens.unplug(card)
        await eventually(lambda: icon.now.tokens == (), "the token to vanish")


async def test_it_shows_what_was_signed_and_who_was_allowed(tmp_path: Path) -> None:
    user = ScriptedUser(Allow(Grant.ALWAYS), Approve())
    async with (
        running(tmp_path, tokens=MemoryTokens(Card()), user=user, allowed=()) as agent,
        with_icon(agent) as (icon, _),
        agent.page() as page,
    ):
        await page.hello()
        await page.call("site.request")
        await eventually(lambda: [s.origin for s in icon.now.sites] == [ORIGIN], "the site")
        await page.call("sign.xml", document=b"<a/>", name="a.xml", profile="test")
        await eventually(lambda: icon.now.recent, "the signature")

        [signed] = icon.now.recent
        assert (signed.name, signed.origin, signed.succeeded) == ("a.xml", ORIGIN, True)


async def test_an_altered_journal_takes_nothing_else_from_the_menu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, tokens=MemoryTokens(Card())) as agent:

        def broken(**_: object) -> tuple[Stored, ...]:
            raise JournalBroken(1, "the entry cannot be read")

        monkeypatch.setattr(agent.edge.desk.journal, "latest", broken)
        async with with_icon(agent) as (icon, _):
            assert icon.now.recent == ()
            assert [site.origin for site in icon.now.sites] == [ORIGIN]


async def test_a_site_forgotten_in_the_menu_is_forgotten(tmp_path: Path) -> None:
    async with running(tmp_path) as agent, with_icon(agent) as (icon, _):
        assert [site.origin for site in icon.now.sites] == [ORIGIN]
        assert icon.act is not None
        await icon.act(Forget(origin=ORIGIN))

        assert not agent.edge.sites.allows(ORIGIN)
        assert icon.now.sites == ()


async def test_quit_stops_the_agent(tmp_path: Path) -> None:
    async with running(tmp_path) as agent, with_icon(agent) as (icon, stop):
        assert icon.act is not None
        await icon.act(Quit())

        assert stop.is_set()


async def test_open_starts_what_the_administrator_named(tmp_path: Path) -> None:
    mark = tmp_path / "opened"
    command = (sys.executable, "-c", f"open({str(mark)!r}, 'w')")
    async with (
        running(tmp_path) as agent,
        with_icon(agent, open_command=command) as (icon, _),
    ):
        assert icon.now.can_open
        assert icon.act is not None
        await icon.act(Open())
        await eventually(mark.exists, "the page to be opened")
        await icon.act(Open())


async def test_a_program_that_is_not_there_is_no_misfortune(tmp_path: Path) -> None:
    command = (str(tmp_path / "nothing"),)
    async with (
        running(tmp_path) as agent,
        with_icon(agent, open_command=command) as (icon, _),
    ):
        assert icon.act is not None
        await icon.act(Open())
