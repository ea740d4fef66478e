"""Accounts at signing services: looked at, kept, asked again, forgotten; none in another's way."""

import asyncio
import json
import logging
import stat
from datetime import UTC, datetime, timedelta

import pytest

from agent.errors import ServiceError, UserError
from agent.hsm.accounts import Pace
from agent.hsm.api import ProviderField, Words
from agent.keys import Confirmation, KeyType, OtpKind
from tests.support.pki import Authority, Urls, ec_key
from tests.support.provider import (
    HOST,
    PASSWORD,
    MemoryProvider,
    MemorySecrets,
    accounts_in,
    order,
)
from tests.support.waiting import eventually

CA = Authority.root("HSM CA")
UNIT = CA.issue()
RENEWED = CA.issue("CÔNG TY CỔ PHẦN MẪU mới")
ON_CURVE = CA.issue("EC", key=ec_key("hsm"), urls=Urls())
#: All at once: nothing in these tests waits for time to pass.
FAST = Pace(
    first=timedelta(0), look=timedelta(milliseconds=5), again=timedelta(hours=12),
    after_failure=timedelta(minutes=15),
)  # fmt: skip


@pytest.fixture
def provider() -> MemoryProvider:
    made = MemoryProvider()
    made.holds(UNIT)
    return made


@pytest.fixture
def secrets() -> MemorySecrets:
    return MemorySecrets()


async def kept(accounts, **ordered):
    return await accounts.keep(await accounts.look(order(**ordered)))


async def refusal(awaitable) -> str:
    with pytest.raises((UserError, ServiceError)) as caught:
        await awaitable
    return caught.value.code


async def test_what_a_service_holds_is_seen_and_nothing_is_kept(tmp_path, provider, secrets):
    provider.holds(UNIT, ON_CURVE, confirmation=Confirmation(pin=True, otp=OtpKind.SENT))
    async with accounts_in(tmp_path, provider, secrets=secrets) as accounts:
        found = await accounts.look(order(host=f"https://{HOST.upper()}/", name=" ketoan "))
        assert accounts.accounts() == accounts.certificates() == ()
    assert (found.host, found.order.name, found.order.provider) == (HOST, "ketoan", "memory")
    first, second = found.certificates
    assert (first.id, first.der, first.credential) == (UNIT.id, UNIT.der, "key-0")
    assert (first.key_type, first.key_bits) == (KeyType.RSA, 2048)
    assert (second.key_type, second.key_bits) == (KeyType.EC, 256)
    assert first.confirmation == Confirmation(pin=True, otp=OtpKind.SENT)
    assert (first.service.host, first.service.name) == (HOST, "ketoan")
    assert secrets.kept == {}
    assert list(tmp_path.iterdir()) == []


async def test_an_account_that_is_kept_is_there_after_a_restart(tmp_path, provider, secrets):
    async with accounts_in(tmp_path, provider, secrets=secrets) as accounts:
        account = await kept(accounts)
        assert account.certificates == (UNIT.id,)
        assert accounts.accounts() == (account,)
    provider.fails_with = ServiceError("service_unreachable", host=HOST)
    async with accounts_in(tmp_path, provider, secrets=secrets) as accounts:
        assert accounts.accounts() == (account,)
        [certificate] = accounts.certificates()
        assert certificate.der == UNIT.der
        assert certificate.service.account == account.id


