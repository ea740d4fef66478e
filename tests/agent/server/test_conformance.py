"""The agent's server keeps to SPEC.md, as far as the vectors see."""

from pathlib import Path

import pytest

from protocol.conformance.cases import Case, agent_cases
from protocol.conformance.play import Target, play
from tests.support.edge import running
from tests.support.prompts import ScriptedUser, Wait
from tests.support.tokens import Card, MemoryTokens


@pytest.mark.parametrize("case", agent_cases(), ids=lambda case: case.name)
async def test_it_conforms(case: Case, tmp_path: Path) -> None:
    user = ScriptedUser(Wait())
    async with running(tmp_path, tokens=MemoryTokens(Card(), Card()), user=user) as agent:
        url = agent.url.replace("http", "ws") + "/v1"
        await play(case, Target(url=url, native_token=agent.edge.native_token.value))
