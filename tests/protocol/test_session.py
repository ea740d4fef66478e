"""One connection of the agent's, step by step: what comes back for what comes in."""

import json

import pytest

from protocol import content
from protocol.content import Credit, GivenUp, Piece, Unwanted, credit, given_up, piece, unwanted
from protocol.errors import ProtocolError
from protocol.limits import (
    HELLO_SECONDS,
    MAX_CONTENT_BYTES,
    MAX_HELLO_BYTES,
    MAX_MESSAGE_BYTES,
    MAX_PENDING,
    MAX_PIECE_BYTES,
    MAX_VIOLATIONS,
    REQUEST_BURST,
    REQUESTS_PER_SECOND,
    WINDOW_BYTES,
)
from protocol.messages import (
    Empty,
    HelloResult,
    Progress,
    Rights,
    Stage,
    TokensChanged,
    TokensListResult,
)
from protocol.methods import METHODS
from protocol.session import (
    POLICY_VIOLATION,
    REFUSALS,
    TOO_BIG,
    TRANSITIONS,
    UNSUPPORTED_DATA,
    Abort,
    Close,
    Event,
    Run,
    Send,
    SendBinary,
    Session,
    State,
    Take,
)
from tests.support.examples import example_params

HELLO = {"versions": [1], "client": "Test"}


def frame(method, request_id=1, **params):
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})


def greeting(rights=Rights.SITE):
    return HelloResult(
        protocol=1,
        product="OpenKySo",
        version="0",
        rights=rights,
        origin=None,
        capabilities=(),
    )


def opened(rights=Rights.SITE, *, native=False):
    session = Session(now=0.0, native=native)
    assert run_of(session.receive(frame("hello", "greet", **HELLO), 0.0)).method == "hello"
    assert "result" in sent(session.reply("greet", greeting(rights)))
    return session


def run_of(actions):
    [run] = actions
    assert isinstance(run, Run), run
    return run


def sent(actions):
    [send] = actions
    assert isinstance(send, Send), send
    return json.loads(send.text)


def code(actions):
    return sent(actions)["error"]["data"]["code"]


class TestTheTable:
    def test_has_an_answer_for_every_request_in_every_state_but_the_last(self):
        for state in set(State) - {State.CLOSED}:
            for event in (Event.HELLO, Event.REQUEST, Event.CANCEL):
                assert (event in TRANSITIONS[state]) != ((state, event) in REFUSALS)

    def test_knows_no_way_out_of_closed(self):
        assert TRANSITIONS[State.CLOSED] == {}

    def test_lets_every_state_be_given_up_and_lost(self):
        for state in set(State) - {State.CLOSED}:
            assert TRANSITIONS[state][Event.GIVEN_UP] is State.CLOSED
            assert TRANSITIONS[state][Event.LOST] is State.CLOSED


class TestBeforeHello:
    @pytest.mark.parametrize("method", sorted(set(METHODS) - {"hello"}))
    def test_nothing_else_is_answered(self, method):
        session = Session(now=0.0, native=True)

        answer = sent(session.receive(frame(method, 7, **example_params(method)), 0.0))

        assert (answer["id"], answer["error"]["data"]["code"]) == (7, "hello_required")
        assert session.state is State.AWAITING_HELLO

    def test_the_time_is_short(self):
        session = Session(now=100.0, native=False)

        assert session.deadline == 100.0 + HELLO_SECONDS
        assert session.tick(session.deadline - 0.01) == []
        assert session.tick(session.deadline) == [Close(POLICY_VIOLATION, "no hello in time")]
        assert session.state is State.CLOSED

    def test_a_hello_that_is_thought_about_for_too_long_is_aborted(self):
        session = Session(now=0.0, native=False)
        session.receive(frame("hello", 1, **HELLO), 0.0)

        assert session.tick(HELLO_SECONDS) == [
            Abort(1),
            Close(POLICY_VIOLATION, "no hello in time"),
        ]

    def test_messages_are_small(self):
        session = Session(now=0.0, native=False)

        error, close = session.receive(" " * (MAX_HELLO_BYTES + 1), 0.0)

        assert code([error]) == "message_too_large"
        assert close == Close(TOO_BIG, "message_too_large")

    def test_only_one_hello_is_thought_about_at_a_time(self):
        session = Session(now=0.0, native=False)
        session.receive(frame("hello", 1, **HELLO), 0.0)

        assert code(session.receive(frame("hello", 2, **HELLO), 0.0)) == "invalid_request"
        assert code(session.receive(frame("tokens.list", 3), 0.0)) == "hello_required"

    def test_a_refused_hello_may_be_said_again(self):
        session = Session(now=0.0, native=False)
        session.receive(frame("hello", 1, **HELLO), 0.0)

        assert code(session.fail(1, ProtocolError("ticket_invalid"))) == "ticket_invalid"
        assert session.state is State.AWAITING_HELLO
        assert run_of(session.receive(frame("hello", 1, **HELLO), 0.0)).method == "hello"

    def test_a_hello_can_be_cancelled(self):
        session = Session(now=0.0, native=False)
        session.receive(frame("hello", 1, **HELLO), 0.0)

        abort, answer = session.receive(frame("cancel", 2, request=1), 0.0)

        assert abort == Abort(1)
        assert sent([answer])["result"] == {"cancelled": True}
        assert code(session.fail(1, ProtocolError("cancelled"))) == "cancelled"
        assert session.state is State.AWAITING_HELLO


