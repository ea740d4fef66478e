"""Our own window's rights, by a ticket from a real agent."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.platforms import directories
from protocol.client import connect
from protocol.errors import ProtocolError
from protocol.messages import Rights
from tests.support.agent_process import AgentProcess
from webui.ticket import usual_runtime_file, with_ticket

PAGE = "http://127.0.0.1:8620"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentProcess]:
    with AgentProcess(tmp_path_factory.mktemp("agent")) as process:
        yield process


def runtime(agent: AgentProcess) -> Path:
    return agent.runtime / "agent.json"


def ticket_in(address: str) -> str:
    found = re.fullmatch(re.escape(PAGE) + r"/#ticket=([\w-]+)&agent=\d+", address)
    assert found, address
    return found[1]


@pytest.mark.parametrize("page", [PAGE, f"{PAGE}/"])
async def test_the_page_has_first_party_rights_by_it(agent: AgentProcess, page: str) -> None:
    ticket = ticket_in(await with_ticket(page, runtime(agent)))

    async with connect(agent.url, client="page", origin=PAGE, ticket=ticket) as window:
        assert window.greeting.rights is Rights.FIRST_PARTY


async def test_it_names_the_agent_that_gave_it(agent: AgentProcess) -> None:
    """Another user of the same machine has one too, and a page finds the first of them."""
    address = await with_ticket(PAGE, runtime(agent))

    assert address.endswith(f"&agent={agent.record['port']}")


async def test_it_works_once(agent: AgentProcess) -> None:
    ticket = ticket_in(await with_ticket(PAGE, runtime(agent)))
    async with connect(agent.url, client="page", origin=PAGE, ticket=ticket):
        pass

    with pytest.raises(ProtocolError, match="ticket_invalid"):
        async with connect(agent.url, client="page", origin=PAGE, ticket=ticket):
            pass


async def test_it_is_no_use_to_another_page(agent: AgentProcess) -> None:
    ticket = ticket_in(await with_ticket(PAGE, runtime(agent)))

    with pytest.raises(ProtocolError, match="ticket_invalid"):
        async with connect(agent.url, client="page", origin="https://evil.example", ticket=ticket):
            pass


async def test_every_window_has_its_own(agent: AgentProcess) -> None:
    both = await asyncio.gather(*(with_ticket(PAGE, runtime(agent)) for _ in range(2)))
    assert both[0] != both[1]


@pytest.mark.parametrize("content", [None, "", "{}", '{"port": 1, "native_token": "x", "pid": 1}'])
async def test_without_an_agent_the_page_opens_all_the_same(
    tmp_path: Path, content: str | None
) -> None:
    """None there, one that ended without cleaning up, one half written."""
    path = tmp_path / "agent.json"
    if content is not None:
        path.write_text(content)

    assert await with_ticket(PAGE, path) == PAGE


async def test_another_user_s_token_gets_none(agent: AgentProcess, tmp_path: Path) -> None:
    path = tmp_path / "agent.json"
    path.write_text(runtime(agent).read_text().replace(agent.record["native_token"], "A" * 43))

    assert await with_ticket(PAGE, path) == PAGE


def test_the_agent_is_looked_for_where_it_writes() -> None:
    """The web UI may not import the agent; this holds the two together."""
    assert usual_runtime_file() == directories.default().runtime / "agent.json"
