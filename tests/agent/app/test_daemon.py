"""`python -m agent run` as a real process: SoftHSM, a CA that answers, scripted consent."""

import asyncio
import os
import signal
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import ReasonFlags

from agent.formats.xml import PROFILES, verify
from protocol.client import Agent
from protocol.errors import ProtocolError
from protocol.messages import (
    LoginParams,
    Progress,
    Rights,
    SignXmlParams,
    SignXmlResult,
    Stage,
    login_message,
)
from tests.support.agent_process import AgentProcess, script
from tests.support.pki import MST, Authority, Holder, Responder, Urls
from tests.support.softhsm import SoftHSM, SoftToken, new_softhsm
from tests.support.waiting import eventually, wait_for

LABEL = "OpenKySo Test"
PAGE = "https://their.app"
DOSSIER = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    f"<Hoso><NoiDung><MaSoThue>{MST}</MaSoThue></NoiDung><CKy_Dvi></CKy_Dvi></Hoso>"
).encode()


@dataclass(kw_only=True)
class World:
    directory: Path
    hsm: SoftHSM
    token: SoftToken
    root: Path
    ca: Authority

    def put(self, holder: Holder, *, number: int) -> Holder:
        identity = bytes([number])
        self.token.add_key(holder.key, label=f"key {number}", key_id=identity)
        self.token.add_certificate(holder.certificate, label=f"key {number}", key_id=identity)
        return holder

    def agent(self, consent: str | None = None) -> AgentProcess:
        return AgentProcess(
            self.directory,
            modules=[self.hsm.library],
            roots=[self.root],
            environment=self.hsm.environment,
            consent=consent or script(only_tokens=[LABEL]),
        )


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with Responder() as responder:
        root = Authority.root()
        root.urls = Urls.at(responder.url, "root")
        ca = Authority.under(root, urls=Urls.at(responder.url, "ca"))
        responder.authorities = {"root": root, "ca": ca}
        path = tmp_path / "root.pem"
        path.write_bytes(root.pem + ca.pem)
        hsm = new_softhsm(tmp_path / "hsm")
        token = hsm.new_token(LABEL)
        yield World(directory=tmp_path, hsm=hsm, token=token, root=path, ca=ca)


async def sign(
    client: Agent, *, mst: str = MST, stages: list[Stage] | None = None
) -> SignXmlResult:
    def note(progress: Progress) -> None:
        if stages is not None:
            stages.append(progress.stage)

    params = SignXmlParams(document=DOSSIER, name="05-SD.xml", profile="bhxh-hoso", mst=mst)
    return await client.sign_xml(params, progress=note)


async def started(world: World, agent: AgentProcess) -> None:
    """The worker has found the token."""

    async def token_is_there() -> bool:
        async with agent.connected() as client:
            return bool((await client.tokens()).tokens)

    await eventually(token_is_there, "the token")


async def test_a_page_asks_signs_and_the_journal_knows(world: World) -> None:
    unit = world.put(world.ca.issue(), number=1)
    with world.agent() as agent:
        await started(world, agent)
        async with agent.connected(origin=PAGE) as page:
            assert page.greeting.demo
            assert page.greeting.rights is Rights.NONE
            with pytest.raises(ProtocolError, match="not_allowed"):
                await sign(page)
            assert (await page.request_site()).granted == "always"
            stages: list[Stage] = []
            result = await sign(page, stages=stages)
        async with agent.connected(origin=PAGE) as again:
            assert again.greeting.rights is Rights.SITE

        assert verify(result.document, PROFILES["bhxh-hoso"]).certificate == unit.der
        assert result.certificate.id == unit.id
        assert (result.certificate.state, result.certificate.warnings) == ("valid", ())
        assert stages == [
            Stage.CHECKING,
            Stage.WAITING_FOR_USER,
            Stage.SIGNING,
            Stage.VERIFYING,
        ]
        listed = agent.command("journal", "list").stdout
        assert PAGE in listed
        assert result.sha256 in listed
        verified = agent.command("journal", "verify").stdout
        assert verified.startswith("1 mục, không mục nào bị sửa\n")
        assert PAGE in agent.command("sites").stdout
        assert "12345678" not in agent.log
        assert agent.record["native_token"] not in agent.log
    assert agent.exit_status == 0