async def test_no_secret_is_in_the_file_or_the_log(tmp_path, provider, secrets, caplog):
    caplog.set_level(logging.DEBUG)
    words = Words(vi="Khóa", en="Key")
    provider.fields = (
        ProviderField(name="client_id", label=words),
        ProviderField(name="client_secret", label=words, secret=True),
    )
    fields = {"client_id": "visible", "client_secret": "secret-7k", "more": "not asked for"}
    async with accounts_in(tmp_path, provider, secrets=secrets) as accounts:
        account = await kept(accounts, fields=fields)
        await accounts.refresh()
    [file] = [path for path in tmp_path.iterdir() if path.suffix == ".json"]
    text = file.read_text()
    assert "visible" in text
    for secret in (PASSWORD, "secret-7k", "not asked for"):
        assert secret not in text + caplog.text + repr(account)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    asked = provider.logins[-1]
    assert asked.fields == {"client_id": "visible", "client_secret": "secret-7k"}
    assert asked.password.reveal() == PASSWORD
    [(name, kept_secret)] = secrets.kept.items()
    assert name == f"account-{account.id}"
    assert json.loads(kept_secret)["password"] == PASSWORD
    assert "ketoan" not in caplog.text


async def test_an_account_that_is_known_gets_the_new_password(tmp_path, provider, secrets):
    async with accounts_in(tmp_path, provider, secrets=secrets) as accounts:
        before = await kept(accounts)
        provider.password = "new one"
        await accounts.refresh()
        assert accounts.accounts()[0].problem == "account_refused"
        after = await kept(accounts, password="new one")
        assert after.id == before.id
        assert accounts.accounts() == (after,)
        assert after.problem == ""


async def test_forgetting_leaves_no_secret(tmp_path, provider, secrets):
    async with accounts_in(tmp_path, provider, secrets=secrets) as accounts:
        account = await kept(accounts)
        assert await accounts.forget(account.id)
        assert not await accounts.forget(account.id)
        assert accounts.accounts() == accounts.certificates() == ()
    assert secrets.kept == {}
    assert UNIT.id not in (tmp_path / "accounts.json").read_text()


async def test_a_locked_keyring_keeps_and_forgets_nothing_by_halves(tmp_path, provider, secrets):
    async with accounts_in(tmp_path, provider, secrets=secrets) as accounts:
        found = await accounts.look(order())
        secrets.locked = True
        assert await refusal(accounts.keep(found)) == "secrets_unavailable"
        assert accounts.accounts() == ()
        secrets.locked = False
        account = await accounts.keep(found)
        secrets.locked = True
        assert await refusal(accounts.forget(account.id)) == "secrets_unavailable"
        assert accounts.accounts() == (account,)
        await accounts.refresh()
        assert accounts.accounts()[0].problem == "secrets_unavailable"
        assert [c.id for c in accounts.certificates()] == [UNIT.id]
        with pytest.raises(UserError, match="secrets_unavailable"):
            async with accounts.open(UNIT.id):
                pass


@pytest.mark.parametrize(
    "failure", [UserError("account_blocked"), ServiceError("service_timeout", host=HOST)]
)
async def test_looking_says_what_is_wrong(tmp_path, provider, failure):
    provider.fails_with = failure
    async with accounts_in(tmp_path, provider) as accounts:
        assert await refusal(accounts.look(order())) == failure.code


async def test_an_account_without_a_certificate_that_can_be_used(tmp_path, provider):
    async with accounts_in(tmp_path, provider) as accounts:
        provider.holds(UNIT, enabled=False)
        assert await refusal(accounts.look(order())) == "account_without_certificate"
        provider.holds(UNIT, certificate=b"no certificate")
        assert await refusal(accounts.look(order())) == "account_without_certificate"
        provider.credentials = []
        assert await refusal(accounts.look(order())) == "account_without_certificate"


async def test_a_hostile_list_does_not_fill_the_disk(tmp_path, provider):
    provider.holds(*[UNIT] * 64, RENEWED)
    async with accounts_in(tmp_path, provider) as accounts:
        found = await accounts.look(order())
    assert [c.id for c in found.certificates] == [UNIT.id]


async def test_a_provider_chosen_by_hand_is_not_asked_whether_it_is_the_one(tmp_path, provider):
    async with accounts_in(tmp_path, provider) as accounts:
        await accounts.look(order(host="other.vn", provider="memory"))
        unknown = order(host="other.vn", provider="bkav")
        assert await refusal(accounts.look(unknown)) == "service_not_recognised"
    assert "recognise other.vn" not in provider.events


