"""The provider: recognised by how it refuses an empty login."""

from typing import Final

import msgspec

from agent.errors import UserError
from agent.hsm.door import Door
from agent.hsm.mysign import messages as m
from agent.hsm.mysign.failures import failure, fault
from agent.hsm.mysign.session import MySignSession
from agent.hsm.provider import Login
from agent.secret import Secret

LOGIN: Final = "/vtss/service/ras/v1/login"
PROFILE: Final = "adss:ras:profile:001"

_REFUSED: Final = frozenset({400, 401, 403})
_MOST_CHARS: Final = 200


class MySign:
    id = "mysign"

    async def recognise(self, door: Door) -> bool:
        answer = await door.post(LOGIN, b"{}")
        said = fault(answer)
        return answer.status in _REFUSED and said is not None and bool(said.error)

    async def sign_in(self, door: Door, login: Login) -> MySignSession:
        account = _account(login)
        answer = await door.post(LOGIN, msgspec.json.encode(account))
        error = failure(answer, host=door.host, sign_in=True)
        if error is not None:
            raise error
        return MySignSession(door, account, Secret(answer.read(m.Token).access_token))


def _account(login: Login) -> m.Login:
    """Raises UserError account_refused where something is missing, before anything is sent."""
    user, client = login.name.strip(), login.fields.get("client_id", "").strip()
    for part in (user, client):
        if not 0 < len(part) <= _MOST_CHARS:
            raise UserError("account_refused")
    return m.Login(
        client_id=client,
        client_secret=login.password.reveal(),
        profile_id=login.fields.get("profile_id", "").strip() or PROFILE,
        user_id=user,
    )
