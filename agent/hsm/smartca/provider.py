"""The providers: recognised by how they refuse an empty request, signed in by asking for the
certificates.
"""

from typing import ClassVar

from agent.errors import UserError
from agent.hsm.door import Door
from agent.hsm.provider import Login
from agent.hsm.smartca.failures import head, number
from agent.hsm.smartca.messages import Caller
from agent.hsm.smartca.session import SmartCaSession
from agent.hsm.smartca.shapes import NEAC, SMARTCA, Shape

_REFUSED = frozenset({400, 401, 403})
_MOST_CHARS = 200


class SmartCa:
    id = "smartca"
    shape: ClassVar[Shape] = SMARTCA

    async def recognise(self, door: Door) -> bool:
        said = head(await door.post(self.shape.certificates, b"{}"))
        return said is not None and number(said.status_code) in _REFUSED

    async def sign_in(self, door: Door, login: Login) -> SmartCaSession:
        """The certificates are asked for once, since nothing else would tell a wrong password."""
        session = SmartCaSession(door, self.shape, self._caller(login))
        await session.list_credentials()
        return session

    def _caller(self, login: Login) -> Caller:
        """Raises UserError account_refused where something is missing, before anything is sent."""
        user, sp_id = login.name.strip(), login.fields.get("sp_id", "").strip()
        authority = login.fields.get("ca_name", "").strip() if self.shape.names_authority else None
        for part in (user, sp_id, authority):
            if part is not None and not 0 < len(part) <= _MOST_CHARS:
                raise UserError("account_refused")
        return Caller(
            sp_id=sp_id,
            sp_password=login.password.reveal(),
            user_id=user,
            ca_name=authority,
        )


class Neac(SmartCa):
    id = "neac"
    shape: ClassVar[Shape] = NEAC