async def test_each_unsuitable_certificate_is_refused_with_its_own_code(world: World) -> None:
    branch, other = f"{MST}001", "0312345678"
    world.put(world.ca.issue("CHI NHÁNH", mst=f"{MST}-001"), number=1)
    revoked = world.put(world.ca.issue("CÔNG TY KHÁC", mst=other), number=2)
    world.ca.revoked[revoked.certificate.serial_number] = ReasonFlags.key_compromise
    with world.agent() as agent:
        await started(world, agent)
        async with agent.connected() as client:
            assert (await sign(client, mst=branch)).certificate.mst == (branch,)
            with pytest.raises(ProtocolError) as mismatch:
                await sign(client, mst=MST)
            with pytest.raises(ProtocolError) as gone:
                await sign(client, mst=other)

    assert mismatch.value.code == "mst_mismatch"
    assert f"{MST}-001" in mismatch.value.text("vi")
    assert gone.value.code == "certificate_revoked"


async def test_a_login_is_good_for_the_asking_origin(world: World) -> None:
    unit = world.put(world.ca.issue(), number=1)
    with world.agent() as agent:
        await started(world, agent)
        async with agent.connected(origin=PAGE) as page:
            await page.request_site()
            proof = await page.login(LoginParams(nonce=b"n" * 32))

    key = unit.certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    message = login_message(origin=PAGE, nonce=b"n" * 32)
    key.verify(proof.signature, message, padding.PKCS1v15(), hashes.SHA256())


async def test_the_users_no_and_a_wrong_pin_are_said(world: World) -> None:
    world.put(world.ca.issue(), number=1)
    no = script(only_tokens=[LABEL], sign="refuse")
    with world.agent(no) as agent:
        await started(world, agent)
        async with agent.connected() as client:
            with pytest.raises(ProtocolError, match="user_refused"):
                await sign(client)
    with world.agent(script(only_tokens=[LABEL], pin="00000000")) as agent:
        await started(world, agent)
        async with agent.connected() as client:
            with pytest.raises(ProtocolError, match="user_refused"):  # after one wrong PIN
                await sign(client)
        assert agent.command("journal", "list").stdout.count("user_refused") == 2
        assert "00000000" not in agent.log


class TestTheProcess:
    async def test_there_is_one_per_user_and_it_stops_on_request(self, world: World) -> None:
        with world.agent() as agent:
            await started(world, agent)
            assert agent.command("run").returncode == 4
            told = await asyncio.to_thread(agent.command, "status")
            assert f"tiến trình {agent.process.pid}" in told.stdout
            assert LABEL in told.stdout
            children = psutil.Process(agent.process.pid).children(recursive=True)
            assert children
            assert agent.command("stop").returncode == 0
            assert agent.process.wait(10) == 0
            assert agent.command("status").returncode == 3
            assert agent.command("stop").returncode == 3
        wait_for(lambda: not any(c.is_running() for c in children), "the children to end")
        assert not (agent.runtime / "agent.json").exists()

    async def test_killed_it_leaves_no_children_and_starts_again(self, world: World) -> None:
        with world.agent() as agent:
            await started(world, agent)
            children = psutil.Process(agent.process.pid).children(recursive=True)
            agent.process.send_signal(signal.SIGKILL)
            agent.process.wait(10)
            assert agent.command("status").returncode == 3
        wait_for(lambda: not any(c.is_running() for c in children), "the children to end")
        (agent.runtime / "agent.json").unlink()
        with world.agent() as again:
            await started(world, again)

    async def test_only_the_user_can_read_what_it_writes(self, world: World) -> None:
        with world.agent() as agent:
            await started(world, agent)
            for path in (agent.runtime / "agent.json", world.directory / "data" / "journal"):
                assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path

    async def test_interrupting_it_while_the_user_thinks_is_quick(self, world: World) -> None:
        world.put(world.ca.issue(), number=1)
        with world.agent(script(only_tokens=[LABEL], delay=60)) as agent:
            await started(world, agent)
            stages: list[Stage] = []
            async with agent.connected() as client:
                asking = asyncio.create_task(sign(client, stages=stages))
                await eventually(lambda: Stage.CHECKING in stages, "the request to begin")
                os.kill(agent.process.pid, signal.SIGINT)
                status = await asyncio.to_thread(agent.process.wait, 10)
                await asyncio.gather(asking, return_exceptions=True)

        assert status == 0

    async def test_without_anybody_to_ask_it_says_so(self, world: World) -> None:
        world.put(world.ca.issue(), number=1)
        agent = AgentProcess(
            world.directory,
            modules=[world.hsm.library],
            roots=[world.root],
            environment=world.hsm.environment,
        )
        with agent:
            await started(world, agent)
            async with agent.connected() as client:
                assert not client.greeting.demo
                with pytest.raises(ProtocolError, match="prompt_unavailable"):
                    await sign(client)
