"""How the worker treats PINs and drivers, seen from the driver's side: a log of its calls."""

from collections.abc import Awaitable

import pytest

from agent.errors import AgentError, TokenError, UserError
from agent.keys import Mechanism
from agent.pin import Pin
from agent.tokens.calls import KeyRef, TokenRef
from agent.tokens.host import Host
from agent.tokens.matching import matches
from tests.agent.tokens.conftest import StartHost
from tests.support.faulty import FaultyModule

RSA = Mechanism.RSA_PKCS1_SHA256


def the_pin(value: str = "123456") -> Pin:
    return Pin(bytearray(value.encode()))


async def key_of(host: Host) -> tuple[TokenRef, KeyRef]:
    (slot,) = (await host.scan()).slots
    (match,) = matches(slot)
    return slot.token, match.key


async def code_of(call: Awaitable[object]) -> str:
    """The code that a call is refused with."""
    with pytest.raises(AgentError) as caught:
        await call
    return caught.value.code


class TestAPinIsUsedOnce:
    async def test_when_it_is_wrong(self, start: StartHost, faulty: FaultyModule) -> None:
        host = start()
        token, key = await key_of(host)
        code = await code_of(host.login(token, key, the_pin("000000")))

        assert code == "pin_incorrect"
        assert faulty.calls("login") == ["login user pin"]

    async def test_when_the_driver_fails(self, start: StartHost, faulty: FaultyModule) -> None:
        host = start("login-fails")
        token, key = await key_of(host)
        code = await code_of(host.login(token, key, the_pin()))

        assert code == "token_failed"
        assert faulty.calls("login") == ["login user pin"]
        assert faulty.calls("close all") == ["close all"]

    async def test_when_the_driver_crashes(self, start: StartHost, faulty: FaultyModule) -> None:
        host = start("crash-in-login")
        token, key = await key_of(host)
        code = await code_of(host.login(token, key, the_pin()))
        await host.scan()

        assert code == "module_failed"
        assert faulty.calls("login") == ["login user pin"]

    async def test_and_once_more_only_where_it_was_not_looked_at(
        self, start: StartHost, faulty: FaultyModule
    ) -> None:
        host = start("already-logged-in-once")
        token, key = await key_of(host)
        await host.login(token, key, the_pin())

        assert faulty.calls("log") == ["login user pin", "logout", "login user pin"]

    async def test_and_never_on_a_locked_token(
        self, start: StartHost, faulty: FaultyModule
    ) -> None:
        host = start("locked")
        token, key = await key_of(host)
        code = await code_of(host.login(token, key, the_pin()))

        assert code == "pin_locked"
        assert faulty.calls("login") == []

    @pytest.mark.parametrize("value", ["", "123", "123456789", "1" * 256])
    async def test_and_never_if_it_cannot_be_one(
        self, start: StartHost, faulty: FaultyModule, value: str
    ) -> None:
        host = start()
        token, key = await key_of(host)
        code = await code_of(host.login(token, key, the_pin(value)))

        assert code == "pin_length"
        assert faulty.calls("login") == []


class TestAPinPad:
    async def test_gets_no_pin_from_us(self, start: StartHost, faulty: FaultyModule) -> None:
        host = start("pin-pad")
        token, key = await key_of(host)
        await host.login(token, key, None)
        await host.sign(token, bytes(32), RSA)

        assert (await host.read_pin(token)).pin_pad
        assert faulty.calls("login") == ["login user reader"]

    async def test_gets_no_pin_even_if_one_was_given(
        self, start: StartHost, faulty: FaultyModule
    ) -> None:
        host = start("pin-pad")
        token, key = await key_of(host)
        await host.login(token, key, the_pin())

        assert faulty.calls("login") == ["login user reader"]

    async def test_asks_once_for_each_signature_of_a_key_that_wants_it(
        self, start: StartHost, faulty: FaultyModule
    ) -> None:
        host = start("pin-pad", "always-authenticate")
        token, key = await key_of(host)
        for _ in range(2):
            assert await host.login(token, key, None) is True
            await host.sign(token, bytes(32), RSA, pin_on_reader=True)

        assert faulty.calls("login") == [
            "login user reader",
            "login context reader",
            "login context reader",
        ]

    async def test_without_one_a_missing_pin_is_refused(
        self, start: StartHost, faulty: FaultyModule
    ) -> None:
        host = start()
        token, key = await key_of(host)
        code = await code_of(host.login(token, key, None))

        assert code == "pin_length"
        assert faulty.calls("login") == []


