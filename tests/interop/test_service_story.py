"""The whole story of a signature, from the account to the journal, with the sandbox's services.

Everything of the agent's is real but its user: accounts, doors, providers, the story, the journal.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.errors import AgentError
from agent.hsm.accounts import Accounts
from agent.hsm.api import AccountOrder
from agent.hsm.asking import Asker
from agent.hsm.https import Doors
from agent.hsm.passwords import Passwords
from agent.hsm.providers import Kinds
from agent.hsm.records import Records
from agent.keys import CertificateId
from agent.secret import Secret
from agent.signing.candidates import Wanted
from agent.signing.desk import Desk
from agent.signing.sign import Order, sign
from protocol.messages import Stage
from tests.support.prompts import Approve, Do, Otp, Refuse, ScriptedUser, Step
from tests.support.provider import MemorySecrets
from tests.support.sandbox import HsmAccount, SandboxProgram, nth_mst
from tests.support.signing import desk_with, traced_errand
from tests.support.tokens import MemoryTokens
from tests.support.waiting import eventually

SERVICES = ("cyberhsm", "csc", "smartca", "mysign")
ON_PHONE = ("smartca", "mysign")
MST = nth_mst(5)
NO_PIN = Approve(pin=None)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    with SandboxProgram(tmp_path_factory.mktemp("sandbox"), with_hsm=True) as program:
        yield program


@pytest.fixture(autouse=True)
def calm(sandbox: SandboxProgram) -> Iterator[None]:
    sandbox.phone(answer_after=0.0, rejects=False, otp="246810")
    yield
    for service in SERVICES:
        sandbox.set_hsm_faults(service, wrong_key=False, down=False, answers="good")


@dataclass
class Office:
    """An agent with one account, kept as its user would."""

    desk: Desk
    user: ScriptedUser
    certificate: CertificateId
    stages: list[Stage]

    async def sign(self) -> bytes:
        errand, self.stages = traced_errand()
        wanted = Wanted(id=self.certificate, place="service")
        order = Order(document=b"<Hoso/>", name="05-SD.xml", profile="test", wanted=wanted)
        try:
            return (await sign(self.desk, errand, order)).document
        finally:
            assert self.user.open_windows == 0

    async def refused(self) -> str:
        """The code; and the journal says the same."""
        with pytest.raises(AgentError) as error:
            await self.sign()
        [stored] = self.desk.journal.latest(limit=1)
        assert stored.entry.outcome == error.value.code
        return error.value.code


@asynccontextmanager
async def office(
    directory: Path, sandbox: SandboxProgram, account: HsmAccount, *steps: Step
) -> AsyncIterator[Office]:
    user = ScriptedUser(*steps)
    doors = Doors(ca=(Path(sandbox.places["trust"]),))
    accounts = Accounts(
        asker=Asker(kinds=Kinds.known(), doors=doors),
        records=Records(directory / "accounts.json"),
        passwords=Passwords(MemorySecrets()),
    )
    async with accounts:
        found = await accounts.look(
            AccountOrder(
                host=account.host,
                name=account.account,
                password=Secret(account.password),
                provider=None if not account.fields else provider_of(account, sandbox),
                fields=account.fields,
            )
        )
        await accounts.keep(found)
        [certificate] = found.certificates
        assert certificate.der == account.certificate
        desk = desk_with(directory, tokens=MemoryTokens(), user=user, services=accounts)
        yield Office(desk=desk, user=user, certificate=certificate.id, stages=[])


def provider_of(account: HsmAccount, sandbox: SandboxProgram) -> str:
    [found] = [name for name in ON_PHONE if sandbox.places["hsm"][name] == account.host]
    return found


@pytest.mark.parametrize("service", SERVICES)
class TestEachService:
    async def test_signs_what_the_user_approved(self, tmp_path, sandbox, service) -> None:
        account = sandbox.account(service, mst=MST)
        async with office(tmp_path, sandbox, account, NO_PIN) as made:
            document = await made.sign()

            assert document.startswith(b"<Hoso/>|")
            assert made.stages[:2] == [Stage.CHECKING, Stage.WAITING_FOR_SERVICE]
            assert made.stages[-1] is Stage.VERIFYING
            assert (Stage.WAITING_FOR_CONFIRMATION in made.stages) == (service in ON_PHONE)

    async def test_that_signs_with_another_key_is_found_out(
        self, tmp_path, sandbox, service
    ) -> None:
        account = sandbox.account(service, mst=MST)
        async with office(tmp_path, sandbox, account, NO_PIN) as made:
            sandbox.set_hsm_faults(service, wrong_key=True)

            assert await made.refused() == "service_wrong_signature"

    async def test_that_does_not_answer_properly_asks_the_user_nothing(
        self, tmp_path, sandbox, service
    ) -> None:
        account = sandbox.account(service, mst=MST)
        async with office(tmp_path, sandbox, account) as made:
            codes = []
            for answers in ("error", "redirect", "malformed", "html", "half"):
                sandbox.set_hsm_faults(service, answers=answers)
                codes.append(await made.refused())

            assert codes[:4] == [
                "service_failed",
                "service_redirected",
                "service_malformed",
                "service_malformed",
            ]
            assert codes[4].startswith("service_")
            assert made.user.asked == []


class TestPinAndOtp:
    async def test_a_wrong_one_leads_back_to_its_own_field(self, tmp_path, sandbox) -> None:
        account = sandbox.account("csc", mst=MST, pin="2468", otp=True)
        steps = (
            Approve("0000"), Otp("246810"), Approve("2468"), Otp("000000"), Otp("246810"),
        )  # fmt: skip
        async with office(tmp_path, sandbox, account, *steps) as made:
            assert (await made.sign()).startswith(b"<Hoso/>|")

            assert made.user.saw("service_pin_rejected") == [None]
            assert made.user.saw("otp") == [False, False, True]
            assert made.user.left == 0

    async def test_given_up_is_not_signed(self, tmp_path, sandbox) -> None:
        account = sandbox.account("csc", mst=MST, pin="2468", otp=True)
        async with office(tmp_path, sandbox, account, Approve("2468"), Refuse()) as made:
            assert await made.refused() == "user_refused"


@pytest.mark.parametrize("service", ON_PHONE)
class TestThePhone:
    async def test_says_no(self, tmp_path, sandbox, service) -> None:
        account = sandbox.account(service, mst=MST)
        sandbox.phone(answer_after=0.0, rejects=True)
        async with office(tmp_path, sandbox, account, NO_PIN) as made:
            assert await made.refused() == "phone_rejected"

    async def test_that_nobody_touches_can_be_cancelled_in_the_window(
        self, tmp_path, sandbox, service
    ) -> None:
        account = sandbox.account(service, mst=MST)
        sandbox.phone(answer_after=None)
        async with office(tmp_path, sandbox, account, NO_PIN) as made:
            refusing = asyncio.create_task(made.refused())
            await eventually(lambda: made.user.saw("phone"), "the countdown")
            [seconds] = made.user.saw("phone")
            assert isinstance(seconds, float)
            assert 1.0 < seconds <= 600.0
            made.user.cancel.set()

            assert await refusing == "user_refused"


async def test_an_account_forgotten_while_the_user_reads_still_ends_clearly(
    tmp_path, sandbox
) -> None:
    account = sandbox.account("csc", mst=MST)
    forgetting: list[asyncio.Task[bool]] = []
    forget = Do(
        lambda: forgetting.append(
            asyncio.create_task(made.desk.services.forget(made.desk.services.accounts()[0].id))
        )
    )
    async with office(tmp_path, sandbox, account, forget, NO_PIN) as made:
        # The session was open already, and the user said yes to exactly this.
        assert (await made.sign()).startswith(b"<Hoso/>|")
        assert await forgetting[0]
        with pytest.raises(AgentError) as error:
            await made.sign()
        assert error.value.code == "certificate_not_found"