async def test_what_a_provider_needs_to_be_told_is_asked_for_before_it_is_sent(tmp_path, provider):
    provider.fields = (ProviderField(name="sp_id", label=Words(vi="Mã", en="Id")),)
    async with accounts_in(tmp_path, provider) as accounts:
        assert await refusal(accounts.look(order())) == "service_not_recognised"
        assert provider.logins == []
        assert (await accounts.look(order(fields={"sp_id": "x"}))).certificates


async def test_a_renewed_certificate_is_noticed(tmp_path, provider, caplog):
    caplog.set_level(logging.INFO)
    async with accounts_in(tmp_path, provider) as accounts:
        account = await kept(accounts)
        changes = accounts.changes()
        provider.holds(UNIT, RENEWED)
        await accounts.refresh(account.id)
        await asyncio.wait_for(anext(changes), 5)
        assert accounts.accounts()[0].certificates == (UNIT.id, RENEWED.id)
    assert f"{HOST} holds a new certificate: {RENEWED.id}" in caplog.text


async def test_a_service_that_is_down_takes_no_certificate_away(tmp_path, provider):
    async with accounts_in(tmp_path, provider) as accounts:
        await kept(accounts)
        provider.fails_with = ServiceError("service_unreachable", host=HOST)
        await accounts.refresh()
        [account] = accounts.accounts()
        assert account.problem == "service_unreachable"
        assert account.certificates == (UNIT.id,)
        provider.fails_with = None
        provider.credentials = []
        await accounts.refresh()
        [account] = accounts.accounts()
        assert (account.problem, account.certificates) == ("account_without_certificate", ())


async def test_one_account_s_failure_is_its_own(tmp_path, provider):
    broken = MemoryProvider(id="broken", hosts=("broken.vn",))
    broken.holds(ON_CURVE)
    async with accounts_in(tmp_path, provider, broken) as accounts:
        await kept(accounts, host="broken.vn")
        await kept(accounts)
        broken.fails_with = RuntimeError(f"a defect that quotes {PASSWORD}")
        provider.holds(RENEWED)
        await accounts.refresh()
        first, second = accounts.accounts()
        assert (first.problem, first.certificates) == ("internal_error", (ON_CURVE.id,))
        assert (second.problem, second.certificates) == ("", (RENEWED.id,))


async def test_an_account_is_asked_once_at_a_time(tmp_path, provider):
    async with accounts_in(tmp_path, provider) as accounts:
        await kept(accounts)
        provider.events.clear()
        provider.may_answer.clear()
        asking = [asyncio.create_task(accounts.refresh()) for _ in range(5)]
        await eventually(lambda: provider.events, "the service is asked")
        asking[0].cancel()  # one who goes away takes nobody else's answer along
        provider.may_answer.set()
        await asyncio.gather(*asking[1:])
        assert provider.events.count(f"sign in {HOST}") == 1


async def test_nobody_asks_for_an_account_that_is_not_there(tmp_path, provider):
    async with accounts_in(tmp_path, provider) as accounts:
        assert await refusal(accounts.refresh("0" * 32)) == "account_unknown"
        await accounts.refresh()
    assert provider.events == []


async def test_an_account_forgotten_while_it_is_asked_stays_forgotten(tmp_path, provider):
    async with accounts_in(tmp_path, provider) as accounts:
        account = await kept(accounts)
        provider.may_answer.clear()
        asking = asyncio.create_task(accounts.refresh())
        await eventually(lambda: len(provider.logins) > 1, "the service is asked")
        await accounts.forget(account.id)
        provider.may_answer.set()
        await asking
        assert accounts.accounts() == ()


