"""A small signing service that speaks the CSC API v1.0.4.0 or v2.0.0.2, for tests of our client.

    service = CscService(holder, version="v1", asks=Asks(pin="2468", otp="135790"))
    async with service: ... plain_door(service.url)

It is written from the specifications, as strictly as they allow: what they call required must be
there, SADs are for their hashes and used once, tokens are checked. `override["/csc/v1/info"]`
answers anything else; `requests` keeps what was asked.
"""

import asyncio
import base64
import json
import secrets
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from tests.support.pki import Holder

RSA, PSS = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"
EC = "1.2.840.10045.2.1"
HASHES = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
FIXED = {
    "1.2.840.113549.1.1.11": hashes.SHA256(),
    "1.2.840.113549.1.1.12": hashes.SHA384(),
    "1.2.840.113549.1.1.13": hashes.SHA512(),
    "1.2.840.10045.4.3.2": hashes.SHA256(),
    "1.2.840.10045.4.3.3": hashes.SHA384(),
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(kw_only=True)
class Asks:
    """What the credential asks of its user."""

    pin: str | None = None
    otp: str | None = None
    online: bool = True  # the OTP is sent
    phone: bool = False


@dataclass(kw_only=True)
class Key:
    holder: Holder
    id: str = "GX0112348"
    asks: Asks = field(default_factory=Asks)
    chain: tuple[bytes, ...] = ()
    status: str = "enabled"
    cert_status: str = "valid"
    algos: tuple[str, ...] = (RSA,)
    scal: str = "2"
    multisign: int = 5
    mode: str | None = None  # instead of what `asks` comes to
    expression: str | None = None
    objects: list[dict[str, str]] | None = None


class RefusedError(Exception):
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.description, self.status = error, description, status


@dataclass(kw_only=True)
class Sad:
    key: Key
    signatures: int
    hashes: list[str] | None


class CscService:
    def __init__(
        self,
        *keys: Key,
        version: str = "v1",
        specs: str | None = None,
        auth_types: tuple[str, ...] = ("basic",),
        name: str = "minhhoa",
        password: str = "hsm-demo-2026",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.keys = {key.id: key for key in keys}
        self.version = version
        self.base = f"/csc/{version}"
        self.specs = specs or {"v1": "1.0.4.0", "v2": "2.0.0.2"}[version]
        self.auth_types = auth_types
        self.name, self.password = name, password
        self.asynchronous = False
        self.refresh = False  # gives a refresh token, asked or not
        self.page_size = 2
        self.polls = 2  # how often "not yet" is said
        self.user_says = "yes"  # on the phone: "yes", "no"
        self.methods = [
            "auth/login", "auth/revoke", "credentials/list", "credentials/info",
            "credentials/authorize", "credentials/sendOTP", "credentials/getChallenge",
            "signatures/signHash", "signatures/signPolling", "signatures/timestamp",
        ]  # fmt: skip
        self.oauth2: str | None = None
        self.oauth2_issuer: str | None = None  # instead
        self.override: dict[str, Handler] = {}
        self.requests: list[tuple[str, Any]] = []
        self.keeps_requests = True  # not while a measurement asks thousands of times
        self.tokens: set[str] = set()
        self.refreshes: set[str] = set()
        self.sads: dict[str, Sad] = {}
        self.otps_sent: list[str] = []
        self._handles: dict[str, tuple[Sad, int]] = {}
        self._answers: dict[str, tuple[list[str], int]] = {}
        self._locks = 3
        self.stamp: Callable[[bytes, str, str], bytes] = no_stamp
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._tls = tls
        self._server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self._server.make_url("")).rstrip("/")

    async def __aenter__(self) -> Self:
        await self._server.start_server(ssl=self._tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    def asked(self, method: str) -> list[Any]:
        """The bodies with which `method` was called."""
        return [body for path, body in self.requests if path == f"{self.base}/{method}"]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        form = request.content_type == "application/x-www-form-urlencoded"
        body = dict(await request.post()) if form else json.loads(raw or b"{}")
        if self.keeps_requests:
            self.requests.append((request.path, body))
        if handler := self.override.get(request.path):
            return await handler(request)
        method = request.path.removeprefix(f"{self.base}/")
        if method == request.path and method != "/oauth2/token":
            return web.Response(status=404, text="<h1>Not found</h1>", content_type="text/html")
        try:
            return await self._dispatch(method, body, request.headers.get("Authorization", ""))
        except RefusedError as refused:
            return web.json_response(
                {"error": refused.error, "error_description": refused.description},
                status=refused.status,
            )

    async def _dispatch(self, method: str, body: dict[str, Any], auth: str) -> web.Response:
        """By what each method needs: nothing, or a token."""
        unguarded: dict[str, Callable[[], dict[str, Any]]] = {
            "info": self._info,
            "auth/login": lambda: self._login(body, auth),
            "/oauth2/token": lambda: self._client(body),
        }
        if method in unguarded:
            return web.json_response(unguarded[method]())
        if auth.removeprefix("Bearer ") not in self.tokens:
            raise RefusedError("invalid_token", "The access token is expired", 401)
        guarded: dict[str, Callable[[dict[str, Any]], Awaitable[web.Response]]] = {
            "auth/revoke": self._revoke,
            "credentials/list": self._list,
            "credentials/info": self._credential,
            "credentials/sendOTP": self._send_otp,
            "credentials/getChallenge": self._challenge,
            "credentials/authorize": self._authorise,
            "credentials/authorizeCheck": self._check,
            "signatures/signHash": self._sign,
            "signatures/signPolling": self._poll,
            "signatures/timestamp": self._timestamp,
        }
        if method not in guarded:
            raise RefusedError("invalid_request", "no such method", 501)
        return await guarded[method](body)

    async def _revoke(self, body: dict[str, Any]) -> web.Response:
        self.tokens.discard(body["token"])
        self.refreshes.discard(body["token"])
        return web.Response(status=204)

    async def _credential(self, body: dict[str, Any]) -> web.Response:
        return web.json_response(self.described(self._key(body), body))

    async def _send_otp(self, body: dict[str, Any]) -> web.Response:
        self.otps_sent.append(self._key(body).id)
        return web.Response(status=204)

    async def _challenge(self, body: dict[str, Any]) -> web.Response:
        if "authObjectID" not in body:
            raise RefusedError("invalid_request", "Invalid parameter authObjectID")
        return await self._send_otp(body)

    async def _timestamp(self, body: dict[str, Any]) -> web.Response:
        token = self.stamp(base64.b64decode(body["hash"]), body["hashAlgo"], body["nonce"])
        return web.json_response({"timestamp": base64.b64encode(token).decode()})

    def _info(self) -> dict[str, Any]:
        info: dict[str, Any] = {
            "specs": self.specs, "name": "Dịch vụ thử", "logo": "https://example.vn/logo.png",
            "region": "VN", "lang": "en-US", "description": "", "methods": self.methods,
            "authType": list(self.auth_types),
        }  # fmt: skip
        if self.asynchronous:
            info["asynchronousOperationMode"] = True
        if {"oauth2client", "oauth2code"} & set(self.auth_types):
            if self.oauth2_issuer is not None:
                info["oauth2Issuer"] = self.oauth2_issuer
            else:
                info["oauth2"] = self.oauth2 if self.oauth2 is not None else self.url + "/"
        return info

    def _token(self) -> dict[str, Any]:
        token = secrets.token_urlsafe()
        self.tokens.add(token)
        given: dict[str, Any] = {"access_token": token, "expires_in": 3600}
        if self.refresh:
            given["refresh_token"] = secrets.token_urlsafe()
            self.refreshes.add(given["refresh_token"])
        return given

    def _login(self, body: dict[str, Any], auth: str) -> dict[str, Any]:
        if refresh := body.get("refresh_token"):
            if refresh not in self.refreshes:
                raise RefusedError("invalid_request", "Invalid refresh_token")
            self.refreshes.discard(refresh)
            return self._token()
        expected = base64.b64encode(f"{self.name}:{self.password}".encode()).decode()
        if auth != f"Basic {expected}":
            raise RefusedError(
                "authentication_error", "An error occurred during authentication process"
            )
        return self._token()

    def _client(self, form: dict[str, Any]) -> dict[str, Any]:
        if form.get("grant_type") != "client_credentials":
            raise RefusedError("invalid_request", "Invalid parameter grant_type")
        if (form.get("client_id"), form.get("client_secret")) != (self.name, self.password):
            raise RefusedError("invalid_request", "Invalid parameter client_secret")
        return self._token() | {"token_type": "Bearer"}

    async def _list(self, body: dict[str, Any]) -> web.Response:
        if "userID" in body and "oauth2client" not in self.auth_types:
            raise RefusedError("invalid_request", "userID parameter MUST be null")
        ids = list(self.keys)
        if self.version == "v2":
            listed: dict[str, Any] = {"credentialIDs": ids}
            if body.get("credentialInfo"):
                listed["credentialInfos"] = [
                    {"credentialID": key.id, **self.described(key, body)}
                    for key in self.keys.values()
                ]
            return web.json_response(listed)
        start = int(body.get("pageToken", 0))
        end = start + min(self.page_size, body.get("maxResults", 100))
        page: dict[str, Any] = {"credentialIDs": ids[start:end]}
        if end < len(ids):
            page["nextPageToken"] = str(end)
        return web.json_response(page)

    def _key(self, body: dict[str, Any]) -> Key:
        key = self.keys.get(body["credentialID"])
        if key is None:
            raise RefusedError("invalid_request", "Invalid parameter credentialID")
        return key

    def described(self, key: Key, body: dict[str, Any]) -> dict[str, Any]:
        chain = [key.holder.der, *key.chain]
        certificates = {"none": [], "single": chain[:1], "chain": chain}[body["certificates"]]
        said: dict[str, Any] = {
            "key": {"status": key.status, "algo": list(key.algos), "len": 2048},
            "cert": {
                "status": key.cert_status,
                "certificates": [base64.b64encode(c).decode() for c in certificates],
            },
            "SCAL": key.scal,
            "multisign": key.multisign,
        }
        if self.version == "v2":
            return said | {"auth": self._auth_v2(key)}
        said["authMode"] = key.mode or ("implicit" if key.asks.phone else "explicit")
        if said["authMode"] == "explicit" and body.get("authInfo"):
            said["PIN"] = {"presence": "true" if key.asks.pin else "false", "format": "N"}
            said["OTP"] = {"presence": "true" if key.asks.otp else "false"}
            if key.asks.otp:
                kind = "online" if key.asks.online else "offline"
                said["OTP"] |= {"type": kind, "label": "Mã OTP qua SMS"}
        return said

    def _auth_v2(self, key: Key) -> dict[str, Any]:
        if key.mode:
            return {"mode": key.mode}
        objects = []
        if key.asks.pin:
            objects.append({"type": "Password", "id": "PIN", "label": "PIN"})
        if key.asks.otp and key.asks.online:
            objects.append({"type": "ChallengeResponse", "id": "OTP", "label": "Mã OTP qua SMS"})
        elif key.asks.otp:
            objects.append({"type": "Password", "id": "OTP", "generator": "totp"})
        if key.asks.phone:
            objects.append({"type": "ChallengeResponseOOB", "id": "mobile"})
        auth = {"mode": "explicit", "objects": objects if key.objects is None else key.objects}
        if key.expression is not None:
            auth["expression"] = key.expression
        return auth

    async def _authorise(self, body: dict[str, Any]) -> web.Response:
        key = self._key(body)
        if key.status != "enabled":
            raise RefusedError(
                "invalid_request", "The credential identified by credentialID is disabled"
            )
        if body["numSignatures"] > key.multisign:
            raise RefusedError("invalid_request", "Numbers of signatures is too high")
        bound = body.get("hashes" if self.version == "v2" else "hash")
        if key.scal == "2" and bound is None:
            raise RefusedError("invalid_request", "Missing (or invalid type) array parameter hash")
        if self.version == "v2" and bound is not None and "hashAlgorithmOID" not in body:
            raise RefusedError("invalid_request", "Missing parameter hashAlgorithmOID")
        sad = Sad(key=key, signatures=body["numSignatures"], hashes=bound)
        if self.version == "v2":
            return self._factors_v2(key, body["authData"], sad)
        self._typed(key, "PIN", key.asks.pin, body.get("PIN"))
        self._typed(key, "OTP", key.asks.otp, body.get("OTP"))
        if key.asks.phone:
            await asyncio.sleep(0)
            if self.user_says != "yes":
                raise RefusedError("access_denied", "The user has denied the request")
        return web.json_response(self._granted(sad))

    def _typed(self, key: Key, name: str, expected: str | None, typed: str | None) -> None:
        if expected is None:
            return
        if not isinstance(typed, str):
            raise RefusedError("invalid_request", f"Invalid parameter {name}")
        if self._locks <= 0:
            raise RefusedError("invalid_request", f"{name} locked")
        if typed != expected:
            self._locks -= 1
            raise RefusedError(f"invalid_{name.lower()}", f"The {name} is invalid")

    def _factors_v2(self, key: Key, given: list[dict[str, str]], sad: Sad) -> web.Response:
        values = {item["id"]: item.get("value") for item in given}
        for name, expected in (("PIN", key.asks.pin), ("OTP", key.asks.otp)):
            if expected is not None and values.pop(name, None) != expected:
                raise RefusedError(
                    "invalid_authentication_data", "The authentication data is invalid"
                )
        if not key.asks.phone:
            return web.json_response(self._granted(sad))
        if values != {"mobile": None}:
            raise RefusedError("invalid_authentication_data", "The authentication data is invalid")
        handle = secrets.token_hex(8)
        self._handles[handle] = (sad, self.polls)
        return web.json_response({"handle": handle}, status=202)

    async def _check(self, body: dict[str, Any]) -> web.Response:
        handle = body["handle"]
        if handle not in self._handles:
            raise RefusedError("invalid_request", "Invalid parameter handle")
        sad, left = self._handles.pop(handle)
        if left:
            again = secrets.token_hex(8)
            self._handles[again] = (sad, left - 1)
            return web.json_response({"handle": again}, status=202)
        if self.user_says != "yes":
            raise RefusedError("invalid_authentication_data", "The authentication data is invalid")
        return web.json_response(self._granted(sad))

    def _granted(self, sad: Sad) -> dict[str, Any]:
        name = secrets.token_urlsafe()
        self.sads[name] = sad
        return {"SAD": name, "expiresIn": 300}

    async def _sign(self, body: dict[str, Any]) -> web.Response:
        key = self._key(body)
        sad = self.sads.pop(body.get("SAD", ""), None)
        if sad is None or sad.key is not key:
            raise RefusedError("invalid_request", "Invalid parameter SAD")
        digests = body["hashes" if self.version == "v2" else "hash"]
        if sad.hashes is not None and set(digests) - set(sad.hashes):
            raise RefusedError("invalid_request", "Hash is not authorized by the SAD")
        if len(digests) > sad.signatures:
            raise RefusedError("invalid_request", "Numbers of signatures is too high")
        if body["signAlgo"] not in key.algos:
            raise RefusedError("invalid_request", "Invalid parameter signAlgo")
        named = body.get("hashAlgorithmOID" if self.version == "v2" else "hashAlgo")
        made = [
            base64.b64encode(
                raw_signature(
                    key.holder,
                    base64.b64decode(d),
                    body["signAlgo"],
                    named,
                    body.get("signAlgoParams"),
                )
            ).decode()
            for d in digests
        ]
        if body.get("operationMode") == "A":
            response_id = secrets.token_hex(8)
            self._answers[response_id] = (made, self.polls)
            return web.json_response({"responseID": response_id})
        return web.json_response({"signatures": made})

    async def _poll(self, body: dict[str, Any]) -> web.Response:
        response_id = body["requestID"]
        if response_id not in self._answers:
            raise RefusedError("invalid_request", "Invalid parameter requestID")
        made, left = self._answers[response_id]
        if left:
            self._answers[response_id] = (made, left - 1)
            return web.json_response(
                {"error": "accepted_request", "error_description": "not yet completed"}, status=202
            )
        return web.json_response({"signatures": made})


def no_stamp(_digest: bytes, _hash_algo: str, _nonce: str) -> bytes:
    raise RefusedError("server_error", "no time", 500)


def raw_signature(
    holder: Holder, digest: bytes, sign_algo: str, hash_algo: str | None, params: str | None
) -> bytes:
    hashed = FIXED.get(sign_algo) or HASHES.get(hash_algo or "")
    if hashed is None or hashed.digest_size != len(digest):
        raise RefusedError("invalid_request", "Invalid digest value length")
    prehashed = utils.Prehashed(hashed)
    if isinstance(holder.key, ec.EllipticCurvePrivateKey):
        return holder.key.sign(digest, ec.ECDSA(prehashed))
    assert isinstance(holder.key, rsa.RSAPrivateKey)
    if sign_algo == PSS:
        if not params:
            raise RefusedError(
                "invalid_request", "Missing (or invalid type) string parameter signAlgoParams"
            )
        return holder.key.sign(digest, padding.PSS(padding.MGF1(hashed), 32), prehashed)
    return holder.key.sign(digest, padding.PKCS1v15(), prehashed)


def verify(
    certificate: x509.Certificate, signature: bytes, message: bytes, *, pss: bool = False
) -> None:
    """Raises InvalidSignature."""
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    else:
        assert isinstance(key, rsa.RSAPublicKey)
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if pss else padding.PKCS1v15()
        key.verify(signature, message, scheme, hashes.SHA256())
