"""Tickets are good once, for one origin, for a minute; the native token is compared whole."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.server.rights import TICKET_LIFETIME, NativeToken, Tickets

ORIGIN = "http://127.0.0.1:8443"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tickets(clock: Clock) -> Tickets:
    return Tickets(now=clock)


class TestTickets:
    def test_a_ticket_is_good_once(self, tickets: Tickets) -> None:
        ticket = tickets.issue(ORIGIN).value

        assert tickets.redeem(ticket, origin=ORIGIN)
        assert not tickets.redeem(ticket, origin=ORIGIN)

    def test_a_ticket_that_turns_up_elsewhere_is_good_nowhere(self, tickets: Tickets) -> None:
        ticket = tickets.issue(ORIGIN).value

        assert not tickets.redeem(ticket, origin="https://evil.test")
        assert not tickets.redeem(ticket, origin=ORIGIN)

    def test_a_ticket_lasts_a_minute(self, tickets: Tickets, clock: Clock) -> None:
        first, second = tickets.issue(ORIGIN), tickets.issue(ORIGIN)
        assert first.expires_at == clock.now + timedelta(seconds=60)

        clock.now += TICKET_LIFETIME - timedelta(seconds=1)
        assert tickets.redeem(first.value, origin=ORIGIN)
        clock.now += timedelta(seconds=1)
        assert not tickets.redeem(second.value, origin=ORIGIN)

    def test_a_native_program_has_no_use_for_one(self, tickets: Tickets) -> None:
        assert not tickets.redeem(tickets.issue(ORIGIN).value, origin=None)

    def test_one_ticket_does_not_spend_another(self, tickets: Tickets) -> None:
        first, second = tickets.issue(ORIGIN).value, tickets.issue(ORIGIN).value

        assert tickets.redeem(second, origin=ORIGIN)
        assert tickets.redeem(first, origin=ORIGIN)

    def test_only_so_many_wait_and_the_newest_are_kept(self, tickets: Tickets) -> None:
        issued = [tickets.issue(ORIGIN).value for _ in range(40)]

        assert not tickets.redeem(issued[0], origin=ORIGIN)
        assert tickets.redeem(issued[-1], origin=ORIGIN)

    def test_text_that_is_no_ticket_is_no_error(self, tickets: Tickets) -> None:
        tickets.issue(ORIGIN)

        assert not tickets.redeem("vé-không-đúng", origin=ORIGIN)


class TestTheNativeToken:
    def test_is_matched_whole(self) -> None:
        token = NativeToken()

        assert token.matches(token.value)
        assert not token.matches(token.value[:-1])
        assert not token.matches("")
        assert not token.matches("không phải")

    def test_is_not_printed(self) -> None:
        token = NativeToken()

        assert token.value not in f"{token} {token!r}"
