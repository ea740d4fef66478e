"""The schemas say of a message what the codec says, judged by a library of somebody else's."""

import json

import jsonschema
import pytest
from jsonschema import Draft202012Validator
from msgspec import UnsetType

from protocol.codec import BadFrame, decode_request, encode
from protocol.conformance.cases import HOME, agent_cases
from protocol.errors import ERRORS, ProtocolError
from protocol.messages import ErrorReply
from protocol.methods import METHODS
from protocol.publish.schemas import schemas

FILES = schemas()
#: Of base64 JSON Schema knows the length in characters alone; and this judge reads ECMA's patterns
#: as if they were Python's, where `$` also stands before a last line break.
BEYOND_THIS_JUDGE = {
    "params-base64-of-urls",
    "params-base64-with-line-break",
    "params-base64-without-padding",
    "params-mst-with-line-break",
    "params-nonce-too-long",
}


def validator(path: str) -> Draft202012Validator:
    return Draft202012Validator(FILES[path])


@pytest.mark.parametrize("path", sorted(FILES))
def test_each_is_a_schema(path: str):
    Draft202012Validator.check_schema(FILES[path])


@pytest.mark.parametrize("method", sorted(METHODS))
def test_examples_are_valid(method: str):
    for name, kind in (("request", "requests"), ("reply", "replies")):
        example = json.loads((HOME / "examples" / method / f"{name}.json").read_text("utf-8"))
        validator(f"{kind}/{method}.json").validate(example)


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_error_is_valid(code: str):
    reply = json.loads(encode(ErrorReply(id=None, error=ProtocolError(code).to_wire())))

    validator("replies/error.json").validate(reply)


def requests():
    for case in agent_cases():
        if case.name in BEYOND_THIS_JUDGE:
            continue
        for step in case.steps:
            message = step.send
            known = isinstance(message, dict) and message.get("method") in METHODS
            if not isinstance(message, UnsetType) and known:
                yield pytest.param(message, id=case.name)


@pytest.mark.parametrize("message", list(requests()))
def test_schema_and_codec_agree_about_the_vectors(message: dict):
    try:
        decode_request(json.dumps(message))
        accepted = True
    except BadFrame:
        accepted = False

    assert validator(f"requests/{message['method']}.json").is_valid(message) == accepted


def test_what_the_agent_sends_may_grow_and_what_a_client_sends_may_not():
    reply = {"jsonrpc": "2.0", "id": 1, "result": {"tokens": [], "new": 1}, "new": 2}
    request = {"jsonrpc": "2.0", "id": 1, "method": "tokens.list", "new": 2}

    validator("replies/tokens.list.json").validate(reply)
    with pytest.raises(jsonschema.ValidationError):
        validator("requests/tokens.list.json").validate(request)


def test_every_field_of_an_answer_is_always_there():
    example = json.loads((HOME / "examples/certificates.select/reply.json").read_text("utf-8"))
    del example["result"]["certificate"]["mst"]

    assert not validator("replies/certificates.select.json").is_valid(example)
