"""A CyberHSM of our own: one account, one key; signatures, time and nonces of requests checked."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from aiohttp import web
from asn1crypto import cms

from agent.hsm.provider import Login
from agent.secret import Secret
from tests.support.pki import Holder
from tests.support.signing_services.served import Served, unit

KEY = "0123456789abcdef0123456789abcdef"
SECRET = base64.b64encode(b"a secret of the tests, of 32 B..").decode()
WINDOW = timedelta(minutes=5)


class CyberHsmService(Served):
    def __init__(self) -> None:
        super().__init__()
        self.holder: Holder = unit()
        self.secret = SECRET
        #: Answered instead of the real thing, by path.
        self.instead: dict[str, web.Response] = {}
        self.status: dict[str, int] = {}  # a status code other than 0, by path
        self.otp: str | None = None  # required where it is set
        self.otps_sent = 0
        self.clock = timedelta()  # how far this service's clock is off
        self.nonces: set[str] = set()
        self.seen: list[dict[str, Any]] = []
        self.app.router.add_route("*", "/{path:.*}", self._answer)

    def login(self, **fields: str) -> Login:
        return Login(name=KEY, password=Secret(SECRET), fields=fields)

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.seen.append(
            {"path": request.path, "body": body, "headers": dict(request.headers.items())}
        )
        reply = self._reply(request, body)
        now = datetime.now(UTC) + self.clock
        reply.headers["Date"] = format_datetime(now.replace(microsecond=0), usegmt=True)
        return reply

    def _reply(self, request: web.Request, body: bytes) -> web.Response:
        path = request.path
        if not self._authentic(request, body):
            reply = _status(2010, http=401)
        elif path in self.instead:
            reply = self.instead[path]
        elif path in self.status:
            reply = _status(self.status[path])
        elif path == "/api/account/info":
            reply = _status(0, {"name": "CÔNG TY CỔ PHẦN MẪU"})
        elif path == "/api/account/endcert":
            reply = web.Response(text=base64.b64encode(self.holder.der).decode())
        elif path == "/api/otp/requestsign":
            self.otps_sent += 1
            reply = _status(0)
        elif self.otp is not None and request.headers.get("otp") != self.otp:
            reply = _status(7000)
        else:
            reply = self._signed(path, json.loads(body))
        return reply

    def _signed(self, path: str, asked: dict[str, str]) -> web.Response:
        if path == "/api/bin/sign/base64" and asked["alg"] == "SHA256withRSA":
            digest = hashlib.sha256(base64.b64decode(asked["payload"])).digest()
            return _status(0, base64.b64encode(self.holder.sign(digest)).decode())
        if path == "/api/v2/pdf/sign/hashdata" and asked["hashalg"] == "SHA-256":
            return _status(0, base64.b64encode(self.cms(asked["base64hash"])).decode())
        return _status(2004)

    def cms(self, base64hash: str) -> bytes:
        digest = base64.b64decode(base64hash)
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    {
                        "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                            {"issuer": cms.Name.build({"common_name": "x"}), "serial_number": 1}
                        )
                    }
                ),
                "digest_algorithm": {"algorithm": "sha256"},
                "signature_algorithm": {"algorithm": "rsassa_pkcs1v15"},
                "signature": self.holder.sign(digest),
            }
        )
        signed = cms.SignedData(
            {
                "version": "v1",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": {"content_type": "data"},
                "signer_infos": [signer],
            }
        )
        return cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()

    def _authentic(self, request: web.Request, body: bytes) -> bool:
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        parts = rest.split(":")
        if scheme != "HmacSHA256" or len(parts) != 4:
            return False
        key, nonce, mac, seconds = parts
        date = request.headers.get("Date", "")
        content_type = request.headers.get("Content-Type")
        text = "\n".join(
            [
                request.method,
                request.scheme,
                request.headers["Host"],
                request.path,
                *([] if content_type is None else [content_type]),
                key,
                nonce,
                date,
                body.decode(),
                "",
            ]
        )
        expected = hmac.digest(base64.b64decode(self.secret), text.encode(), hashlib.sha256)
        at = parsedate_to_datetime(date)
        fresh = abs(datetime.now(UTC) + self.clock - at) <= WINDOW
        new = nonce not in self.nonces
        self.nonces.add(nonce)
        return (
            key == KEY
            and new
            and fresh
            and int(seconds) == int(at.timestamp())
            and hmac.compare_digest(base64.b64decode(mac), expected)
        )


def _status(status: int, obj: Any = None, *, http: int = 200) -> web.Response:
    words = {"error": "STRANGER", "description": "STRANGER " * 20}
    return web.json_response({"status": status, "obj": obj, **words}, status=http)