class TestAKeyThatWantsAPinEachTime:
    async def test_gets_it_between_the_two_calls_of_a_signature(
        self, start: StartHost, faulty: FaultyModule
    ) -> None:
        host = start("always-authenticate")
        token, key = await key_of(host)
        assert await host.login(token, key, the_pin()) is True
        await host.sign(token, bytes(32), RSA)
        code = await code_of(host.sign(token, bytes(32), RSA))

        assert code == "token_busy"
        assert faulty.calls("log")[:2] == ["login user pin", "login context pin"]
        assert len(faulty.calls("login")) == 2

    async def test_signs_without_it_where_the_driver_does_not_know_how(
        self, start: StartHost
    ) -> None:
        host = start("always-authenticate", "no-context-login")
        token, key = await key_of(host)
        await host.login(token, key, the_pin())

        assert len(await host.sign(token, bytes(32), RSA)) == 256


class TestDriversThatAnswerOddly:
    @pytest.mark.parametrize(
        "fault", ["zero-sizes", "whole-buffer", "print", "no-public-key", "empty-id"]
    )
    async def test_are_understood(self, start: StartHost, faulty: FaultyModule, fault: str) -> None:
        host = start(fault)
        token, key = await key_of(host)
        await host.login(token, key, the_pin())
        signature = await host.sign(token, bytes(32), RSA)

        assert signature == b"\x5a" * 256
        assert faulty.calls("a session for writing") == []

    async def test_with_garbage_show_no_certificate(self, start: StartHost) -> None:
        (slot,) = (await start("garbage").scan()).slots

        assert matches(slot) == ()
        assert slot.token.label == "caf"  # the bytes that are no UTF-8 are left out
        assert (slot.pin.min_length, slot.pin.max_length) == (0, 0)

    async def test_with_endless_objects_come_to_an_end(self, start: StartHost) -> None:
        (slot,) = (await start("endless").scan()).slots

        assert len(slot.certificates) == 500
        assert len(matches(slot)) == 1

    async def test_with_a_signature_too_short_are_not_believed(self, start: StartHost) -> None:
        host = start("short-signature")
        token, key = await key_of(host)
        await host.login(token, key, the_pin())
        with pytest.raises(TokenError) as caught:
            await host.sign(token, bytes(32), RSA)

        assert caught.value.code == "token_failed"

    async def test_are_neither_finalised_nor_asked_for_locks(
        self, start: StartHost, faulty: FaultyModule
    ) -> None:
        host = start()
        await host.scan()
        host.rest()
        await host.scan()

        assert set(faulty.calls("initialize")) == {"initialize"}
        assert faulty.calls("finalize") == []


async def test_a_failed_signature_ends_the_login(start: StartHost, faulty: FaultyModule) -> None:
    host = start("sign-fails")
    token, key = await key_of(host)
    await host.login(token, key, the_pin())
    first = await code_of(host.sign(token, bytes(32), RSA))
    second = await code_of(host.sign(token, bytes(32), RSA))

    assert (first, second) == ("token_failed", "token_busy")
    assert faulty.calls("sign") == ["sign"]


async def test_another_kind_of_key_is_refused_by_name(start: StartHost) -> None:
    host = start()
    token, key = await key_of(host)
    await host.login(token, key, the_pin())
    with pytest.raises(UserError) as caught:
        await host.sign(token, bytes(48), Mechanism.ECDSA_SHA384)

    assert caught.value.code == "certificate_unsuitable"
