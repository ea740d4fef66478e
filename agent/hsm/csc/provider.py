"""The provider: any service that speaks the Cloud Signature Consortium's API."""

from agent.hsm.csc.dialect import Dialect
from agent.hsm.csc.service import Service, Version, expected, find
from agent.hsm.csc.session import CscSession
from agent.hsm.csc.tokens import sign_in
from agent.hsm.csc.v1 import V1
from agent.hsm.csc.v2 import V2
from agent.hsm.csc.wire import Wire
from agent.hsm.door import Door
from agent.hsm.provider import Login


class Csc:
    id = "csc"

    async def recognise(self, door: Door) -> bool:
        """By `info`, which asks for no secret. Raises as `Door.post` does when nothing answers."""
        return await find(door) is not None

    async def sign_in(self, door: Door, login: Login) -> CscSession:
        """Also raises UserError service_not_recognised, service_sign_in.

        `login.fields["user_id"]` names whose credentials are meant where the account is not a
        person's but a client's (11.4).
        """
        service = await expected(door)
        tokens = await sign_in(door, service, login)
        wire = Wire(door, service, tokens)
        return CscSession(
            wire, tokens, _dialect(service), user_id=login.fields.get("user_id") or None
        )


def _dialect(service: Service) -> Dialect:
    return V1(service) if service.version is Version.V1 else V2(service)
