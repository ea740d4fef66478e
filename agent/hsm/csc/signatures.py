"""signatures/signHash and what follows it (11.10, 11.12): as many signatures as were asked for."""

import base64
import binascii
from typing import Final

from agent.errors import UserError
from agent.hsm.csc.algorithms import algorithm
from agent.hsm.csc.details import Details
from agent.hsm.csc.dialect import Dialect, SignOrder, collect
from agent.hsm.csc.failures import Step, fault
from agent.hsm.csc.messages import Signed
from agent.hsm.csc.waiting import Signing, poll_after
from agent.hsm.csc.wire import Wire
from agent.hsm.door import Answer
from agent.hsm.provider import Authorisation

_ACCEPTED: Final = 202
_MOST_SIGNATURE_BYTES: Final = 4096

Signatures = tuple[bytes, ...]


class Signatory:
    def __init__(self, wire: Wire, dialect: Dialect) -> None:
        self._wire = wire
        self._dialect = dialect

    async def sign(self, authorisation: Authorisation, details: Details) -> Signatures | Signing:
        chosen = algorithm(authorisation.mechanism, details.algos)
        if chosen is None:
            raise UserError("certificate_unsuitable", reason="mechanism")
        order = SignOrder(
            details=details,
            hashes=hashes(authorisation),
            algorithm=chosen,
            sad=authorisation.sad.reveal() if authorisation.sad else None,
        )
        answer = await self._wire.do(
            self._dialect.sign(order), step=Step.SIGN, phone=details.factors.confirmation.phone
        )
        return self._read(authorisation, answer)

    async def collect(self, signing: Signing) -> Signatures | Signing:
        answer = await self._wire.read(collect(signing.response_id), step=Step.WAIT, phone=True)
        if answer.status == _ACCEPTED or fault(answer).error == "accepted_request":
            return Signing(
                authorisation=signing.authorisation,
                response_id=signing.response_id,
                poll_after=poll_after(answer),
            )
        return self._read(signing.authorisation, answer)

    def _read(self, authorisation: Authorisation, answer: Answer) -> Signatures | Signing:
        signed = answer.read(Signed)
        if signed.signatures is None and signed.response_id is not None:
            return Signing(
                authorisation=authorisation,
                response_id=signed.response_id,
                poll_after=poll_after(answer),
            )
        found = signed.signatures or ()
        try:
            signatures = tuple(base64.b64decode(text, validate=True) for text in found)
        except (binascii.Error, ValueError):
            raise self._wire.refusal("service_malformed") from None
        if len(signatures) != len(authorisation.items) or not all(
            0 < len(signature) <= _MOST_SIGNATURE_BYTES for signature in signatures
        ):
            raise self._wire.refusal("service_malformed")
        return signatures


def hashes(authorisation: Authorisation) -> tuple[str, ...]:
    return tuple(base64.b64encode(i.digest).decode("ascii") for i in authorisation.items)
