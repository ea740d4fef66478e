"""The table of kinds of services: every row is complete, and what it names is there."""

import inspect

import pytest

from agent.errors import UserError
from agent.hsm.address import judged
from agent.hsm.provider import Provider
from agent.hsm.providers import Kinds
from protocol import messages

ALL = Kinds.known().all()


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.info.id)
def test_every_row_names_what_speaks_it(kind) -> None:
    provider = kind.provider()
    assert provider.id == kind.info.id
    for name, port in inspect.getmembers(Provider, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.iscoroutinefunction(getattr(provider, name)), name
            ours = inspect.signature(port).parameters
            assert list(inspect.signature(getattr(provider, name)).parameters) == list(ours)[1:]
    assert kind.provider() is provider, "made once"


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.info.id)
def test_every_row_can_be_told_over_the_protocol(kind) -> None:
    info = kind.info
    assert len(info.id) <= 32
    assert len(info.fields) <= 8
    for field in info.fields:
        messages.FilledField(name=field.name, value="x")
        assert field.label.vi
        assert field.label.en
    for host in info.hosts:
        assert judged(host).host == host, "as it will be compared"


def test_no_two_rows_are_the_same_kind_or_know_the_same_host() -> None:
    ids = [kind.info.id for kind in ALL]
    hosts = [host for kind in ALL for host in kind.info.hosts]
    assert len(set(ids)) == len(ids)
    assert len(set(hosts)) == len(hosts)


def test_csc_is_asked_first() -> None:
    """It is a standard, with a question that needs no secret; the others are one company's."""
    assert ALL[0].info.id == "csc"


def test_an_account_of_a_kind_that_is_gone() -> None:
    with pytest.raises(UserError, match="service_not_recognised"):
        Kinds.known().named("gone", host="hsm.vn")