class TestHello:
    def test_opens_with_the_rights_of_its_result(self):
        session = opened(Rights.FIRST_PARTY)

        assert (session.state, session.rights) == (State.OPEN, Rights.FIRST_PARTY)
        assert session.deadline is None
        assert session.tick(1e9) == []

    def test_is_said_once(self):
        assert code(opened().receive(frame("hello", 2, **HELLO), 0.0)) == "invalid_request"


class TestRights:
    @pytest.mark.parametrize("native", [False, True])
    @pytest.mark.parametrize("rights", list(Rights))
    def test_each_method_is_handed_out_with_its_rights_only(self, rights, native):
        order = list(Rights)
        for name, method in METHODS.items():
            if name in {"hello", "cancel"}:
                continue
            session = opened(rights, native=native)

            [action] = session.receive(frame(name, 1, **example_params(name)), 0.0)

            allowed = order.index(rights) >= order.index(method.rights)
            if allowed and (native or not method.native_only):
                assert isinstance(action, Run)
            else:
                assert code([action]) == "not_allowed"

    def test_can_be_given_and_taken_back(self):
        session = opened(Rights.NONE)
        assert code(session.receive(frame("tokens.list", 1), 0.0)) == "not_allowed"

        session.grant(Rights.SITE)
        assert run_of(session.receive(frame("tokens.list", 1), 0.0))

        session.grant(Rights.NONE)
        assert code(session.receive(frame("tokens.list", 2), 0.0)) == "not_allowed"

    def test_are_not_given_before_hello(self):
        session = Session(now=0.0, native=False)

        session.grant(Rights.FIRST_PARTY)

        assert session.rights is Rights.NONE

    def test_that_are_missing_are_named(self):
        answer = sent(opened().receive(frame("journal.list"), 0.0))

        assert answer["error"]["data"]["details"] == {"needs": "first-party"}


class TestARequestIsAnsweredOnce:
    def test_with_its_result(self):
        session = opened()
        assert run_of(session.receive(frame("tokens.list", 5), 0.0)) == Run(
            5, "tokens.list", Empty()
        )
        assert session.pending == {5}

        answer = sent(session.reply(5, TokensListResult(tokens=())))

        assert answer == {"jsonrpc": "2.0", "id": 5, "result": {"tokens": []}}
        assert session.pending == set()
        assert session.reply(5, TokensListResult(tokens=())) == []
        assert session.fail(5, ProtocolError("cancelled")) == []

    def test_with_its_error(self):
        session = opened()
        session.receive(frame("tokens.list", 5), 0.0)

        answer = sent(session.fail(5, ProtocolError("mst_mismatch", found="1", expected="2")))

        assert answer["id"] == 5
        assert answer["error"]["data"]["details"] == {"found": "1", "expected": "2"}
        assert "1" in answer["error"]["data"]["vi"]
        assert session.reply(5, TokensListResult(tokens=())) == []

    def test_and_its_id_may_not_be_used_meanwhile(self):
        session = opened()
        session.receive(frame("tokens.list", 5), 0.0)

        answer = sent(session.receive(frame("tokens.list", 5), 0.0))

        assert (answer["id"], answer["error"]["data"]["code"]) == (None, "invalid_request")
        assert sent(session.reply(5, TokensListResult(tokens=())))["id"] == 5
        assert run_of(session.receive(frame("tokens.list", 5), 0.0))

    def test_a_wrong_one_with_the_id_of_another_does_not_answer_that_other(self):
        session = opened()
        session.receive(frame("tokens.list", 5), 0.0)

        answer = sent(session.receive(frame("tokens.list", 5, wrong=1), 0.0))

        assert (answer["id"], answer["error"]["data"]["code"]) == (None, "invalid_params")

    def test_a_number_and_a_text_are_different_ids(self):
        session = opened()

        assert run_of(session.receive(frame("tokens.list", 1), 0.0)).id == 1
        assert run_of(session.receive(frame("tokens.list", "1"), 0.0)).id == "1"


