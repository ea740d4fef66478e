"""Paths, access tokens and errors of the CSC API."""

import base64
import binascii
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from aiohttp import web

from webui.sandbox.hsm.csc import credentials, timestamps
from webui.sandbox.hsm.csc.asked import Asked
from webui.sandbox.hsm.csc.errors import Refused, invalid, missing
from webui.sandbox.hsm.csc.permission import Permissions
from webui.sandbox.hsm.csc.signatures import Signatures
from webui.sandbox.hsm.keys import KeysFailed
from webui.sandbox.hsm.register import Account, Service, Standing
from webui.sandbox.hsm.world import HsmWorld

_SPECS: Final = {1: "1.0.4.0", 2: "2.0.0.2"}
_TOKEN_SECONDS: Final = 3600
_ALWAYS: Final = (
    "auth/login",
    "auth/revoke",
    "credentials/list",
    "credentials/info",
    "credentials/authorize",
    "signatures/signHash",
    "signatures/timestamp",
)
_METHODS: Final = {
    1: (*_ALWAYS, "credentials/sendOTP"),
    2: (*_ALWAYS, "credentials/getChallenge", "signatures/signPolling"),
}
_Method = Callable[["Account", Asked], Awaitable[dict[str, Any] | None]]


class CscService:
    def __init__(self, world: HsmWorld) -> None:
        self._world = world
        self._permissions = Permissions(world.phone)
        self._signatures = Signatures(world, self._permissions)
        self._tokens: dict[str, tuple[str, float]] = {}

    def routes(self) -> list[web.RouteDef]:
        routes = [web.post("/oauth2/token", self._client_token)]
        for version in _SPECS:
            base = f"/csc/v{version}"
            routes += [
                web.post(f"{base}/info", self._info(version)),
                web.post(f"{base}/auth/login", self._login),
                web.post(f"{base}/auth/revoke", self._revoke),
            ]
            methods = self._methods(version)
            routes += [
                web.post(f"{base}/{name}", self._guarded(methods[name]))
                for name in _METHODS[version]
                if name in methods
            ]
        return routes

    def _methods(self, version: int) -> dict[str, _Method]:
        issuer = self._world.authority.issuing

        async def listed(account: Account, asked: Asked) -> dict[str, Any]:
            return credentials.listed(account, asked, version=version, issuer=issuer)

        async def info(account: Account, asked: Asked) -> dict[str, Any]:
            one = credentials.named(account, asked)
            return credentials.described(one, asked, version=version, issuer=issuer)

        async def send(account: Account, asked: Asked) -> None:
            if not credentials.named(account, asked).otp:
                raise invalid("credentialID")
            if version > 1 and asked.text("authObjectID") != "OTP":
                raise invalid("authObjectID")
            self._world.phone.send(Service.CSC, account.name)

        async def authorise(account: Account, asked: Asked) -> dict[str, Any]:
            one = credentials.named(account, asked)
            return self._permissions.authorise(account, one, asked, version=version)

        async def sign(account: Account, asked: Asked) -> dict[str, Any]:
            one = credentials.named(account, asked)
            return await self._signatures.sign(one, asked, version=version)

        return {
            "credentials/list": listed,
            "credentials/info": info,
            "credentials/sendOTP": send,
            "credentials/getChallenge": send,
            "credentials/authorize": authorise,
            "signatures/signHash": sign,
            "signatures/signPolling": self._poll,
            "signatures/timestamp": self._time_stamp,
        }

    async def _poll(self, _account: Account, asked: Asked) -> dict[str, Any]:
        found = self._signatures.poll(asked)
        if found is None:
            raise Refused("accepted_request", "not yet completed", status=202)
        return found

    async def _time_stamp(self, _account: Account, asked: Asked) -> dict[str, Any]:
        return timestamps.time_stamp(self._world.authority, asked)

    def _info(self, version: int) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            return _json(
                {
                    "specs": _SPECS[version],
                    "name": "Dịch vụ ký số thử nghiệm",
                    "logo": f"https://{request.host}/logo.png",
                    "region": "VN",
                    "lang": "vi-VN",
                    "description": "Đóng thế trên máy này, không có giá trị pháp lý",
                    "authType": ["basic", "oauth2client"],
                    "oauth2": f"https://{request.host}",
                    "methods": ["info", *_METHODS[version]],
                }
            )

        return answer

    async def _login(self, request: web.Request) -> web.Response:
        return _answered(lambda: self._token(*_basic(request)))

    async def _client_token(self, request: web.Request) -> web.Response:
        """RFC 6749 §4.4: the account is the client."""
        form = await request.post()

        def token() -> dict[str, Any]:
            if form.get("grant_type") != "client_credentials":
                raise invalid("grant_type")
            given = self._token(str(form.get("client_id")), str(form.get("client_secret")))
            return given | {"token_type": "Bearer"}

        return _answered(token)

    def _token(self, name: str, password: str) -> dict[str, Any]:
        account = self._world.register.signed_in(Service.CSC, name, password)
        if account is None:
            raise Refused("authentication_error", "An error occurred during authentication process")
        if account.standing is Standing.BLOCKED:
            raise Refused("access_denied", "The account is blocked", status=403)
        token = secrets.token_urlsafe(24)
        self._tokens[token] = name, time.monotonic() + _TOKEN_SECONDS
        return {"access_token": token, "expires_in": _TOKEN_SECONDS}

    async def _revoke(self, request: web.Request) -> web.Response:
        asked = Asked.read(await request.read())
        self._tokens.pop(asked.text("token"), None)
        return web.Response(status=204)

    def _guarded(self, method: _Method) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            body = await request.read()
            try:
                account = self._signed_in(request)
                done = await method(account, Asked.read(body))
            except Refused as refused:
                return _refusal(refused)
            except KeysFailed:
                return _refusal(Refused("server_error", "the key failed", status=500))
            return web.Response(status=204) if done is None else _json(done)

        return answer

    def _signed_in(self, request: web.Request) -> Account:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        name, until = self._tokens.get(token, ("", 0.0))
        account = self._world.register.find(Service.CSC, name)
        if scheme != "Bearer" or account is None or time.monotonic() > until:
            raise Refused("invalid_token", "Invalid or expired access token", status=401)
        return account


def _basic(request: web.Request) -> tuple[str, str]:
    """RFC 7617."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        name, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise missing("string", "Authorization") from None
    if scheme != "Basic" or not colon:
        raise missing("string", "Authorization")
    return name, password


def _answered(making: Callable[[], dict[str, Any]]) -> web.Response:
    try:
        return _json(making())
    except Refused as refused:
        return _refusal(refused)


def _refusal(refused: Refused) -> web.Response:
    return _json(
        {"error": refused.error, "error_description": refused.description}, status=refused.status
    )


def _json(body: object, *, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/json"
    )
