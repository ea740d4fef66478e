"""Which kind of service a host is: the table is believed, others are asked one after the other."""

import asyncio

import pytest

from agent.errors import ServiceError, UserError
from agent.hsm import recognise
from agent.hsm.https import Doors
from agent.hsm.recognise import recognised
from tests.support.provider import MemoryProvider, kinds_of


def named(name: str, recognises: bool | Exception, **more) -> MemoryProvider:
    return MemoryProvider(id=name, recognises=recognises, hosts=(), **more)


async def asked(*providers: MemoryProvider, host: str = "hsm.vn") -> str:
    """The kind's id, or the code of what is raised."""
    async with Doors() as doors:
        try:
            kind = await recognised(kinds_of(*providers), doors.to(host))
        except (UserError, ServiceError) as error:
            return error.code
        return kind.info.id


async def test_the_first_that_says_yes() -> None:
    first, second, third = named("a", False), named("b", True), named("c", True)
    assert await asked(first, second, third) == "b"
    assert (first.events, third.events) == (["recognise hsm.vn"], [])


async def test_a_known_host_is_not_asked() -> None:
    csc = named("csc", True)
    known = MemoryProvider(id="cyberhsm", hosts=("api.cyberhsm.vn",))
    assert await asked(csc, known, host="API.CyberHSM.vn:443") == "cyberhsm"
    assert csc.events == known.events == []
    assert await asked(csc, known, host="api.cyberhsm.vn:8443") == "csc"


async def test_nobody_knows_it() -> None:
    assert await asked(named("a", False), named("b", False)) == "service_not_recognised"


@pytest.mark.parametrize("code", ["service_redirected", "service_malformed", "service_timeout"])
async def test_what_one_kind_stumbles_over_is_not_the_end(code) -> None:
    stumbling = named("a", ServiceError(code, host="hsm.vn"))
    assert await asked(stumbling, named("b", True)) == "b"


async def test_a_host_that_only_redirects_is_said_to() -> None:
    away = ServiceError("service_redirected", host="hsm.vn")
    assert await asked(named("a", away), named("b", False)) == "service_redirected"


@pytest.mark.parametrize(
    "failure",
    [
        UserError("service_unknown", host="hsm.vn"),
        ServiceError("service_unreachable", host="hsm.vn"),
        ServiceError("service_tls", host="hsm.vn"),
    ],
)
async def test_a_host_that_nobody_reaches_is_asked_once(failure) -> None:
    second = named("b", True)
    assert await asked(named("a", failure), second) == failure.code
    assert second.events == []


async def test_all_questions_together_have_an_end(monkeypatch) -> None:
    monkeypatch.setattr(recognise, "_SECONDS", 0.05)

    async def never(*_: object) -> bool:
        await asyncio.Event().wait()
        return True

    monkeypatch.setattr(MemoryProvider, "recognise", never)
    assert await asked(named("a", False)) == "service_timeout"
