import pytest
from aiohttp import web

from agent.errors import AgentError, ServiceError
from agent.hsm.csc import Csc
from agent.hsm.csc.service import Version, find
from agent.hsm.provider import Login
from agent.secret import Secret
from tests.support.csc_service import CscService
from tests.support.doors import plain_door


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_a_service_is_recognised_in_either_version(version):
    async with CscService(version=version) as service, plain_door(service.url) as door:
        assert await Csc().recognise(door)
        found = await find(door)

    assert found.version is Version(version)
    assert found.base == f"/csc/{version}"
    assert found.offers("signatures/signHash")
    assert not found.offers("signatures/signDoc")


async def test_no_secret_is_needed_to_recognise_one():
    async with CscService() as service, plain_door(service.url) as door:
        await Csc().recognise(door)

    assert service.requests == [("/csc/v2/info", {}), ("/csc/v1/info", {})]


async def test_the_version_is_what_the_service_says_it_is_wherever_it_says_it():
    async with (
        CscService(version="v2", specs="1.0.4.0") as service,
        plain_door(service.url) as door,
    ):
        found = await find(door)

    assert (found.version, found.base) == (Version.V1, "/csc/v2")


@pytest.mark.parametrize("specs", ["0.1.7.9", "3.0", "", "hai"])
async def test_a_version_that_we_do_not_speak_is_none(specs):
    async with CscService(specs=specs) as service, plain_door(service.url) as door:
        service.specs = specs
        assert not await Csc().recognise(door)


async def page(_):
    return web.Response(text="<h1>Chào mừng</h1>", content_type="text/html")


async def redirect(_):
    raise web.HTTPFound("https://elsewhere.example/login")


async def something_else(_):
    return web.json_response({"name": "not a signing service"})


async def refused(_):
    return web.json_response({"error": "access_denied"}, status=401)


@pytest.mark.parametrize("handler", [page, redirect, something_else, refused])
async def test_whatever_else_answers_there_is_no_such_service(handler):
    async with CscService() as service, plain_door(service.url) as door:
        service.override = {"/csc/v1/info": handler, "/csc/v2/info": handler}

        assert not await Csc().recognise(door)


async def broken(_):
    return web.Response(status=500, text="oops")


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (broken, "service_failed"),
        (redirect, "service_redirected"),
        (page, "service_malformed"),
        (refused, "service_not_recognised"),
    ],
)
async def test_what_is_wrong_with_a_service_that_is_known_to_be_one_is_told(handler, code):
    async with CscService() as service, plain_door(service.url) as door:
        service.override = {"/csc/v1/info": handler, "/csc/v2/info": handler}

        with pytest.raises(AgentError) as caught:
            await Csc().sign_in(door, Login(name="minhhoa", password=Secret("not sent")))

    assert caught.value.code == code
    assert "not sent" not in str(service.requests)


async def test_that_nothing_answers_is_said():
    class Silent:
        host, base = "csc.example.vn", "https://csc.example.vn"

        async def post(self, *_, **__):
            raise ServiceError("service_timeout", host=self.host)

    with pytest.raises(ServiceError) as caught:
        await Csc().recognise(Silent())

    assert caught.value.code == "service_timeout"