class TestCancel:
    def test_aborts_what_is_unanswered_and_the_command_says_so_itself(self):
        session = opened()
        session.receive(frame("certificates.select", 5), 0.0)

        abort, answer = session.receive(frame("cancel", 6, request=5), 0.0)

        assert abort == Abort(5)
        assert sent([answer]) == {"jsonrpc": "2.0", "id": 6, "result": {"cancelled": True}}
        assert session.pending == {5}
        assert code(session.fail(5, ProtocolError("cancelled"))) == "cancelled"

    @pytest.mark.parametrize("target", [5, "5", 6])
    def test_of_what_is_not_running_says_that(self, target):
        session = opened()

        assert sent(session.receive(frame("cancel", 6, request=target), 0.0))["result"] == {
            "cancelled": False
        }

    def test_works_when_no_further_request_would(self):
        session = opened()
        for number in range(MAX_PENDING):
            assert run_of(session.receive(frame("certificates.select", number), 0.0))
        assert code(session.receive(frame("tokens.list", 99), 0.0)) == "too_many_pending"

        abort, _ = session.receive(frame("cancel", 99, request=0), 0.0)

        assert abort == Abort(0)

    def test_needs_no_rights(self):
        session = opened(Rights.NONE)
        session.receive(frame("site.request", 1), 0.0)

        assert session.receive(frame("cancel", 2, request=1), 0.0)[0] == Abort(1)


class TestBounds:
    def test_a_frame_beyond_the_limit_ends_the_connection(self):
        session = opened()
        session.receive(frame("tokens.list", 1), 0.0)

        error, abort, close = session.receive(" " * (MAX_MESSAGE_BYTES + 1), 0.0)

        assert code([error]) == "message_too_large"
        assert (abort, close) == (Abort(1), Close(TOO_BIG, "message_too_large"))
        assert session.state is State.CLOSED

    def test_a_burst_is_allowed_and_then_a_rate(self):
        session = opened()
        now = 1000.0
        for _ in range(REQUEST_BURST):
            assert "result" in sent(session.receive(frame("cancel", 1, request=9), now))

        answer = sent(session.receive(frame("cancel", 77, request=9), now))

        assert (answer["id"], answer["error"]["data"]["code"]) == (77, "rate_limited")
        later = now + 1.5 / REQUESTS_PER_SECOND
        assert "result" in sent(session.receive(frame("cancel", 1, request=9), later))
        assert code(session.receive(frame("cancel", 1, request=9), later)) == "rate_limited"

    def test_a_clock_that_goes_back_gives_nothing(self):
        session = opened()
        for _ in range(REQUEST_BURST):
            session.receive(frame("cancel", 1, request=9), 1000.0)

        assert code(session.receive(frame("cancel", 1, request=9), 0.0)) == "rate_limited"

    def test_a_flood_ends_the_connection(self):
        session = opened()
        actions = []
        for _ in range(REQUEST_BURST + MAX_VIOLATIONS):
            actions = session.receive(frame("cancel", 1, request=9), 1000.0)

        assert actions[-1] == Close(POLICY_VIOLATION, "rate_limited")
        assert session.receive(frame("cancel", 1, request=9), 2000.0) == []

    def test_rubbish_ends_the_connection_in_the_end(self):
        session = opened()
        for number in range(MAX_VIOLATIONS - 1):
            assert code(session.receive("{", float(number))) == "parse_error"

        assert session.receive("{", 100.0)[-1] == Close(POLICY_VIOLATION, "parse_error")

    def test_an_honest_mistake_does_not(self):
        session = opened()
        for number in range(3 * MAX_VIOLATIONS):
            answer = session.receive(frame("no.such.method", number), float(number))
            assert code(answer) == "method_not_found"

        assert session.state is State.OPEN


