"""A service with VNPT SmartCA's API, and NEAC's gateway that speaks nearly the same.

    POST …/v1/credentials/get_certificate           {sp_id, sp_password, user_id, …}
    POST …/v1/signatures/sign                       … sign_files: [{doc_id, data_to_be_signed: hex}]
    POST …/v1/signatures/sign/<transaction>/status
    POST /sign_v2/get_certificate, /sign_v2/sign    the gateway's: answered after the decision

The user confirms on the phone, by the names of the documents. Of the paths and fields only those
known from VNPT's description are certain; how a refusal is worded is ours.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web
from cryptography import x509
from msgspec import Meta

from webui.sandbox.hsm.keys import KeysFailed
from webui.sandbox.hsm.phone import Request, State
from webui.sandbox.hsm.register import Account, Credential, Service, Standing
from webui.sandbox.hsm.world import HsmWorld

SP_ID: Final = "openkyso-demo"
CA_NAME: Final = "TN-CA"
_BASE: Final = "/sca/sp769/v1"
_DIGEST_BYTES: Final = 32
_MOST_FILES: Final = 100

Text = Annotated[str, Meta(max_length=500)]


class _Caller(msgspec.Struct, frozen=True, kw_only=True):
    sp_id: Text
    sp_password: Text
    user_id: Text
    ca_name: Text = ""


class _File(msgspec.Struct, frozen=True, kw_only=True):
    doc_id: Text
    data_to_be_signed: Text
    file_type: Text
    sign_type: Text


class _Sign(_Caller, frozen=True, kw_only=True):
    sign_files: Annotated[tuple[_File, ...], Meta(min_length=1, max_length=_MOST_FILES)]
    serial_number: Text = ""
    transaction_id: Text = ""
    transaction_desc: Text = ""


@dataclass(frozen=True, kw_only=True)
class _Transaction:
    request: Request
    credential: Credential
    digests: dict[str, bytes]  # by doc_id


class _Refused(Exception):  # noqa: N818 - it reads as what happened
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class SmartCa:
    def __init__(self, world: HsmWorld) -> None:
        self._world = world
        self._transactions: dict[str, _Transaction] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(f"{_BASE}/credentials/get_certificate", _answering(self._certificates)),
            web.post(f"{_BASE}/signatures/sign", _answering(self._sign)),
            web.post(f"{_BASE}/signatures/sign/{{number}}/status", self._status),
            web.post("/sign_v2/get_certificate", _answering(self._certificates)),
            web.post("/sign_v2/sign", _answering(self._sign_and_wait)),
        ]

    async def _certificates(self, body: bytes) -> dict[str, Any]:
        account = self._signed_in(msgspec.json.decode(body, type=_Caller))
        return {"user_certificates": [self._described(one) for one in account.credentials]}

    def _described(self, credential: Credential) -> dict[str, Any]:
        certificate = x509.load_der_x509_certificate(credential.certificate)
        return {
            "service_type": "SMARTCA",
            "service_name": "SmartCA thử nghiệm",
            "cert_id": credential.id,
            "cert_status": "Đang hoạt động" if credential.enabled else "Tạm dừng",
            "serial_number": f"{certificate.serial_number:x}",
            "cert_subject": certificate.subject.rfc4514_string(),
            "cert_valid_from": certificate.not_valid_before_utc.isoformat(),
            "cert_valid_to": certificate.not_valid_after_utc.isoformat(),
            "cert_data": _base64(credential.certificate),
            "chain_data": {
                "ca_cert": _base64(self._world.authority.issuing),
                "root_cert": _base64(self._world.authority.root),
            },
        }

    async def _sign(self, body: bytes) -> dict[str, Any]:
        number = self._begin(msgspec.json.decode(body, type=_Sign))
        return {"transaction_id": number, "tran_code": number[:6]}

    async def _sign_and_wait(self, body: bytes) -> dict[str, Any]:
        number = self._begin(msgspec.json.decode(body, type=_Sign))
        transaction = self._transactions[number]
        await self._world.phone.decided(transaction.request)
        return {"transaction_id": number, "signed_files": await self._signatures(number)}

    async def _status(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]

        async def outcome(_body: bytes) -> dict[str, Any]:
            return {"transaction_id": number, "signatures": await self._signatures(number)}

        return await _answering(outcome)(request)

    def _begin(self, asked: _Sign) -> str:
        account = self._signed_in(asked)
        if account.standing is Standing.EMPTY_PURSE:
            raise _Refused(400, "QUOTA_EXCEEDED")
        credential = _chosen(account, asked.serial_number)
        digests = {}
        for one in asked.sign_files:
            digests[one.doc_id] = bytes.fromhex(one.data_to_be_signed)
            if one.sign_type != "hash" or len(digests[one.doc_id]) != _DIGEST_BYTES:
                raise _Refused(400, "BAD_REQUEST")
        if len(digests) != len(asked.sign_files):
            raise _Refused(400, "BAD_REQUEST")
        number = secrets.token_hex(12)
        names = tuple(one.doc_id for one in asked.sign_files)
        self._transactions[number] = _Transaction(
            request=self._world.phone.ask(Service.SMARTCA, account.name, names),
            credential=credential,
            digests=digests,
        )
        return number

    async def _signatures(self, number: str) -> list[dict[str, str]]:
        """Raises _Refused while there are none."""
        transaction = self._transactions.get(number)
        if transaction is None:
            raise _Refused(404, "TRANSACTION_NOT_FOUND")
        match self._world.phone.state(transaction.request):
            case State.WAITING:
                raise _Refused(4000, "sig_wait_for_user_confirm")
            case State.REJECTED:
                raise _Refused(4002, "USER_REJECTED")
            case State.TIMED_OUT:
                raise _Refused(4001, "EXPIRED")
            case State.CONFIRMED:
                return [
                    {
                        "doc_id": name,
                        "signature_value": _base64(
                            await self._world.sign(Service.SMARTCA, transaction.credential, digest)
                        ),
                    }
                    for name, digest in transaction.digests.items()
                ]

    def _signed_in(self, caller: _Caller) -> Account:
        account = self._world.register.signed_in(
            Service.SMARTCA, caller.user_id, caller.sp_password
        )
        if account is None or caller.sp_id != SP_ID:
            raise _Refused(401, "SP_CREDENTIAL_INVALID")
        if account.standing in {Standing.BLOCKED, Standing.EXPIRED}:
            raise _Refused(403, "CREDENTIAL_STATUS_INVALID")
        return account


def _chosen(account: Account, serial: str) -> Credential:
    for one in account.credentials:
        number = x509.load_der_x509_certificate(one.certificate).serial_number
        if one.enabled and serial.lower().lstrip("0") in {"", f"{number:x}"}:
            return one
    raise _Refused(403, "CREDENTIAL_STATUS_INVALID")


_Making = Callable[[bytes], Awaitable[dict[str, Any]]]


def _answering(making: _Making) -> Callable[[web.Request], Awaitable[web.Response]]:
    """{"status_code", "message", "data"}, with the HTTP status where it is one."""

    async def answer(request: web.Request) -> web.Response:
        try:
            data: dict[str, Any] | None = await making(await request.read())
            status, message = 200, "SUCCESS"
        except _Refused as refused:
            data, status, message = None, refused.status, refused.message
        except (msgspec.MsgspecError, ValueError):
            data, status, message = None, 400, "BAD_REQUEST"
        except KeysFailed:
            data, status, message = None, 500, "INTERNAL_SERVER_ERROR"
        body = msgspec.json.encode({"status_code": status, "message": message, "data": data})
        http = status if status < 1000 else 200  # noqa: PLR2004 - the others are the service's own
        return web.Response(body=body, status=http, content_type="application/json")

    return answer


def _base64(octets: bytes) -> str:
    return msgspec.to_builtins(octets)  # type: ignore[no-any-return]
