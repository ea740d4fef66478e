"""Signing in: a name and a password, or a client's id and secret, for a bearer token.

The password goes out once, at sign-in. `auth/login` (11.2) takes it by HTTP Basic, `oauth2/token`
as a client's (agent.hsm.csc.oauth2); other ways need a browser or a certificate of the client, and
are refused in words.
"""

import base64
from typing import Final

import msgspec

from agent.errors import AgentError, UserError
from agent.hsm.csc.failures import Step, judge
from agent.hsm.csc.messages import LoginRequest, RevokeRequest, TokenReply
from agent.hsm.csc.oauth2 import client_token
from agent.hsm.csc.service import Service
from agent.hsm.door import Answer, Door
from agent.hsm.provider import Login
from agent.secret import Secret

_OK: Final = 200


class Tokens:
    """The token of one conversation."""

    def __init__(self, door: Door, service: Service, reply: TokenReply) -> None:
        self._door = door
        self._service = service
        self.access = Secret(reply.access_token)
        self._refresh = Secret(reply.refresh_token) if reply.refresh_token else None

    async def renew(self) -> bool:
        """Once per refresh token; False if there is none, or it does not do."""
        refresh, self._refresh = self._refresh, None
        if refresh is None or not self._service.offers("auth/login"):
            return False
        answer = await self._door.post(
            f"{self._service.base}/auth/login",
            msgspec.json.encode(LoginRequest(refresh_token=refresh.reveal())),
        )
        if answer.status != _OK:
            return False
        reply = answer.read(TokenReply)
        self.access = Secret(reply.access_token)
        self._refresh = Secret(reply.refresh_token) if reply.refresh_token else None
        return True

    async def revoke(self) -> None:
        """Best effort (11.3): the tokens end by themselves where this fails."""
        if not self._service.offers("auth/revoke"):
            return
        token = self._refresh or self.access
        hint = "refresh_token" if self._refresh else "access_token"
        request = RevokeRequest(token=token.reveal(), token_type_hint=hint)
        try:
            await self._door.post(
                f"{self._service.base}/auth/revoke",
                msgspec.json.encode(request),
                headers={"Authorization": f"Bearer {self.access.reveal()}"},
            )
        except AgentError:
            return


async def sign_in(door: Door, service: Service, login: Login) -> Tokens:
    """By the one way that suits, `basic` before `oauth2client`: a refused password is not tried on
    another.

    Raises UserError account_*, service_sign_in; ServiceError service_*.
    """
    if "basic" in service.auth_types:
        answer = await _basic(door, service, login)
    elif "oauth2client" in service.auth_types:
        answer = await client_token(door, service, login)
    else:
        raise UserError("service_sign_in", host=door.host)
    if answer.status != _OK:
        raise judge(answer, step=Step.SIGN_IN, host=door.host)
    return Tokens(door, service, answer.read(TokenReply))


async def _basic(door: Door, service: Service, login: Login) -> Answer:
    if ":" in login.name:  # RFC 7617 §2 has no way to say it
        raise UserError("account_refused")
    pair = f"{login.name}:{login.password.reveal()}".encode()
    return await door.post(
        f"{service.base}/auth/login",
        msgspec.json.encode(LoginRequest()),
        headers={"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"},
    )
