"""One call to a service: where it goes, what goes with it, what a refusal means.

A call is made once. Only one that changes nothing and carries no secret is made again, and only
when the token turned out to be over and the service had given means to renew it.
"""

from typing import Final

import msgspec

from agent.errors import AgentError, ServiceError, UserError
from agent.hsm.csc.dialect import Call
from agent.hsm.csc.failures import Step, error, fault, judge
from agent.hsm.csc.service import Service
from agent.hsm.csc.tokens import Tokens
from agent.hsm.csc.waiting import PATIENCE_SECONDS
from agent.hsm.door import WHOLE_SECONDS, Answer, Door

_GOOD: Final = frozenset({200, 201, 202, 204})
_UNAUTHORISED: Final = 401


class Wire:
    def __init__(self, door: Door, service: Service, tokens: Tokens) -> None:
        self._door = door
        self._service = service
        self._tokens = tokens

    async def read(self, call: Call, *, step: Step = Step.READ, phone: bool = False) -> Answer:
        """A call that changes nothing: made again, once, with a renewed token."""
        answer = await self._post(call)
        if answer.status == _UNAUTHORISED and await self._tokens.renew():
            answer = await self._post(call)
        return self._accepted(answer, step=step, phone=phone)

    async def do(
        self, call: Call, *, step: Step, phone: bool = False, otp_alone: bool = False
    ) -> Answer:
        """A call with effects: made once, whatever comes of it. With `phone`, it may be held open
        until the user has decided there.
        """
        try:
            answer = await self._post(call, PATIENCE_SECONDS if phone else WHOLE_SECONDS)
        except ServiceError as failure:
            if phone and failure.code == "service_timeout":
                raise UserError("phone_timeout") from failure
            raise
        return self._accepted(answer, step=step, phone=phone, otp_alone=otp_alone)

    def offers(self, method: str) -> bool:
        return self._service.offers(method)

    def refusal(self, code: str) -> AgentError:
        """For what our own reading of an answer has found."""
        return error(code, self._door.host)

    async def _post(self, call: Call, seconds: float = WHOLE_SECONDS) -> Answer:
        return await self._door.post(
            f"{self._service.base}/{call.method}",
            msgspec.json.encode(call.message),
            headers={"Authorization": f"Bearer {self._tokens.access.reveal()}"},
            seconds=seconds,
        )

    def _accepted(
        self, answer: Answer, *, step: Step, phone: bool, otp_alone: bool = False
    ) -> Answer:
        # A success with an error in it is none, but for the "not yet" of 11.12.
        if answer.status in _GOOD and fault(answer).error in ("", "accepted_request"):
            return answer
        raise judge(answer, step=step, host=self._door.host, phone=phone, otp_alone=otp_alone)
