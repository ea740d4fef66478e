"""Whatever a client and the agent do, in whatever order: the six rules of `protocol.session`."""

import json
from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from protocol import content
from protocol.errors import ProtocolError
from protocol.limits import HELLO_SECONDS, MAX_CONTENT_BYTES, MAX_PENDING, REQUEST_BURST
from protocol.messages import (
    AccountsChanged,
    HelloResult,
    Progress,
    Rights,
    SiteRequestResult,
    Stage,
    TokensChanged,
)
from protocol.methods import METHODS
from protocol.session import (
    REFUSALS,
    TRANSITIONS,
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

GOOD = {
    "hello": {"versions": [1], "client": "x"},
    "cancel": {"request": 0},
    "login": {"nonce": "A" * 24},
    "sign.xml": {"document": "", "name": "a", "profile": "p"},
    "events.subscribe": {"topics": ["tokens"]},
    "ticket.issue": {"origin": "http://127.0.0.1:8443"},
    "sites.forget": {"origin": "https://their.app"},
    "sign.document": {"source": {"content": 1}, "name": "a", "profile": "p"},
    "sign.digest": {"digest": "A" * 43 + "=", "hash": "sha256", "name": "a"},
}
IDS = st.integers(0, 6) | st.sampled_from(["a", "0"])
ORDER = list(Rights)


class Connection(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.native = False
        self.session = Session(now=0.0, native=False)
        self.handed_out = {}  # id -> method, unanswered
        self.closed = False

    # --- what may come ---------------------------------------------------------------------------

    @rule(method=st.sampled_from(sorted(METHODS)), request_id=IDS, victim=IDS)
    def a_request(self, method, request_id, victim):
        params = {"request": victim} if method == "cancel" else GOOD.get(method, {})
        message = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}
        self.take(
            self.session.receive(json.dumps(message), self.now),
            request_id=request_id,
            method=method,
            victim=victim,
        )

    @rule(rights=st.sampled_from(ORDER))
    def hello_is_said_and_accepted(self, rights):
        self.a_request("hello", "greet", 0)
        if "greet" in self.handed_out:
            self.accept("greet", rights)

    @precondition(lambda self: self.session.state is State.OPEN)
    @rule()
    def a_burst(self):
        for _ in range(REQUEST_BURST):
            self.a_request("cancel", "burst", "nobody")

    @rule(frame=st.sampled_from(["", "{", "[]", '{"id":1}', '{"id":2,"method":"x"}', "\x00"]))
    def rubbish(self, frame):
        self.take(self.session.receive(frame, self.now))

    @rule(data=st.data())
    def a_binary_frame(self, data):
        number = data.draw(st.integers(1, 3))
        frame = data.draw(
            st.sampled_from(
                [
                    content.piece(number, bytes(4096), size=5000),
                    content.piece(number, bytes(904), last=True),
                    content.piece(number, b"whole", size=5, last=True),
                    content.piece(number, bytes(4096), size=MAX_CONTENT_BYTES + 1),
                    content.given_up(number),
                    content.unwanted(number),
                    content.credit(number),
                    b"rubbish",
                ]
            )
        )
        self.take(self.session.receive_binary(frame))

    @rule(seconds=st.floats(0, 3))
    def time_passes(self, seconds):
        self.now += seconds
        self.take(self.session.tick(self.now))

    @rule(rights=st.sampled_from(ORDER))
    def the_user_changes_the_rights(self, rights):
        self.session.grant(rights)

    @precondition(lambda self: self.handed_out)
    @rule(data=st.data(), fails=st.booleans(), rights=st.sampled_from(ORDER))
    def a_command_answers(self, data, fails, rights):
        request_id = data.draw(st.sampled_from(sorted(self.handed_out, key=str)))
        if fails:
            self.handed_out.pop(request_id)
            self.answered(self.session.fail(request_id, ProtocolError("cancelled")), request_id)
        elif self.handed_out[request_id] == "hello":
            self.accept(request_id, rights)
        else:
            self.handed_out.pop(request_id)
            result = SiteRequestResult(granted="once")
            self.answered(self.session.reply(request_id, result), request_id)

    @rule(request_id=IDS)
    def a_command_answers_for_nobody(self, request_id):
        if request_id not in self.handed_out:
            assert self.session.fail(request_id, ProtocolError("cancelled")) == []
            assert self.session.reply(request_id, SiteRequestResult(granted="once")) == []

    @rule(request_id=IDS)
    def there_is_news(self, request_id):
        progress = self.session.notify(
            "progress", Progress(request=request_id, stage=Stage.SIGNING)
        )
        open_now = self.session.state is State.OPEN
        assert bool(progress) == (open_now and request_id in self.handed_out)
        told = self.session.notify("tokens.changed", TokensChanged(tokens=()))
        assert bool(told) == (open_now and self.session.rights is not Rights.NONE)
        told = self.session.notify("accounts.changed", AccountsChanged(accounts=()))
        assert bool(told) == (open_now and self.session.rights is Rights.FIRST_PARTY)

    @precondition(lambda self: self.now > 10)
    @rule()
    def the_connection_is_lost(self):
        self.take(self.session.closed())
        assert self.session.state is State.CLOSED

    # --- what holds ------------------------------------------------------------------------------

    def accept(self, request_id, rights):
        result = HelloResult(
            protocol=1, product="p", version="0", rights=rights, origin=None, capabilities=()
        )
        self.handed_out.pop(request_id)
        self.answered(self.session.reply(request_id, result), request_id)
        assert (self.session.state, self.session.rights) == (State.OPEN, rights)

    def answered(self, actions, request_id):
        [send] = actions
        assert json.loads(send.text)["id"] == request_id

    def hand_out(self, run):
        assert run.id not in self.handed_out
        rule = METHODS[run.method]
        assert ORDER.index(self.session.rights) >= ORDER.index(rule.rights)
        assert not rule.native_only
        self.handed_out[run.id] = run.method

    def content_moves(self, action):
        assert ORDER.index(self.session.rights) >= ORDER.index(Rights.SITE)
        over = isinstance(action, Take) and isinstance(action.what, content.GivenUp)
        assert self.session.state is State.OPEN or (over and self.session.state is State.CLOSED)

    def take(self, actions, *, request_id=None, method=None, victim=None):
        if self.closed:
            assert actions == []
        replies = Counter()
        for action in actions:
            match action:
                case Run():
                    assert (action.id, action.method) == (request_id, method)
                    self.hand_out(action)
                case Abort():
                    assert action.id in self.handed_out
                    if self.session.state is State.CLOSED:
                        self.handed_out.pop(action.id)
                    else:
                        assert (method, action.id) == ("cancel", victim)
                case Send() if '"content.refused"' not in action.text:
                    reply = json.loads(action.text)["id"]
                    assert reply is None or reply not in self.handed_out
                    replies[reply] += 1
                case Take() | SendBinary() | Send():
                    self.content_moves(action)
                case Close():
                    assert self.session.state is State.CLOSED
                    assert action is actions[-1]
                    assert not self.handed_out
        if method is not None and not self.closed:
            assert len(replies) + sum(isinstance(a, Run) for a in actions) == 1
            assert all(count == 1 for count in replies.values())
        self.closed = self.session.state is State.CLOSED

    @invariant()
    def agrees_with_the_model(self):
        assert self.session.pending == set(self.handed_out)
        assert len(self.handed_out) <= MAX_PENDING
        if self.session.state in {State.AWAITING_HELLO, State.GREETING}:
            assert self.now < HELLO_SECONDS
            assert self.session.rights is Rights.NONE
        assert self.closed == (self.session.state is State.CLOSED)


Connection.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestConnection = Connection.TestCase


def test_every_state_takes_every_event_by_the_table_alone():
    """The table is total: an event either moves, or is refused by name, or cannot happen."""
    from_client = {Event.HELLO, Event.REQUEST, Event.CANCEL}
    for state in State:
        for event in Event:
            moves = event in TRANSITIONS[state]
            refused = (state, event) in REFUSALS
            assert not (moves and refused)
            if event in from_client and state is not State.CLOSED:
                assert moves or refused