async def test_a_running_agent_asks_at_its_start(tmp_path, provider, secrets):
    async with accounts_in(tmp_path, provider, secrets=secrets) as accounts:
        await kept(accounts)
    provider.holds(UNIT, RENEWED)
    async with accounts_in(tmp_path, provider, secrets=secrets, pace=FAST) as accounts:
        await eventually(lambda: len(accounts.certificates()) == 2, "the renewed one is known")
        asked = len(provider.logins)
        await asyncio.sleep(0.05)  # ten looks at the file
        assert len(provider.logins) == asked


async def test_time_passes_and_it_asks_again(tmp_path, provider, secrets):
    now = datetime(2026, 5, 4, tzinfo=UTC)
    async with accounts_in(
        tmp_path, provider, secrets=secrets, pace=FAST, clock=lambda: now
    ) as accounts:
        await kept(accounts)
        for passed, due in ((11, False), (2, True), (-36, True)):
            asked = len(provider.logins)
            now += timedelta(hours=passed)
            if due:
                await eventually(lambda n=asked: len(provider.logins) > n, "it is asked again")
            else:
                await asyncio.sleep(0.05)
                assert len(provider.logins) == asked
        provider.fails_with = ServiceError("service_unreachable", host=HOST)
        await accounts.refresh()
        asked = len(provider.logins)
        now += timedelta(minutes=16)
        await eventually(lambda: len(provider.logins) > asked, "sooner after a failure")


@pytest.mark.parametrize("problem", ["account_refused", "account_blocked"])
async def test_a_refused_password_is_not_offered_again_by_itself(
    tmp_path, provider, secrets, problem
):
    """Services lock an account after a few tries."""
    now = datetime(2026, 5, 4, tzinfo=UTC)
    async with accounts_in(tmp_path, provider, secrets=secrets) as accounts:
        await kept(accounts)
        provider.fails_with = UserError(problem)
        await accounts.refresh()
    asked = len(provider.logins)
    async with accounts_in(
        tmp_path, provider, secrets=secrets, pace=FAST, clock=lambda: now
    ) as accounts:
        await asyncio.sleep(0.05)
        now += timedelta(days=3)
        await asyncio.sleep(0.05)
        assert len(provider.logins) == asked
        await accounts.refresh()  # unless the user wants it
        assert len(provider.logins) == asked + 1


async def test_what_another_program_does_is_noticed(tmp_path, provider, secrets):
    """`kyso-agent accounts`, while the agent runs."""
    async with (
        accounts_in(tmp_path, provider, secrets=secrets, pace=FAST) as agent,
        accounts_in(tmp_path, provider, secrets=secrets) as command,
    ):
        account = await kept(command)
        await eventually(lambda: agent.accounts() == (account,), "the agent knows the account")
        async with agent.open(UNIT.id) as key:
            assert key.certificate.der == UNIT.der
        other = await kept(agent, name="giamdoc")
        assert await command.forget(account.id)
        await eventually(lambda: agent.accounts() == (other,), "the agent has forgotten it")
        assert await command.forget(other.id), "what the agent kept is seen by the command"


async def test_a_spoilt_file_is_put_aside_and_said(tmp_path, provider, secrets, caplog):
    file = tmp_path / "accounts.json"
    for spoilt in (b"{", b'{"version": 2, "accounts": []}', b'{"version":1,"accounts":[{}]}'):
        file.write_bytes(spoilt)
        async with accounts_in(tmp_path, provider, secrets=secrets) as accounts:
            assert accounts.accounts() == ()
            await kept(accounts)
    aside = sorted(path.read_bytes() for path in tmp_path.glob("accounts.unreadable-*"))
    assert len(aside) == 3
    assert b"{" in aside
    assert "accounts could not be read" in caplog.text


