"""A SmartCA of our own, or the state's gateway: one user, whose phone a test answers."""

import asyncio
import base64
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from agent.hsm.provider import Login
from agent.hsm.smartca.shapes import NEAC, SMARTCA, Shape
from agent.secret import Secret
from tests.support.pki import Holder
from tests.support.signing_services.served import CA, ROOT, Served, unit

USER, SP_ID, SP_PASSWORD = "001090012345", "4184.apps.example.vn", "sp-password-1"


@dataclass(kw_only=True)
class Transaction:
    files: list[dict[str, Any]]
    description: str
    answer: str = ""  # "", "yes", or the message with which it ends
    decided: asyncio.Event = field(default_factory=asyncio.Event)


class SmartCaService(Served):
    def __init__(self, shape: Shape = SMARTCA) -> None:
        super().__init__()
        self.shape = shape
        self.holder: Holder = unit()
        self.cert_status = "đang hoạt động"
        self.transactions: dict[str, Transaction] = {}
        self.instead: dict[str, web.Response] = {}
        self.at_sign: tuple[int, str] | None = None
        self.polls = 0
        self.app.router.add_post("/{path:.*}", self._answer)

    def login(self, **fields: str) -> Login:
        authority = {"ca_name": "VNPT-CA"} if self.shape is NEAC else {}
        return Login(
            name=USER,
            password=Secret(SP_PASSWORD),
            fields={"sp_id": SP_ID, **authority, **fields},
        )

    def decide(self, answer: str) -> None:
        for transaction in self.transactions.values():
            transaction.answer = answer
            transaction.decided.set()

    async def _answer(self, request: web.Request) -> web.Response:
        own = self.shape.sign.split("/")[1]
        if not request.path.startswith(f"/{own}/"):
            raise web.HTTPNotFound
        asked = json.loads(await request.read())
        if request.path in self.instead:
            return self.instead[request.path]
        if (asked.get("sp_id"), asked.get("sp_password")) != (SP_ID, SP_PASSWORD) or (
            asked.get("user_id") != USER
        ):
            return _reply(401, "SP_CREDENTIAL_INVALID", None)
        if self.shape is NEAC and asked.get("ca_name") != "VNPT-CA":
            return _reply(400, "STRANGER", None)
        if request.path == self.shape.certificates:
            return _reply(200, "Success", {"user_certificates": [self._certificate()]})
        if request.path == self.shape.sign:
            return await self._sign(asked)
        before, after = self.shape.status.split("{}")
        self.polls += 1
        return self._status(request.path.removeprefix(before).removesuffix(after))

    async def _sign(self, asked: dict[str, Any]) -> web.Response:
        if self.at_sign is not None:
            return _reply(*self.at_sign, None)
        for file in asked["sign_files"]:
            if file["sign_type"] != "hash" or len(bytes.fromhex(file["data_to_be_signed"])) != 32:
                return _reply(400, "BAD_REQUEST", None)
        if asked["serial_number"] != f"{self.holder.certificate.serial_number:x}":
            return _reply(403, "CREDENTIAL_STATUS_INVALID", None)
        name = asked["transaction_id"]
        transaction = Transaction(files=asked["sign_files"], description=asked["transaction_desc"])
        self.transactions[name] = transaction
        if self.shape.answers_late:
            await transaction.decided.wait()
            return self._status(name)
        waiting = {"transaction_id": name, "tran_code": "acd9be84"}
        return _reply(200, "sig_wait_for_user_confirm", waiting)

    def _status(self, name: str) -> web.Response:
        transaction = self.transactions.get(name)
        if transaction is None:
            return _reply(400, "STRANGER", None)
        if not transaction.answer:
            return _reply(200, "sig_wait_for_user_confirm", {"transaction_id": name})
        if transaction.answer != "yes":
            return _reply(200, transaction.answer, None)
        signed = [
            {
                "doc_id": file["doc_id"],
                "signature_value": base64.encodebytes(
                    self.holder.sign(bytes.fromhex(file["data_to_be_signed"]))
                ).decode(),
                "timestamp_signature": None,
            }
            for file in reversed(transaction.files)
        ]
        kind = "signed_files" if self.shape is NEAC else "signatures"
        return _reply(200, "SUCCESS", {"transaction_id": name, kind: signed})

    def _certificate(self) -> dict[str, Any]:
        return {
            "service_type": "ESEAL",
            "cert_id": "fcfffddf-2bed-4dda-8276-d00b4c3df6c9",
            "cert_status": self.cert_status,
            "serial_number": f"{self.holder.certificate.serial_number:x}",
            "cert_subject": "STRANGER",
            "cert_data": base64.b64encode(self.holder.der).decode(),
            "chain_data": {
                "ca_cert": base64.b64encode(CA.der).decode(),
                "root_cert": base64.b64encode(ROOT.der).decode(),
            },
        }


def _reply(status: int, message: str, data: Any) -> web.Response:
    return web.json_response({"status_code": status, "message": message, "data": data})
