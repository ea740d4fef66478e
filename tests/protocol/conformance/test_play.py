"""The cases against an agent that conforms, and against some that do not."""

import json
from contextlib import asynccontextmanager

import msgspec
import pytest
from websockets.asyncio.server import serve

from protocol.conformance.cases import Case, agent_cases
from protocol.conformance.play import Nonconforming, Target, play
from tests.support.protocol_agent import NATIVE_TOKEN, serving

CASES = {case.name: case for case in agent_cases()}


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.name)
async def test_the_session_conforms(case: Case):
    async with serving() as agent:
        await play(case, Target(url=agent.url, native_token=NATIVE_TOKEN))


@asynccontextmanager
async def saying(*answers: dict, code: int | None = None):
    """A server that gives these answers, whatever it is asked."""

    async def converse(socket):
        for answer in answers:
            await socket.recv()
            await socket.send(json.dumps(answer))
        if code is not None:
            await socket.close(code)
        await socket.wait_closed()

    async with serve(converse, "127.0.0.1", 0, subprotocols=["openkyso.v1"]) as server:
        yield Target(url=f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")


def ungreeted(name: str) -> Case:
    return msgspec.structs.replace(CASES[name], greeted=False)


def refusal(code: str, **more):
    return {"jsonrpc": "2.0", "id": 1, "error": {"data": {"code": code}}, **more}


class TestAnAgentDoesNotConform:
    async def test_that_issues_no_ticket(self):
        greeting = {"jsonrpc": "2.0", "id": 0, "result": {}}
        async with saying(greeting, refusal("not_allowed")) as target:
            with pytest.raises(Nonconforming, match="no ticket"):
                await play(CASES["accepted-accounts.list"], target)

    async def test_that_gives_another_code(self):
        async with saying(refusal("internal_error")) as target:
            with pytest.raises(Nonconforming, match="internal_error"):
                await play(ungreeted("method-unknown"), target)

    async def test_that_answers_another_id(self):
        async with saying(refusal("method_not_found", id="1")) as target:
            with pytest.raises(Nonconforming):
                await play(ungreeted("method-unknown"), target)

    async def test_that_takes_what_is_to_be_refused(self):
        async with saying({"jsonrpc": "2.0", "id": 1, "result": {"tokens": []}}) as target:
            with pytest.raises(Nonconforming):
                await play(ungreeted("rights-page-tokens.list"), target)

    async def test_that_says_true_for_one(self):
        answer = {"jsonrpc": "2.0", "id": 1, "result": {"cancelled": 0}}
        async with saying(answer) as target:
            with pytest.raises(Nonconforming):
                await play(ungreeted("cancel-nothing"), target)

    async def test_that_closes_instead(self):
        async with saying(code=1011) as target:
            with pytest.raises(Nonconforming, match="closed"):
                await play(ungreeted("method-unknown"), target)

    async def test_that_closes_with_another_code(self):
        async with saying(refusal("message_too_large", id=None), code=1000) as target:
            with pytest.raises(Nonconforming):
                await play(ungreeted("size-before-hello"), target)

    async def test_that_does_not_greet(self):
        async with saying(refusal("native_token_invalid", id=0)) as target:
            with pytest.raises(Nonconforming, match="native_token_invalid"):
                await play(CASES["accepted-tokens.list"], target)
