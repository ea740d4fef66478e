"""What happens on the way to BHXH, between a real backend and a real gateway, over HTTP."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.flows.backend_user import user
from tests.support.backend_process import BackendProcess
from tests.support.postgres import cluster, fresh_database
from tests.support.sandbox import nth_mst
from tests.support.waiting import eventually


@pytest.fixture
def company(sandbox, mst):
    return sandbox.subscriber(mst=mst)


def held_by(sandbox, mst) -> list[str]:
    return [d["key"] for d in sandbox.dossiers() if d["mst"] == mst]


def events(detail) -> list[str]:
    return [entry["event"] for entry in detail["timeline"]]


async def test_accepted_and_the_old_certificate_is_replaced(backend, sandbox, company, mst):
    async with user(backend.url, company) as unit:
        detail = await unit.until(await unit.file(), "chap-nhan")
        renewed = sandbox.subscriber(mst=mst, name="CÔNG TY THỬ MỚI")
        await unit.add(renewed)
        await unit.until(await unit.file(renewed), "chap-nhan")
        known = (await unit.call("GET", "/api/certificates"))["certificates"]

    assert detail["so_ho_so"]
    assert [r["suspicious"] for r in detail["receipts"]] == [False]
    assert {c["id"]: c["state"] for c in known} == {
        renewed.facts.id: "dang-dung",
        company.facts.id: "da-thay-the",
    }


async def test_the_answer_is_lost_after_acceptance_and_there_is_one_dossier(
    backend, sandbox, company, mst
):
    sandbox.set_faults(drop_answers=1)
    async with user(backend.url, company) as unit:
        dossier = await unit.file()
        detail = await unit.until(dossier, "chap-nhan")
        listed = await unit.call("GET", "/api/dossiers")

    assert held_by(sandbox, mst) == [dossier]
    assert listed["total"] == 1
    assert "uncertain" in events(detail)
    assert events(detail).count("sending") == 1


async def test_the_gateway_is_down_and_comes_up(backend, sandbox, company, mst):
    sandbox.set_faults(down=True)
    async with user(backend.url, company) as unit:
        dossier = await unit.file()

        async def waits():
            found = await unit.dossier(dossier)
            return found if found["state"] in {"cho-gui-lai", "khong-ro"} else None

        waiting = await eventually(waits, "it to wait")
        sandbox.set_faults(down=False)
        detail = await unit.until(dossier, "chap-nhan")

    assert waiting["next_try_at"]
    assert held_by(sandbox, mst) == [dossier]
    assert detail["decided_at"]


async def test_a_restart_goes_on_where_it_was(backend, sandbox, company, mst):
    sandbox.set_faults(down=True)
    async with user(backend.url, company) as unit:
        dossier = await unit.file()
        await asyncio.to_thread(backend.stop)
        sandbox.set_faults(down=False)
        await asyncio.to_thread(backend.start)
        unit.url = backend.url
        await unit.until(dossier, "chap-nhan")

    assert held_by(sandbox, mst) == [dossier]


async def test_refused_in_bhxhs_words(backend, sandbox, company, mst):
    sandbox.set_faults(refuse={"ma_loi": "TN-999", "mo_ta": "Sai mã cơ quan", "at_door": False})
    async with user(backend.url, company) as unit:
        detail = await unit.until(await unit.file(), "tu-choi")
        known = (await unit.call("GET", "/api/certificates"))["certificates"]

    assert (detail["result_code"], detail["result_text"]) == ("TN-999", "Sai mã cơ quan")
    assert (known[0]["state"], known[0]["reason"]) == ("bi-tu-choi", "Sai mã cơ quan")


async def test_refused_at_the_door_in_bhxhs_words(backend, sandbox, company, mst):
    sandbox.set_faults(refuse={"ma_loi": "TN-998", "mo_ta": "Không nhận", "at_door": True})
    async with user(backend.url, company) as unit:
        detail = await unit.until(await unit.file(), "tu-choi")

    assert events(detail)[-1] == "refused_at_the_door"
    assert detail["result_text"] == "Không nhận"
    assert held_by(sandbox, mst) == []


@pytest.mark.parametrize(
    ("fault", "why"),
    [("bad-signature", "suspicious_signature"), ("other-dossier", "suspicious_other_dossier")],
)
async def test_a_false_receipt_is_kept_aside_and_the_true_one_decides(
    backend, sandbox, company, *, fault, why
):
    sandbox.set_faults(receipt=fault)
    async with user(backend.url, company) as unit:
        dossier = await unit.file()

        async def suspected():
            return (await unit.dossier(dossier))["receipts"]

        first = await eventually(suspected, "the false receipt")
        assert [(r["suspicious"], r["why"]) for r in first] == [(True, why)]
        assert (await unit.dossier(dossier))["state"] == "da-nhan"
        sandbox.set_faults(receipt="good")
        detail = await unit.until(dossier, "chap-nhan")

    assert [r["accepted"] for r in detail["receipts"]] == [None, True]


async def test_a_revoked_certificate_is_refused_before_anything_is_stored(
    backend, sandbox, company, mst
):
    sandbox.revoke(company)
    with pytest.raises(AssertionError, match="certificate_revoked"):
        async with user(backend.url, company):
            pass


@pytest.mark.postgresql
async def test_two_backends_on_one_postgresql_share_the_work(tmp_path, sandbox):
    """An accounting firm's seats: any backend takes a dossier in, either may send it, once."""
    companies = [sandbox.subscriber(mst=nth_mst(n)) for n in range(8)]
    async with AsyncExitStack() as stack:
        server = stack.enter_context(cluster())
        database = await stack.enter_async_context(fresh_database(server))
        backends = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            process = BackendProcess(tmp_path / name, sandbox, database_url=database)
            backends.append(await asyncio.to_thread(process.__enter__))
            stack.callback(process.__exit__)
        units = [
            await stack.enter_async_context(user(backends[n % 2].url, company))
            for n, company in enumerate(companies)
        ]
        filed = await asyncio.gather(*(unit.file() for unit in units))
        details = await asyncio.gather(
            *(unit.until(each, "chap-nhan") for unit, each in zip(units, filed, strict=True))
        )

    here = {company.facts.mst[0] for company in companies}
    held = sorted(d["key"] for d in sandbox.dossiers() if d["mst"] in here)
    assert held == sorted(filed)
    for detail in details:
        assert events(detail).count("sending") == 1
        assert events(detail).count("accepted") == 1
