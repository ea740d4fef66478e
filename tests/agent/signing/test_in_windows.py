"""The use case with the real windows: what the service asks is asked of the user, and answered."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import UserError
from agent.keys import Confirmation, OtpKind
from agent.signing.candidates import Wanted
from agent.signing.sign import Order, Signed, sign
from tests.support.prompts import ScriptedUser
from tests.support.services import MemoryServices, RemoteKey
from tests.support.signing import desk_with, traced_errand
from tests.support.tokens import MemoryTokens
from tests.support.waiting import eventually
from tests.support.windows import prompts_with_user

PIN_AND_OTP = Confirmation(pin=True, otp=OtpKind.SENT, otp_label="SMS")


@pytest.fixture(autouse=True)
def _off_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")


async def signed(directory: Path, key: RemoteKey, *steps: str) -> Signed:
    desk = desk_with(
        directory, tokens=MemoryTokens(), user=ScriptedUser(), services=MemoryServices(key)
    )
    desk = replace(desk, prompts=prompts_with_user(*steps))
    errand, _ = traced_errand()
    order = Order(document=b"<Hoso/>", name="05-SD.xml", profile="test", wanted=Wanted(id=key.id))
    async with asyncio.timeout(60):
        return await sign(desk, errand, order)


async def test_wrong_ones_and_then_the_right_ones_in_one_window(tmp_path: Path) -> None:
    key = RemoteKey(confirmation=PIN_AND_OTP)
    done = await signed(
        tmp_path, key,
        "type:1111", "enabled:sign", "press:sign",
        "state:otp", "type:246810", "press:sign",
        "state:armed", "shows:banner", "type:12345678", "enabled:sign", "press:sign",
        "state:otp", "type:000000", "press:sign",
        "shows:banner", "type:246810", "key:Return",
    )  # fmt: skip

    assert done.document.startswith(b"<Hoso/>|")
    assert key.pins_tried == ["1111", "12345678"]
    assert key.otps_tried == ["000000", "246810"], "the first went with a wrong PIN"


async def test_the_phone_confirms(tmp_path: Path) -> None:
    key = RemoteKey(confirmation=Confirmation(phone=True))
    signing = asyncio.create_task(signed(tmp_path, key, "enabled:sign", "press:sign"))
    await eventually(lambda: key.on_phone is not None, "the request on the phone")
    assert key.on_phone is not None
    key.on_phone.set_result(None)

    assert (await signing).document.startswith(b"<Hoso/>|")


async def test_waiting_for_the_phone_is_cancelled_in_the_window(tmp_path: Path) -> None:
    key = RemoteKey(confirmation=Confirmation(phone=True))

    with pytest.raises(UserError, match="user_refused"):
        await signed(
            tmp_path, key, "enabled:sign", "press:sign", "says:phone.clock=01:59", "press:refuse"
        )
    assert key.events == ["given up"]
