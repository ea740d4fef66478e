"""The icon's process, by way of the agent's side."""

import asyncio
import sys
from datetime import UTC, datetime

import pytest

from agent.tray.messages import Allowed, Forget, Open, Quit, Signed, State
from agent.tray.process import TrayProcess

STATE = State(
    version="0.1.0",
    tokens=("SAO MAI CA",),
    recent=(
        Signed(
            at=datetime(2026, 11, 23, 3, 0, tzinfo=UTC),
            name="hoa\u202edon & co.xml",
            origin="https://ketoan.example.vn",
            succeeded=True,
        ),
    ),
    sites=(
        Allowed(origin="https://ketoan.example.vn", expires_at=datetime(2027, 11, 23, tzinfo=UTC)),
    ),
    can_open=True,
)


@pytest.fixture(autouse=True)
def _off_screen(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")


class Desk:
    """Collects the user's choices."""

    def __init__(self):
        self.choices = asyncio.Queue()

    async def act(self, choice):
        await self.choices.put(choice)


def tray_with_user(*choices):
    return TrayProcess(command=(sys.executable, "-m", "tests.support.tray_user", *choices))


async def chosen(*choices, state=STATE):
    desk, tray = Desk(), tray_with_user(*choices)
    tray.show(state)
    running = asyncio.create_task(tray.run(desk.act))
    try:
        async with asyncio.timeout(20):
            return await desk.choices.get()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def shell(script):
    return (sys.executable, "-c", script)


class TestChoosing:
    @pytest.mark.parametrize(
        ("path", "choice"),
        [
            ("Mở OpenKySo", Open()),
            ("Thoát", Quit()),
            (
                "Trang web đã cho phép > https://ketoan > Thôi cho phép",
                Forget(origin="https://ketoan.example.vn"),
            ),
        ],
    )
    async def test_a_choice_reaches_the_agent(self, path, choice):
        assert await chosen(path) == choice

    async def test_the_menu_says_what_there_is(self, capfd):
        await chosen("Thoát")

        shown = capfd.readouterr().err
        assert "SAO MAI CA" in shown
        assert "hoa�don && co.xml" in shown
        assert "đến 23/11/2027" in shown
        assert "Phiên bản 0.1.0" in shown
        assert "tooltip OpenKySo: SAO MAI CA" in shown

    async def test_an_empty_world_is_said_too(self, capfd):
        await chosen("Quit", state=State(version="0.1.0", language="en", demo=True))

        shown = capfd.readouterr().err
        for sentence in ("No USB token", "Nothing signed yet", "No site is allowed", "TRIAL MODE"):
            assert sentence in shown
        assert "Open OpenKySo" not in shown

    async def test_who_signs_with_a_service_alone_misses_no_token(self, capfd):
        services = ("CyberHSM", "CyberHSM", "Dịch vụ \u202e&")
        await chosen("Thoát", state=State(version="0.1.0", services=services))

        shown = capfd.readouterr().err
        assert "tooltip OpenKySo: HSM CyberHSM, HSM Dịch vụ �&\n" in shown
        assert "Dịch vụ HSM\n    CyberHSM\n    Dịch vụ �&&\n" in shown
        assert "USB token" not in shown

    async def test_a_new_state_is_a_new_menu(self):
        desk, tray = Desk(), tray_with_user("Mở OpenKySo", "Quit")
        tray.show(STATE)
        running = asyncio.create_task(tray.run(desk.act))
        async with asyncio.timeout(20):
            assert await desk.choices.get() == Open()
            tray.show(State(version="0.1.1", language="en"))
            assert await desk.choices.get() == Quit()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class TestItsAbsence:
    async def test_a_desktop_without_tray_is_left_alone(self):
        script = "import sys; sys.stdin.readline(); sys.exit(3)"
        tray = TrayProcess(command=shell(script))
        tray.show(STATE)
        async with asyncio.timeout(20):
            await tray.run(Desk().act)

    async def test_a_missing_program_does_no_harm(self):
        await TrayProcess(command=("/nonexistent/tray",)).run(Desk().act)

    async def test_an_icon_that_keeps_failing_is_given_up(self):
        tray = TrayProcess(command=shell("raise SystemExit(1)"), pauses=(0.0, 0.0))
        async with asyncio.timeout(20):
            await tray.run(Desk().act)

    @pytest.mark.parametrize("line", ["nonsense", '{"type":"Open","more":1}', "x" * 100_000])
    async def test_an_icon_that_talks_nonsense_is_ended(self, line):
        script = f"import sys; print({line!r}, flush=True); sys.stdin.read()"
        desk, tray = Desk(), TrayProcess(command=shell(script), pauses=())
        async with asyncio.timeout(20):
            await tray.run(desk.act)

        assert desk.choices.empty()

    async def test_it_ends_with_the_agents_interest(self):
        tray = tray_with_user()
        tray.show(STATE)
        running = asyncio.create_task(tray.run(Desk().act))
        await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert tray._input is None