class TestNews:
    def test_of_a_request_come_until_its_answer(self):
        session = opened(Rights.NONE)
        session.receive(frame("site.request", 4), 0.0)
        step = Progress(request=4, stage=Stage.WAITING_FOR_USER)

        news = sent(session.notify("progress", step))
        assert (news["method"], news["params"]["stage"]) == ("progress", "waiting-for-user")

        session.fail(4, ProtocolError("user_refused"))
        assert session.notify("progress", step) == []

    def test_of_tokens_come_only_to_who_may_know(self):
        session = opened()
        changed = TokensChanged(tokens=())
        assert sent(session.notify("tokens.changed", changed))["params"] == {"tokens": []}

        session.grant(Rights.NONE)
        assert session.notify("tokens.changed", changed) == []

    def test_do_not_come_before_hello_or_after_the_end(self):
        changed = TokensChanged(tokens=())
        early, late = Session(now=0.0, native=True), opened()
        late.closed()

        assert early.notify("tokens.changed", changed) == []
        assert late.notify("tokens.changed", changed) == []


class TestTheEnd:
    def test_aborts_everything_unanswered_and_drops_its_answers(self):
        session = opened()
        for number in range(3):
            session.receive(frame("tokens.list", number), 0.0)

        assert session.closed() == [Abort(0), Abort(1), Abort(2)]
        assert session.reply(0, TokensListResult(tokens=())) == []
        assert session.fail(1, ProtocolError("cancelled")) == []
        assert session.receive(frame("tokens.list", 9), 0.0) == []
        assert session.closed() == []


