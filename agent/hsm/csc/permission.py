"""Leave to sign: asked for (11.6), and asked about until the user has decided (11.7)."""

from typing import Final

from agent.hsm.csc.dialect import Dialect, check
from agent.hsm.csc.failures import Step
from agent.hsm.csc.messages import Granted
from agent.hsm.csc.waiting import Unasked, Underway, poll_after
from agent.hsm.csc.wire import Wire
from agent.hsm.door import Answer
from agent.hsm.provider import Authorisation
from agent.secret import Secret

_ACCEPTED: Final = 202


class Permission:
    def __init__(self, wire: Wire, dialect: Dialect) -> None:
        self._wire = wire
        self._dialect = dialect

    async def ask(self, unasked: Unasked) -> Authorisation:
        """With a SAD, or `Underway`."""
        factors = unasked.leave.details.factors
        answer = await self._wire.do(
            self._dialect.authorise(unasked.leave),
            step=Step.AUTHORISE,
            phone=factors.confirmation.phone,
            otp_alone=factors.otp_alone,
        )
        return self._granted(unasked, answer)

    async def check(self, underway: Underway) -> Authorisation:
        call = check(underway.handle)
        return self._granted(underway, await self._wire.read(call, step=Step.WAIT, phone=True))

    def _granted(self, asked: Unasked | Underway, answer: Answer) -> Authorisation:
        granted = answer.read(Granted)
        if granted.sad is not None:
            return Authorisation(
                credential=asked.credential,
                items=asked.items,
                mechanism=asked.mechanism,
                sad=Secret(granted.sad),
            )
        if answer.status == _ACCEPTED and granted.handle is not None:
            return Underway(
                credential=asked.credential,
                items=asked.items,
                mechanism=asked.mechanism,
                handle=granted.handle,
                poll_after=poll_after(answer),
            )
        raise self._wire.refusal("service_malformed")
