"""The pages of the signing services and of the phone, and their doors for programs."""

import json

import aiohttp

from webui.sandbox.hsm.demo import API_KEY
from webui.sandbox.hsm.phone import State
from webui.sandbox.hsm.register import Service


async def get(world, path: str) -> str:
    async with aiohttp.request("GET", world.sandbox.pages_url + path) as answer:
        assert answer.status == 200
        return await answer.text()


async def post(world, path: str, **request) -> tuple[int, str]:
    async with aiohttp.request("POST", world.sandbox.pages_url + path, **request) as answer:
        return answer.status, await answer.text()


async def test_what_to_type_is_told(world) -> None:
    page = await get(world, "/services")

    assert API_KEY in page
    assert all(world.sandbox.hsm_url(service) in page for service in Service)


async def test_a_button_makes_a_service_slow_and_another_normal(world) -> None:
    await post(world, "/services/csc", data={"latency": "5"})
    assert world.sandbox.hsm.faults[Service.CSC].latency == 5

    await post(world, "/services/csc", data={"latency": "0"})

    assert world.sandbox.hsm.faults[Service.CSC].latency == 0


async def test_a_service_that_there_is_not_is_not_found(world) -> None:
    assert (await post(world, "/sandbox/hsm/nobody", json={}))[0] == 404


async def test_an_account_is_opened_for_a_test(world) -> None:
    _, told = await post(
        world, "/sandbox/hsm/accounts", json={"service": "csc", "mst": "9900000143"}
    )

    account = json.loads(told)
    register = world.sandbox.hsm.register
    assert register.signed_in(Service.CSC, account["account"], account["password"])


async def test_an_account_that_makes_no_sense_is_refused(world) -> None:
    assert (await post(world, "/sandbox/hsm/accounts", json={"service": "csc"}))[0] == 400


class TestThePhone:
    async def test_shows_nothing_at_first(self, world) -> None:
        assert "Chưa có tin nhắn" in await get(world, "/phone")

    async def test_shows_the_message_with_the_one_time_password(self, world) -> None:
        otp = world.sandbox.hsm.phone.send("csc", "anna")

        assert otp in await get(world, "/phone")

    async def test_shows_a_request_by_its_documents_and_takes_the_thumb(self, world) -> None:
        phone = world.sandbox.hsm.phone
        request = phone.ask("smartca", "anna", ("Điều chỉnh <IVAN>.xml",))
        assert "Điều chỉnh &lt;IVAN&gt;.xml" in await get(world, "/phone")

        await post(world, "/phone", data={"id": request.id, "answer": "confirm"})

        assert phone.state(request) is State.CONFIRMED
        assert "Điều chỉnh" not in await get(world, "/phone")

    async def test_takes_a_refusal_too(self, world) -> None:
        phone = world.sandbox.hsm.phone
        request = phone.ask("smartca", "anna", ())

        await post(world, "/phone", data={"id": request.id, "answer": "reject"})

        assert phone.state(request) is State.REJECTED

    async def test_learns_a_habit(self, world) -> None:
        await post(world, "/sandbox/phone", json={"otp": "246810"})

        assert world.sandbox.hsm.phone.send("csc", "anna") == "246810"
