"""`/ping` says three things to everybody, and nothing else is there."""

import aiohttp
import pytest

from protocol.version import PRODUCT_VERSION
from tests.support.edge import running


async def test_ping_says_product_version_and_protocol_and_nothing_else(tmp_path) -> None:
    async with running(tmp_path) as agent, agent.http.get(f"{agent.url}/ping") as answer:
        body = await answer.json()
        headers = answer.headers

    assert body == {"product": "OpenKySo", "version": PRODUCT_VERSION, "protocol": [1]}
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Server" not in headers
    assert "Set-Cookie" not in headers


async def test_ping_answers_on_both_families(tmp_path) -> None:
    async with running(tmp_path) as agent:
        for host in ("127.0.0.1", "[::1]", "localhost"):
            async with agent.http.get(f"http://{host}:{agent.port}/ping") as answer:
                assert answer.status == 200


async def test_an_older_chromium_may_ask_before_it_pings(tmp_path) -> None:
    asked = {
        "Origin": "https://their.app",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Private-Network": "true",
    }
    async with (
        running(tmp_path) as agent,
        agent.http.options(f"{agent.url}/ping", headers=asked) as answer,
    ):
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Private-Network"] == "true"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "PATCH"])
async def test_ping_is_read_only(tmp_path, method: str) -> None:
    async with (
        running(tmp_path) as agent,
        agent.http.request(method, f"{agent.url}/ping") as answer,
    ):
        assert answer.status == 405


@pytest.mark.parametrize("path", ["/", "/v2", "/ping/", "/favicon.ico", "/v1/x"])
async def test_nothing_else_is_there(tmp_path, path: str) -> None:
    async with running(tmp_path) as agent, agent.http.get(agent.url + path) as answer:
        assert answer.status == 404


async def test_without_an_upgrade_the_endpoint_is_an_error(tmp_path) -> None:
    async with running(tmp_path) as agent, agent.http.get(f"{agent.url}/v1") as answer:
        assert answer.status == 400


async def test_the_subprotocol_is_confirmed(tmp_path) -> None:
    async with (
        running(tmp_path) as agent,
        aiohttp.ClientSession() as http,
        http.ws_connect(
            f"{agent.url}/v1", protocols=("openkyso.v1",), headers={"Origin": "https://a.vn"}
        ) as socket,
    ):
        assert socket.protocol == "openkyso.v1"
