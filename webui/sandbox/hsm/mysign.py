"""A service with Viettel MySign's API (Cloud-CA; an Ascertia ADSS service, CSC v1 in its bones).

    POST /vtss/service/ras/v1/login          {client_id, client_secret, profile_id, user_id}
    POST /vtss/service/certificates/info     Bearer
    POST /vtss/service/ras/csc/v1/credentials/list     the same certificates, by their names alone
    POST /vtss/service/signHash              {credentialID, hash[], documents[], async: 1}
    POST /vtss/service/requests/status       {transactionId}: status 4000 … 1 with signatures

The numbers are the service's: 1 done, 4000 waiting, 4001 too late, 4002 refused, 4005 quota, 59033
wrong login.
"""

import base64
import binascii
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from webui.sandbox.hsm.keys import KeysFailed
from webui.sandbox.hsm.phone import Request, State
from webui.sandbox.hsm.register import Account, Credential, Service, Standing
from webui.sandbox.hsm.world import HsmWorld

CLIENT_ID: Final = "openkyso-demo"
PROFILE: Final = "adss:ras:profile:001"
_SHA256: Final = "2.16.840.1.101.3.4.2.1"
_RSA: Final = "1.2.840.113549.1.1.1"
_DIGEST_BYTES: Final = 32
_LATER: Final = 1  # of `async`: answered at once, and asked for afterwards

Text = Annotated[str, Meta(max_length=1000)]


class _Login(msgspec.Struct, frozen=True, kw_only=True):
    client_id: Text
    client_secret: Text
    profile_id: Text
    user_id: Text


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    document_id: Text
    document_name: Text  # base64


class _Sign(msgspec.Struct, frozen=True, kw_only=True, rename={"later": "async"}):
    credentialID: Text  # noqa: N815 - the service's name
    numSignatures: int  # noqa: N815
    documents: Annotated[tuple[_Document, ...], Meta(max_length=100)]
    hash: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=100)]
    hashAlgo: Text  # noqa: N815
    signAlgo: Text  # noqa: N815
    later: int = 0


class _Status(msgspec.Struct, frozen=True, kw_only=True):
    transactionId: Text  # noqa: N815


@dataclass(frozen=True, kw_only=True)
class _Transaction:
    request: Request
    credential: Credential
    digests: tuple[bytes, ...]


class _Refused(Exception):  # noqa: N818 - it reads as what happened
    def __init__(self, number: int, words: str, *, status: int = 400) -> None:
        super().__init__(words)
        self.number, self.words, self.status = number, words, status


class MySign:
    def __init__(self, world: HsmWorld) -> None:
        self._world = world
        self._tokens: dict[str, str] = {}
        self._transactions: dict[str, _Transaction] = {}

    def routes(self) -> list[web.RouteDef]:
        base = "/vtss/service"
        return [
            web.post(f"{base}/ras/v1/login", self._open(self._login)),
            web.post(f"{base}/certificates/info", self._guarded(self._certificates)),
            web.post(f"{base}/ras/csc/v1/credentials/list", self._guarded(self._names)),
            web.post(f"{base}/signHash", self._guarded(self._sign)),
            web.post(f"{base}/requests/status", self._guarded(self._status)),
        ]

    async def _login(self, body: bytes) -> dict[str, Any]:
        asked = msgspec.json.decode(body, type=_Login)
        account = self._world.register.signed_in(Service.MYSIGN, asked.user_id, asked.client_secret)
        if account is None or (asked.client_id, asked.profile_id) != (CLIENT_ID, PROFILE):
            raise _Refused(59033, "login failed", status=401)
        if account.standing in {Standing.BLOCKED, Standing.EXPIRED}:
            raise _Refused(86002, "not allowed", status=403)
        token = secrets.token_urlsafe(24)
        self._tokens[token] = account.name
        return {"access_token": token, "token_type": "bearer", "expires_in": 3600}

    async def _certificates(self, account: Account, _body: bytes) -> list[dict[str, Any]]:
        issuer = base64.b64encode(self._world.authority.issuing).decode()
        return [
            {
                "credential_id": one.id,
                "key": {"status": "enabled" if one.enabled else "disabled", "algo": [_RSA]},
                "cert": {
                    "status": "valid",
                    "certificates": [base64.b64encode(one.certificate).decode(), issuer],
                },
                "authMode": "implicit",
                "multisign": one.most,
            }
            for one in account.credentials
        ]

    async def _names(self, account: Account, _body: bytes) -> dict[str, Any]:
        return {"credentialIDs": [one.id for one in account.credentials]}

    async def _sign(self, account: Account, body: bytes) -> dict[str, Any]:
        asked = msgspec.json.decode(body, type=_Sign)
        credential = account.credential(asked.credentialID)
        digests = tuple(base64.b64decode(one, validate=True) for one in asked.hash)
        if (
            credential is None
            or not credential.enabled
            or (asked.hashAlgo, asked.signAlgo, asked.later) != (_SHA256, _RSA, _LATER)
            or not asked.numSignatures == len(digests) == len(asked.documents)
            or any(len(one) != _DIGEST_BYTES for one in digests)
        ):
            raise _Refused(50000, "invalid request")
        if account.standing is Standing.EMPTY_PURSE:
            raise _Refused(4005, "quota exceeded")
        names = tuple(
            base64.b64decode(one.document_name, validate=True).decode() for one in asked.documents
        )
        number = secrets.token_hex(12)
        self._transactions[number] = _Transaction(
            request=self._world.phone.ask(Service.MYSIGN, account.name, names),
            credential=credential,
            digests=digests,
        )
        return {"transactionId": number}

    async def _status(self, _account: Account, body: bytes) -> dict[str, Any]:
        number = msgspec.json.decode(body, type=_Status).transactionId
        transaction = self._transactions.get(number)
        if transaction is None:
            raise _Refused(50000, "no such transaction")
        match self._world.phone.state(transaction.request):
            case State.WAITING:
                return {"transactionId": number, "status": 4000}
            case State.REJECTED:
                return {"transactionId": number, "status": 4002}
            case State.TIMED_OUT:
                return {"transactionId": number, "status": 4001}
            case State.CONFIRMED:
                made = [
                    await self._world.sign(Service.MYSIGN, transaction.credential, digest)
                    for digest in transaction.digests
                ]
                texts = [base64.b64encode(one).decode() for one in made]
                return {"transactionId": number, "status": 1, "signatures": texts}

    def _guarded(
        self, making: Callable[[Account, bytes], Awaitable[Any]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            name = self._tokens.get(token, "")
            account = self._world.register.find(Service.MYSIGN, name)
            if scheme.lower() != "bearer" or account is None:
                return _json({"error": 401, "error_description": "invalid token"}, status=401)
            return await self._open(lambda body: making(account, body))(request)

        return answer

    def _open(
        self, making: Callable[[bytes], Awaitable[Any]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            try:
                return _json(await making(await request.read()))
            except _Refused as refused:
                told = {"error": refused.number, "error_description": refused.words}
                return _json(told, status=refused.status)
            except (msgspec.MsgspecError, binascii.Error, ValueError):
                return _json({"error": 50000, "error_description": "bad request"}, status=400)
            except KeysFailed:
                return _json({"error": 50000, "error_description": "key failed"}, status=500)

        return answer


def _json(body: object, *, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/json"
    )