class TestContents:
    """SPEC 10, as far as the session decides it; `test_protocol_content` has all the rest."""

    def test_before_hello_end_the_connection(self):
        greeting_ = Session(now=0.0, native=False)
        greeting_.receive(frame("hello", "greet", **HELLO), 0.0)
        for session in (Session(now=0.0, native=True), greeting_):
            pending = [Abort(one) for one in session.pending]

            actions = session.receive_binary(piece(1, b"x", size=1, last=True))

            assert actions == [*pending, Close(UNSUPPORTED_DATA, "binary before hello")]
            assert session.receive_binary(b"") == []

    def test_need_the_right_of_a_site_at_each_piece(self):
        session = opened()
        assert session.receive_binary(piece(1, bytes(4096), size=5000))
        session.grant(Rights.NONE)

        assert code(session.receive_binary(piece(1, bytes(904), last=True))) == "not_allowed"

    def test_are_handed_out_piece_by_piece(self):
        session = opened()
        [first] = session.receive_binary(piece(7, bytes(4096), size=4097, digest_only=True))
        assert session.receiving.is_coming(7)
        [last] = session.receive_binary(piece(7, b"x", last=True))

        assert isinstance(first, Take)
        assert isinstance(first.what, Piece)
        assert (first.what.size, first.what.digest_only, first.what.last) == (4097, True, False)
        assert (last.what.size, last.what.last, bytes(last.what.payload)) == (None, True, b"x")
        assert not session.receiving.is_coming(7)

    def test_are_credited_when_enough_was_dealt_with(self):
        session = opened()
        session.receive_binary(piece(1, bytes(MAX_PIECE_BYTES), size=MAX_CONTENT_BYTES))
        for _ in range(3):
            session.receive_binary(piece(1, bytes(MAX_PIECE_BYTES)))

        assert session.taken(3 * MAX_PIECE_BYTES) == []
        assert session.taken(MAX_PIECE_BYTES) == [SendBinary(credit(4 * MAX_PIECE_BYTES))]

    def test_that_break_a_rule_are_over_and_count_as_violations(self):
        session = opened()
        session.receive_binary(piece(1, bytes(4096), size=5000))

        over, error = session.receive_binary(piece(1, bytes(4096)))
        assert over == Take(GivenUp(1))
        assert code([error]) == "content_incomplete"
        for _ in range(MAX_VIOLATIONS - 2):
            assert code(session.receive_binary(piece(1, bytes(4096)))) == "content_unknown"

        *_, close = session.receive_binary(b"")
        assert close == Close(POLICY_VIOLATION, "invalid_request")

    def test_beyond_the_credit_end_the_connection_at_once(self):
        session = opened()
        session.receive_binary(piece(1, bytes(MAX_PIECE_BYTES), size=MAX_CONTENT_BYTES))
        for _ in range(WINDOW_BYTES // MAX_PIECE_BYTES - 1):
            assert len(session.receive_binary(piece(1, bytes(MAX_PIECE_BYTES)))) == 1

        error, close = session.receive_binary(piece(1, bytes(4096)))

        assert code([error]) == "invalid_request"
        assert close == Close(POLICY_VIOLATION, "invalid_request")

    def test_that_are_too_much_are_refused_in_a_notification_and_dropped(self):
        session = opened()

        [told] = session.receive_binary(piece(1, bytes(4096), size=MAX_CONTENT_BYTES + 1))
        assert session.receive_binary(piece(1, bytes(4096))) == []

        news = json.loads(told.text)
        assert news["method"] == "content.refused"
        assert news["params"]["error"]["code"] == "content_too_large"
        assert session.receive_binary(given_up(1)) == [Take(GivenUp(1))]

    def test_together_are_bounded_in_number_and_bytes(self, monkeypatch):
        monkeypatch.setattr(content, "MAX_CONTENTS", 3)
        monkeypatch.setattr(content, "MAX_KEPT_BYTES", 10_000)
        session, codes = opened(), []
        for number, size, only in ((1, 6000, False), (2, 6000, False), (3, 6000, True)):
            frames = (
                piece(number, bytes(4096), size=size, digest_only=only),
                piece(number, bytes(size - 4096), last=True),
            )
            told = [one for f in frames for one in session.receive_binary(f)]
            codes += [code_of_news(one) for one in told if isinstance(one, Send)]
        [_] = session.receive_binary(piece(4, bytes(4000), size=4000, last=True))
        [full] = session.receive_binary(piece(5, b"", size=0, last=True))

        assert codes == ["content_too_large"]
        assert code_of_news(full) == "too_many_contents"
        session.receive_binary(given_up(1))
        assert isinstance(session.receive_binary(piece(5, b"", size=0, last=True))[0], Take)

    def test_that_cannot_be_kept_are_refused_by_the_shell(self):
        session = opened()
        session.receive_binary(piece(1, bytes(4096), size=5000))

        assert code_of_news(*session.refuse(1, ProtocolError("storage_full"))) == "storage_full"

        assert session.receive_binary(piece(1, bytes(904), last=True)) == []
        assert code(session.receive_binary(piece(1, bytes(4096)))) == "content_unknown"

    def test_credit_for_what_was_sent_wakes_the_sender(self):
        session = opened()
        number = session.sending.begin(5000)
        session.sending.piece(number, bytes(session.sending.room(number)))

        assert session.receive_binary(credit(5000)) == [Take(Credit(5000))]
        assert code(session.receive_binary(credit(4999))) == "invalid_request"
        assert code(session.receive_binary(credit(5001))) == "invalid_request"

    def test_a_content_that_is_not_wanted_is_told_of_while_it_is_sent(self):
        session = opened()
        number = session.sending.begin(5000)
        assert session.receive_binary(unwanted(number)) == [Take(Unwanted(number))]
        session.sending.piece(number, bytes(5000))

        assert session.receive_binary(unwanted(number)) == []


def code_of_news(send):
    return json.loads(send.text)["params"]["error"]["code"]


class TestAllowance:
    """SPEC 3.4: what the user has granted may be more than the rate."""

    def test_comes_on_top_of_the_rate_and_is_used_up(self):
        session = opened()
        session.allow(5)
        for number in range(REQUEST_BURST - 1 + 5):
            assert "result" in sent(session.receive(frame("cancel", number, request=9), 0.0))

        assert code(session.receive(frame("cancel", 999, request=9), 0.0)) == "rate_limited"

    def test_is_not_used_while_there_is_rate(self):
        session = opened()
        session.allow(1)
        for number in range(REQUEST_BURST - 1):
            session.receive(frame("cancel", number, request=9), 0.0)
        session.receive(frame("cancel", 998, request=9), 100.0)

        for number in range(REQUEST_BURST):
            answer = session.receive(frame("cancel", number, request=9), 100.0)
            assert "result" in sent(answer)
