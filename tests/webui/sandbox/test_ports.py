"""Ports are chosen once and kept; a taken one is said plainly."""

import socket

import pytest

from tests.support.sandbox import sandbox_here
from webui.sandbox import ports
from webui.sandbox.ports import PortTakenError


def test_they_differ_and_are_kept(tmp_path) -> None:
    first = ports.chosen(tmp_path / "ports.json", ["a", "b"], first=0)

    assert len(set(first.values())) == 2
    assert ports.chosen(tmp_path / "ports.json", ["b", "a"]) == first


def test_a_new_name_gets_a_port_beside_the_kept_ones(tmp_path) -> None:
    first = ports.chosen(tmp_path / "ports.json", ["a"])
    both = ports.chosen(tmp_path / "ports.json", ["a", "b"])

    assert both["a"] == first["a"]
    assert both["b"] != both["a"]


def test_a_port_in_use_is_not_chosen(tmp_path) -> None:
    free = ports.chosen(tmp_path / "first.json", ["a"])["a"]

    with socket.create_server(("127.0.0.1", free)):
        assert ports.chosen(tmp_path / "second.json", ["a"], first=free)["a"] != free


@pytest.mark.parametrize("name", ["pages", "gateway", "smtp"])
async def test_a_kept_port_that_is_taken_is_named_with_what_to_do(tmp_path, name) -> None:
    async with sandbox_here(tmp_path) as sandbox:
        port = sandbox.ports[name]

    with socket.create_server(("127.0.0.1", port)), pytest.raises(PortTakenError) as caught:
        async with sandbox_here(tmp_path):
            pass

    assert str(port) in str(caught.value)
    assert str(tmp_path) in str(caught.value)


async def test_nothing_is_left_listening_when_one_port_is_taken(tmp_path) -> None:
    async with sandbox_here(tmp_path) as sandbox:
        kept = dict(sandbox.ports)

    with socket.create_server(("127.0.0.1", kept["gateway"])), pytest.raises(PortTakenError):
        async with sandbox_here(tmp_path):
            pass

    async with sandbox_here(tmp_path) as again:
        assert again.ports == kept
