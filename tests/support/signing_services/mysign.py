"""A MySign of our own: one user, whose phone a test answers."""

import base64
import json
import secrets
from typing import Any

from aiohttp import web

from agent.hsm.provider import Login
from agent.secret import Secret
from tests.support.pki import Holder
from tests.support.signing_services.served import CA, ROOT, Served, unit

USER, CLIENT, CLIENT_SECRET = "MST_0101300842", "Test_OpenKySo", "client-secret-1"
PROFILE = "adss:ras:profile:001"
CREDENTIAL = "0101300842_2482540_20261017114147"


class MySignService(Served):
    def __init__(self) -> None:
        super().__init__()
        self.holder: Holder = unit()
        self.token = secrets.token_urlsafe(20)
        self.status: int | str = 4000
        self.cert_status = "valid"
        self.multisign: Any = "2147483647"
        self.signs_at_once = False
        self.instead: dict[str, web.Response] = {}
        self.transactions: dict[str, dict[str, Any]] = {}
        self.app.router.add_post("/{path:.*}", self._answer)

    def login(self, **fields: str) -> Login:
        return Login(
            name=USER, password=Secret(CLIENT_SECRET), fields={"client_id": CLIENT, **fields}
        )

    async def _answer(self, request: web.Request) -> web.Response:
        asked = json.loads(await request.read())
        path = request.path.removeprefix("/vtss/service/")
        if path in self.instead:
            return self.instead[path]
        if path == "ras/v1/login":
            return self._login(asked)
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return _error("invalid_token", 401)
        return self._served(path, asked)

    def _served(self, path: str, asked: dict[str, Any]) -> web.Response:
        match path:
            case "certificates/info" if asked["user_id"] == USER:
                return web.json_response([self._info()])
            case "signHash":
                return self._sign(asked)
            case "requests/status":
                return self._status(asked["transactionId"])
        return _error("STRANGER", 404)

    def _login(self, asked: dict[str, Any]) -> web.Response:
        if asked.get("client_id") != CLIENT:
            return _error("58007", 400)
        if asked.get("user_id") != USER:
            return _error("58008", 400)
        if asked.get("client_secret") != CLIENT_SECRET:
            return _error("86024", 400)
        if asked.get("profile_id") != PROFILE:
            return _error("invalid_request", 400)
        return web.json_response(
            {
                "access_token": self.token,
                "refresh_token": "",
                "token_type": "Bearer",
                "expires_in": "3600",
            }
        )

    def _sign(self, asked: dict[str, Any]) -> web.Response:
        count = asked["numSignatures"]
        names = [base64.b64decode(d["document_name"]).decode() for d in asked["documents"]]
        plain = all(n.isascii() and n.replace("-", "").replace("_", "").isalnum() for n in names)
        short = all(len(d["document_name"]) < 100 for d in asked["documents"])
        good = (
            (asked["client_id"], asked["client_secret"]) == (CLIENT, CLIENT_SECRET)
            and asked["credentialID"] == CREDENTIAL
            and count == len(asked["hash"]) == len(asked["documents"])
            and asked["hashAlgo"] == "2.16.840.1.101.3.4.2.1"
            and asked["signAlgo"] == "1.2.840.113549.1.1.1"
            and asked["async"] == 1
            and len(asked["description"]) < 100
            and plain
            and short
        )
        if not good:
            return _error("invalid_request", 400)
        name = secrets.token_hex(16)
        self.transactions[name] = asked
        if self.signs_at_once:
            return web.json_response({"signatures": self._signatures(asked)})
        return web.json_response({"transactionId": name})

    def _status(self, name: str) -> web.Response:
        asked = self.transactions[name]
        done = str(self.status) == "1"
        signatures = self._signatures(asked) if done else None
        return web.json_response({"signatures": signatures, "status": self.status})

    def _signatures(self, asked: dict[str, Any]) -> list[str]:
        digests = [base64.b64decode(text) for text in asked["hash"]]
        return [base64.encodebytes(self.holder.sign(d)).decode() for d in digests]

    def _info(self) -> dict[str, Any]:
        chain = [self.holder.der, CA.der, ROOT.der]
        return {
            "description": "Go>Sign mobile based implicit credential authorization",
            "key": {
                "status": "enabled",
                "algo": ["1.2.840.113549.1.1.1"],
                "len": "2048",
                "curve": None,
            },
            "cert": {
                "status": self.cert_status,
                "certificates": [base64.b64encode(der).decode() for der in chain],
                "subjectDN": "STRANGER",
            },
            "authMode": "implicit",
            "multisign": self.multisign,
            "credential_id": CREDENTIAL,
            "scal": "2",
        }


def _error(error: str, status: int) -> web.Response:
    return web.json_response(
        {"error": error, "error_description": "STRANGER said so"}, status=status
    )
