"""A client's half of a conversation; what comes from the agent is in vectors/client."""

import json

import pytest

from protocol.client_session import Announced, Answered, ClientSession, NotAMessage, Progressed
from protocol.codec import decode_request, encode, encode_notification
from protocol.messages import (
    CertificatesSelectParams,
    Empty,
    Progress,
    Reply,
    Stage,
    TokensChanged,
    TokensListResult,
)

LISTED = TokensListResult(tokens=())


def reply(request_id, result=LISTED):
    return encode(Reply(id=request_id, result=result))


def test_a_question_is_a_request_that_the_agent_reads():
    session = ClientSession()

    asked = session.ask("certificates.select", CertificatesSelectParams(reason="Ký"))

    call = decode_request(asked.frame)
    assert (call.id, call.params) == (asked.id, CertificatesSelectParams(reason="Ký"))
    assert session.pending == {asked.id}


def test_every_question_has_an_id_of_its_own():
    session = ClientSession()
    ids = [session.ask("tokens.list", Empty()).id for _ in range(9)]

    assert len(set(ids)) == 9


def test_an_answer_is_read_by_the_type_of_its_question():
    session = ClientSession()
    asked = session.ask("tokens.list", Empty())

    assert session.receive(reply(asked.id)) == Answered(asked.id, LISTED)
    assert session.pending == set()


def test_an_answer_of_another_type_is_no_message():
    session = ClientSession()
    asked = session.ask("tokens.list", Empty())

    with pytest.raises(NotAMessage):
        session.receive(json.dumps({"jsonrpc": "2.0", "id": asked.id, "result": {"tokens": 5}}))


def test_a_withdrawn_question_is_cancelled_and_its_answer_dropped():
    session = ClientSession()
    asked = session.ask("tokens.list", Empty())

    cancel = decode_request(session.withdraw(asked.id))

    assert (cancel.method, cancel.params.request) == ("cancel", asked.id)
    assert session.receive(reply(asked.id)) is None
    assert session.receive(reply(cancel.id, LISTED)) is None
    assert session.withdraw(asked.id) is None


def test_news_is_passed_on():
    session = ClientSession()
    asked = session.ask("tokens.list", Empty())
    step = Progress(request=asked.id, stage=Stage.SIGNING)
    changed = TokensChanged(tokens=())

    assert session.receive(encode_notification(step, "progress")) == Progressed(asked.id, step)
    assert session.receive(encode_notification(changed, "tokens.changed")) == Announced(
        "tokens.changed", changed
    )


def test_progress_after_the_answer_is_passed_over():
    session = ClientSession()
    asked = session.ask("tokens.list", Empty())
    session.receive(reply(asked.id))

    step = Progress(request=asked.id, stage=Stage.SIGNING)
    assert session.receive(encode_notification(step, "progress")) is None
