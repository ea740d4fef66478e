"""What the services do wrong when they are told to, and that it ends when they are told so."""

import json

import aiohttp
import pytest

from webui.sandbox.hsm.faults import Answers, Faults, merged
from webui.sandbox.hsm.register import Service

INFO = "/csc/v1/info"


async def info(world) -> tuple[int, str, bytes]:
    url = world.sandbox.hsm_url(Service.CSC) + INFO
    async with world.http.post(url, json={}, allow_redirects=False) as answer:
        return answer.status, answer.content_type, await answer.read()


async def test_a_good_service_answers(world) -> None:
    status, _, body = await info(world)

    assert status == 200
    assert json.loads(body)["specs"] == "1.0.4.0"


@pytest.mark.parametrize(
    ("answers", "status", "content_type"),
    [
        (Answers.MALFORMED, 200, "application/json"),
        (Answers.HTML, 200, "text/html"),
        (Answers.REDIRECT, 307, "application/octet-stream"),
        (Answers.ERROR, 500, "text/plain"),
        (Answers.HUGE, 200, "application/json"),
    ],
)
async def test_a_wrong_answer_is_given(world, answers, status, content_type) -> None:
    await world.sandbox.set_hsm_faults(Service.CSC, Faults(answers=answers))

    assert (await info(world))[:2] == (status, content_type)


async def test_half_an_answer_breaks_off(world) -> None:
    await world.sandbox.set_hsm_faults(Service.CSC, Faults(answers=Answers.HALF))

    with pytest.raises(aiohttp.ClientPayloadError):
        await info(world)


async def test_a_service_that_is_down_listens_to_nobody(world) -> None:
    await world.sandbox.set_hsm_faults(Service.CSC, Faults(down=True))
    with pytest.raises(aiohttp.ClientConnectorError):
        await info(world)

    await world.sandbox.set_hsm_faults(Service.CSC, Faults())

    assert (await info(world))[0] == 200


async def test_a_certificate_of_another_name_is_shown(world) -> None:
    await world.sandbox.set_hsm_faults(Service.CSC, Faults(wrong_name=True))

    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await info(world)


@pytest.mark.parametrize("change", [{"answers": "nice"}, {"latency": -1}, {"unknown": 1}])
def test_a_fault_that_there_is_not_is_refused(change) -> None:
    with pytest.raises(ValueError):
        merged(Faults(), change)
