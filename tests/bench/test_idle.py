"""What an agent with one worker costs while nobody asks it anything.

Run with: pytest -m bench -s tests/bench/test_idle.py

Three readings: RSS counts the pages that both processes share twice; "once" counts them once, which
is what the two take from the machine; PSS spares them what other programs happen to share too.
"""

import asyncio
import secrets
from collections import defaultdict

import psutil
import pytest

from protocol.messages import LoginParams, SignXmlParams
from tests.support.agent_process import AgentProcess
from tests.support.measuring import tell
from tests.support.sandbox import form_for
from tests.support.waiting import eventually
from webui.bhxh import form05

pytestmark = pytest.mark.bench

IDLE_SECONDS = 30
SETTLING_SECONDS = 12


def processes(agent: AgentProcess) -> list[psutil.Process]:
    """The agent and its worker."""
    assert agent.process is not None
    main = psutil.Process(agent.process.pid)
    return [main, *main.children(recursive=True)]


def memory(agent: AgentProcess) -> str:
    watched = [process.memory_full_info() for process in processes(agent)]

    def told(name: str) -> str:
        parts = [getattr(info, name) / 2**20 for info in watched]
        return f"{name.upper()} {sum(parts):.0f} MB ({' + '.join(f'{part:.0f}' for part in parts)})"

    return f"once {_pages_once(processes(agent)) / 2**20:.0f} MB; {told('rss')}; {told('pss')}"


def _pages_once(watched: list[psutil.Process]) -> int:
    """Bytes: what is a process's own, and of each file the most that one of them shares."""
    own = 0
    shared: dict[str, int] = defaultdict(int)
    for process in watched:
        for mapping in process.memory_maps(grouped=True):
            private = mapping.private_clean + mapping.private_dirty
            own += private
            shared[mapping.path] = max(shared[mapping.path], mapping.rss - private)
    return own + sum(shared.values())


@pytest.mark.timeout(6 * IDLE_SECONDS)
async def test_an_idle_agent(office, new_agent):
    with new_agent() as agent:
        async with agent.connected() as client:

            async def token_known() -> bool:
                return bool((await client.tokens()).tokens)

            await eventually(token_known, "the token")
        tell("memory: token known", memory(agent), target="90 MB")
        await asyncio.sleep(SETTLING_SECONDS)
        tell("memory: settled", memory(agent))

        before = [(p.cpu_times(), p.num_ctx_switches()) for p in processes(agent)]
        await asyncio.sleep(IDLE_SECONDS)
        after = [(p.cpu_times(), p.num_ctx_switches()) for p in processes(agent)]
        for name, (cpu, was), (cpu_now, now) in zip(
            ("agent", "worker"), before, after, strict=True
        ):
            share = (cpu_now.user + cpu_now.system - cpu.user - cpu.system) / IDLE_SECONDS
            wakes = (now.voluntary - was.voluntary) / IDLE_SECONDS
            tell(f"{name}: idle", f"{share:.2%} of a processor, woken {wakes:.1f} times a second")
        tell(f"memory: {IDLE_SECONDS} s later", memory(agent), target="90 MB")

        async with agent.connected() as client:
            await client.login(LoginParams(nonce=secrets.token_bytes(32)))
            tell("memory: after a login", memory(agent))
            document = form05.build(form_for(office.company))
            await client.sign_xml(
                SignXmlParams(document=document, name="05/SĐ-IVAN", profile="bhxh-hoso")
            )
            tell("memory: after a document", memory(agent))
        await asyncio.sleep(SETTLING_SECONDS)
        tell("memory: after both, settled", memory(agent), target="90 MB")
