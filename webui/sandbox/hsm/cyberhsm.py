"""A service with CyberHSM's API (facts known from programs that use it, not from a standard).

    Authorization: HmacSHA256 <apiKey>:<nonce>:<base64 HMAC-SHA256>:<seconds>
    Date: <the same moment, RFC 9110 §5.6.7>

The HMAC is by the account's secret over METHOD, scheme, host:port, resource, content type (not for
GET), apiKey, nonce, Date and body, each ended by a line feed. A nonce is good once, a moment for
five minutes. Answers are {"status", "obj", "error", "description"}; 0 is good.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web
from asn1crypto import algos, cms, core, x509
from msgspec import Meta

from webui.sandbox.hsm.keys import KeysFailed
from webui.sandbox.hsm.register import Account, Credential, Service, Standing
from webui.sandbox.hsm.world import HsmWorld

_WINDOW_SECONDS: Final = 300
_MOST_NONCES: Final = 10_000
_GOOD: Final = 0
_NOT_FOUND, _UNKNOWN, _CERTIFICATE_EXPIRED = 101, 102, 1002
_BAD_DATA, _AUTH_FAILED, _NO_PERMISSION, _EXPIRED = 2004, 2010, 2011, 2012
_STANDING: Final = {Standing.EXPIRED: _EXPIRED, Standing.BLOCKED: _NO_PERMISSION}
_WORDS: Final = {
    _NOT_FOUND: "không tìm thấy",
    _UNKNOWN: "lỗi không xác định",
    _CERTIFICATE_EXPIRED: "chứng thư số hết hạn",
    _BAD_DATA: "dữ liệu không hợp lệ",
    _AUTH_FAILED: "xác thực không thành công",
    _NO_PERMISSION: "không có quyền",
    _EXPIRED: "dịch vụ hết hạn",
}
_RAW: Final = "SHA256withRSA"
_HASH: Final = "SHA-256"


class _ToSign(msgspec.Struct, frozen=True):
    payload: Annotated[str, Meta(max_length=20_000_000)]
    alg: str


class _Hash(msgspec.Struct, frozen=True):
    base64hash: Annotated[str, Meta(max_length=200)]
    hashalg: str


class _Refused(Exception):  # noqa: N818 - it reads as what happened
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class CyberHsm:
    def __init__(self, world: HsmWorld) -> None:
        self._world = world
        self._nonces: dict[str, None] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/account/endcert", self._guarded(self._certificate)),
            web.get("/api/account/info", self._guarded(self._info)),
            web.get("/api/account/service", self._guarded(self._info)),
            web.post("/api/bin/sign/base64", self._guarded(self._sign)),
            web.post("/api/pdf/sign/hashdata", self._guarded(self._sign_cms)),
            web.post("/api/v2/pdf/sign/hashdata", self._guarded(self._sign_cms)),
        ]

    def _guarded(
        self, handler: Callable[[Account, bytes], Awaitable[Any]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            body = await request.read()
            try:
                account = self._authorised(request, body)
                made = await handler(account, body)
                return made if isinstance(made, web.Response) else _answer(_GOOD, made)
            except _Refused as refused:
                return _answer(refused.status, None)
            except (msgspec.MsgspecError, binascii.Error, ValueError):
                return _answer(_BAD_DATA, None)
            except KeysFailed:
                return _answer(_UNKNOWN, None)

        return answer

    def _authorised(self, request: web.Request, body: bytes) -> Account:
        """Raises _Refused."""
        scheme, _, parameters = request.headers.get("Authorization", "").partition(" ")
        parts = parameters.split(":")
        if scheme != "HmacSHA256" or len(parts) != 4:  # noqa: PLR2004 - key:nonce:hmac:seconds
            raise _Refused(_AUTH_FAILED)
        key, nonce, mac, seconds = parts
        account = self._world.register.find(Service.CYBERHSM, key)
        date = request.headers.get("Date", "")
        if account is None or not nonce or not self._is_now(date, seconds):
            raise _Refused(_AUTH_FAILED)
        lines = [request.method, "https", _host_and_port(request.host), request.path_qs]
        if request.method != "GET":
            lines.append(request.headers.get("Content-Type", ""))
        lines += [key, nonce, date]
        signed = b"".join(line.encode() + b"\n" for line in lines) + body + b"\n"
        secret = base64.b64decode(account.password)
        expected = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
        if not hmac.compare_digest(expected.encode(), mac.encode()) or nonce in self._nonces:
            raise _Refused(_AUTH_FAILED)
        self._nonces[nonce] = None
        while len(self._nonces) > _MOST_NONCES:
            self._nonces.pop(next(iter(self._nonces)))
        if account.standing in _STANDING:
            raise _Refused(_STANDING[account.standing])
        return account

    def _is_now(self, date: str, seconds: str) -> bool:
        try:
            stated = parsedate_to_datetime(date)
            if int(stated.timestamp()) != int(seconds):
                return False
        except (ValueError, TypeError):
            return False
        now = datetime.now(UTC).timestamp() + self._world.faults[Service.CYBERHSM].clock
        return abs(now - int(seconds)) <= _WINDOW_SECONDS

    async def _certificate(self, account: Account, _body: bytes) -> web.Response:
        """The one answer that is no object: base64 alone."""
        return web.Response(text=base64.b64encode(_only(account).certificate).decode())

    async def _info(self, account: Account, _body: bytes) -> dict[str, str]:
        return {"apiKey": account.name, "name": "Tài khoản thử nghiệm"}

    async def _sign(self, account: Account, body: bytes) -> str:
        asked = msgspec.json.decode(body, type=_ToSign)
        if asked.alg != _RAW:
            raise _Refused(_BAD_DATA)  # SHA-1 too: TT 15/2025 has ended it
        digest = hashlib.sha256(base64.b64decode(asked.payload, validate=True)).digest()
        signature = await self._world.sign(Service.CYBERHSM, _good(account), digest)
        return base64.b64encode(signature).decode()

    async def _sign_cms(self, account: Account, body: bytes) -> str:
        asked = msgspec.json.decode(body, type=_Hash)
        digest = base64.b64decode(asked.base64hash, validate=True)
        if asked.hashalg != _HASH or len(digest) != hashlib.sha256().digest_size:
            raise _Refused(_BAD_DATA)
        credential = _good(account)
        attributes = _attributes(digest)
        signature = await self._world.sign(
            Service.CYBERHSM, credential, hashlib.sha256(attributes.dump()).digest()
        )
        return base64.b64encode(_signed_data(credential, attributes, signature)).decode()


def _only(account: Account) -> Credential:
    """One account has one key here."""
    if not account.credentials:
        raise _Refused(_NOT_FOUND)
    return account.credentials[0]


def _good(account: Account) -> Credential:
    """What signs: its certificate has not expired. Raises _Refused."""
    credential = _only(account)
    if x509.Certificate.load(credential.certificate).not_valid_after < datetime.now(UTC):
        raise _Refused(_CERTIFICATE_EXPIRED)
    return credential


def _host_and_port(host: str) -> str:
    return host if ":" in host.rpartition("]")[2] else f"{host}:443"


def _answer(status: int, obj: Any) -> web.Response:
    body = {"status": status, "obj": obj, "error": _WORDS.get(status), "description": None}
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")


def _attributes(digest: bytes) -> cms.CMSAttributes:
    return cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": [cms.ContentType("data")]}),
            cms.CMSAttribute({"type": "message_digest", "values": [core.OctetString(digest)]}),
        ]
    )


def _signed_data(credential: Credential, attributes: cms.CMSAttributes, value: bytes) -> bytes:
    """A detached CMS (RFC 5652 §5)."""
    certificate = x509.Certificate.load(credential.certificate)
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    issuer = cms.IssuerAndSerialNumber(
        {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    )
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": issuer}),
            "digest_algorithm": sha256,
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
            "signature": value,
        }
    )
    content = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [sha256],
            "encap_content_info": {"content_type": "data"},
            "certificates": [certificate],
            "signer_infos": [signer],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": content}).dump())
