"""The vectors, read by this side: who refuses which frame, and what clients make of answers."""

import base64
import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from msgspec import UnsetType

from protocol.client_session import Answered, ClientSession, Complaint, NotAMessage
from protocol.codec import BadFrame, decode_request, encode
from protocol.conformance.cases import HOME, Caller, Layer, Step, agent_cases, frame
from protocol.errors import ProtocolError
from protocol.limits import MAX_HELLO_BYTES, MAX_MESSAGE_BYTES
from protocol.messages import HelloResult, Rights, login_message
from protocol.methods import METHODS
from protocol.session import Run, Session

CASES = agent_cases()


def case_of(file: Path):
    return json.loads(file.read_text("utf-8"))


def cases(kind: str):
    files = sorted(HOME.glob(f"{kind}/*/case.json"))
    assert files
    return pytest.mark.parametrize("file", files, ids=lambda file: file.parent.name)


def test_every_case_says_why_it_is_there():
    for file in HOME.glob("*/*/case.json"):
        assert len((file.parent / "README.md").read_text("utf-8")) > 5, file


class TestAFrameIsRefusedByTheLayerThatIsNamed:
    """An earlier or later refusal is wrong too, even with the right words."""

    @staticmethod
    def last_sent(steps: tuple[Step, ...]) -> str:
        sends = [step for step in steps if isinstance(step.expect, UnsetType)]
        return frame([step for step in sends if isinstance(step.expect_close, UnsetType)][-1])

    @pytest.mark.parametrize(
        "case", [c for c in CASES if c.layer is Layer.CODEC], ids=lambda case: case.name
    )
    def test_the_codec(self, case):
        limit = MAX_MESSAGE_BYTES if case.greeted else MAX_HELLO_BYTES
        with pytest.raises(BadFrame):
            decode_request(self.last_sent(case.steps), limit=limit)

    @pytest.mark.parametrize(
        "case",
        [c for c in CASES if c.layer in {Layer.AGENT, None} and "cancel" not in str(c.steps)],
        ids=lambda case: case.name,
    )
    def test_the_agent_itself(self, case):
        native = case.caller is Caller.PROGRAM
        session = Session(now=0.0, native=native)
        if case.greeted:
            hello = {"versions": [1], "client": "x"}
            request = {"jsonrpc": "2.0", "id": "greet", "method": "hello", "params": hello}
            session.receive(json.dumps(request), 0.0)
            rights = {
                Caller.PAGE: Rights.NONE,
                Caller.PROGRAM: Rights.SITE,
                Caller.WINDOW: Rights.FIRST_PARTY,
            }[case.caller]
            session.reply("greet", greeting(rights))

        [action] = session.receive(self.last_sent(case.steps), 0.0)

        assert isinstance(action, Run)


def greeting(rights):
    return HelloResult(
        protocol=1, product="p", version="0", rights=rights, origin=None, capabilities=()
    )


class TestWhatAClientMakesOfAnswers:
    @cases("client")
    def test_as_the_case_says(self, file: Path):
        case = case_of(file)
        session = ClientSession()
        method = METHODS[case["ask"]["method"]]
        asked = session.ask(case["ask"]["method"], method.params(**case["ask"]["params"]))
        complaint, answers, hung_up = None, [], False
        for sent in case["frames"]:
            text = sent if isinstance(sent, str) else json.dumps(with_id(sent, asked.id))
            try:
                heard = session.receive(text)
            except NotAMessage:
                hung_up = True
                break
            if isinstance(heard, Answered) and heard.id == asked.id:
                answers.append(heard.outcome)
            if isinstance(heard, Complaint):
                complaint = heard.error

        assert len(answers) <= 1
        match case["outcome"]:
            case {"result": result}:
                reply = json.loads(encode(answers[0]))
                assert reply == result
            case {"error": error}:
                outcome = answers[0] if answers else complaint
                assert isinstance(outcome, ProtocolError)
                told = {
                    "code": outcome.code,
                    "group": outcome.group,
                    "retriable": outcome.spec.retriable,
                    "vi": outcome.text("vi"),
                    "en": outcome.text("en"),
                }
                assert told == error
            case {"hangs_up": True}:
                assert hung_up
            case {"disconnected": True} | {"pending": True}:
                assert answers == []
                assert complaint is None
                assert session.pending == {asked.id}


def with_id(value, request_id):
    match value:
        case dict():
            return {key: with_id(inner, request_id) for key, inner in value.items()}
        case list():
            return [with_id(inner, request_id) for inner in value]
        case "$id":
            return request_id
        case _:
            return value


class TestLogin:
    """What a vendor's server does with the answer (SPEC 5.9)."""

    @cases("login")
    def test_the_message_is_made_of_origin_and_nonce(self, file: Path):
        case = case_of(file)

        message = login_message(origin=case["origin"], nonce=base64.b64decode(case["nonce"]))

        assert message == case["message"].encode()

    @cases("login")
    def test_the_signature_is_good_for_it_or_not(self, file: Path):
        case = case_of(file)
        der = base64.b64decode(case["certificate"])
        key = x509.load_der_x509_certificate(der).public_key()
        signature = base64.b64decode(case["signature"])
        message = login_message(origin=case["origin"], nonce=base64.b64decode(case["nonce"]))

        assert verified(key, case["algorithm"], signature, message) == case["valid"]


def verified(key, algorithm, signature, message) -> bool:
    try:
        match algorithm, key:
            case "RS256", rsa.RSAPublicKey():
                key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
            case (("ES256" | "ES384"), ec.EllipticCurvePublicKey()):
                size, digest = (
                    (32, hashes.SHA256()) if algorithm == "ES256" else (48, hashes.SHA384())
                )
                if len(signature) != 2 * size:
                    return False
                r, s = (int.from_bytes(half) for half in (signature[:size], signature[size:]))
                key.verify(encode_dss_signature(r, s), message, ec.ECDSA(digest))
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("method", sorted(METHODS))
def test_there_is_an_example_of_every_method(method: str):
    folder = HOME / "examples" / method
    call = decode_request((folder / "request.json").read_bytes())
    reply = case_of(folder / "reply.json")

    assert (call.method, call.id) == (method, reply["id"])
    session = ClientSession()
    asked = session.ask(method, call.params)
    answer = session.receive(json.dumps(reply | {"id": asked.id}))
    assert isinstance(answer, Answered)
    assert json.loads(encode(answer.outcome)) == reply["result"]