async def test_a_disk_that_takes_nothing_keeps_no_secret(tmp_path, provider, secrets, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async with accounts_in(tmp_path, provider, secrets=secrets) as accounts:
        found = await accounts.look(order())
        monkeypatch.setattr("agent.hsm.records.replace", full)
        with pytest.raises(OSError, match="No space"):
            await accounts.keep(found)
        assert accounts.accounts() == ()
        assert secrets.kept == {}


async def test_the_agent_can_end_while_a_service_does_not_answer(tmp_path, provider, secrets):
    async with accounts_in(tmp_path, provider, secrets=secrets) as accounts:
        await kept(accounts)
    provider.may_answer.clear()
    async with accounts_in(tmp_path, provider, secrets=secrets, pace=FAST):
        await eventually(lambda: len(provider.logins) > 1, "the service is asked")


async def test_opening_a_key(tmp_path, provider):
    async with accounts_in(tmp_path, provider) as accounts:
        await kept(accounts)
        provider.holds(UNIT, confirmation=Confirmation(phone=True))
        async with accounts.open(UNIT.id) as key:
            assert key.certificate.id == UNIT.id
            assert key.confirmation == key.certificate.confirmation == Confirmation(phone=True)
        assert provider.events[-1] == "sign out"
        with pytest.raises(UserError, match="certificate_not_found"):
            async with accounts.open(RENEWED.id):
                pass


async def test_a_key_that_is_no_longer_what_was_listed_is_not_used(tmp_path, provider):
    async with accounts_in(tmp_path, provider) as accounts:
        await kept(accounts)
        provider.holds(RENEWED)
        with pytest.raises(UserError, match="certificate_not_found"):
            async with accounts.open(UNIT.id):
                pass
        await eventually(
            lambda: [c.id for c in accounts.certificates()] == [RENEWED.id], "asked afresh"
        )
        provider.holds(RENEWED, enabled=False)
        with pytest.raises(UserError, match="certificate_unsuitable"):
            async with accounts.open(RENEWED.id):
                pass


async def test_a_certificate_of_two_accounts_is_listed_once(tmp_path, provider):
    async with accounts_in(tmp_path, provider) as accounts:
        first = await kept(accounts)
        second = await kept(accounts, name="giamdoc")
        [certificate] = accounts.certificates()
        assert certificate.service.account == first.id
        await accounts.forget(first.id)
        [certificate] = accounts.certificates()
        assert certificate.service.account == second.id


async def test_of_two_accounts_the_one_that_works_is_used(tmp_path, provider):
    async with accounts_in(tmp_path, provider) as accounts:
        first = await kept(accounts)
        second = await kept(accounts, name="giamdoc")
        provider.fails_with = UserError("account_blocked")
        await accounts.refresh(first.id)
        provider.fails_with = None
        [certificate] = accounts.certificates()
        assert certificate.service.account == second.id


async def test_an_older_answer_says_nothing_of_a_newer_password(tmp_path, provider):
    async with accounts_in(tmp_path, provider) as accounts:
        await kept(accounts)
        found = await accounts.look(order())
        provider.may_answer.clear()
        asking = asyncio.create_task(accounts.refresh())
        await eventually(lambda: len(provider.logins) > 2, "asked with the old password")
        account = await accounts.keep(found)
        provider.fails_with = UserError("account_refused")
        provider.may_answer.set()
        await asking
        assert accounts.accounts() == (account,)


async def test_accounts_that_cannot_be_read_keep_nobody_from_a_token(tmp_path, provider, caplog):
    (tmp_path / "accounts.json").mkdir()
    async with accounts_in(tmp_path, provider, pace=FAST) as accounts:
        assert accounts.accounts() == ()
        await eventually(lambda: "accounts cannot be read" in caplog.text, "it is said")
        await asyncio.sleep(0.05)  # ten looks
        assert caplog.text.count("accounts cannot be read") == 1
        (tmp_path / "accounts.json").rmdir()
        account = await kept(accounts)
        assert accounts.accounts() == (account,)
    (tmp_path / "b" / "accounts.json").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):  # the command says it to its user
        await accounts_in(tmp_path / "b", provider).__aenter__()
