"""The same switches for programs: JSON in, JSON out (developers' and tests' door).

    GET  /sandbox/gateway           the faults now
    POST /sandbox/gateway           some of them, changed: {"latency", "down", "drop_answers",
                                    "refuse", "decide_after", "receipt"}
    GET  /sandbox/dossiers          {"counts", "dossiers"}: what BHXH holds, for counting
    GET  /sandbox/registered        {"registered"}: the certificate of each unit at BHXH
    POST /sandbox/registered        {"mst", "certificate"}: a unit that BHXH knows already
    POST /sandbox/ca/certificates   {"name", "uids", "public_key", …} -> {"certificate", "serial"}
    POST /sandbox/ca/revocations    {"certificate", "reason"?} -> 204
    GET  /sandbox/ca/trust.pem      root and issuing CA

The signing services' are in `services`, the phone's in `phone`.

Bytes are base64.
"""

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

import msgspec
from aiohttp import web
from asn1crypto import pem, x509

from webui.bhxh.mst import canonical_mst, printed_mst
from webui.sandbox.ca import Order
from webui.sandbox.ca.authority import UnknownCertificateError
from webui.sandbox.gateway.faults import merged, read
from webui.sandbox.gateway.ledger import Dossier, form_of

if TYPE_CHECKING:
    from webui.sandbox.service import Sandbox

T = TypeVar("T")


class Commission(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`public_key` is a SubjectPublicKeyInfo in DER; the rest as in ca.subject.Order."""

    name: str
    public_key: bytes
    uids: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    province: str = "Hà Nội"
    locality: str = "Quận Cầu Giấy"


class Revocation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    certificate: bytes
    reason: str = "key_compromise"


class Registration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    mst: str
    certificate: bytes


def routes(sandbox: "Sandbox") -> list[web.RouteDef]:
    return [*_of_the_gateway(sandbox), *_of_the_ca(sandbox)]


def _of_the_gateway(sandbox: "Sandbox") -> list[web.RouteDef]:
    async def get_faults(_request: web.Request) -> web.Response:
        return _json(sandbox.faults)

    async def set_faults(request: web.Request) -> web.Response:
        try:
            faults = merged(sandbox.faults, read(await request.read()))
        except ValueError as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from error
        await sandbox.set_faults(faults)
        return _json(sandbox.faults)

    async def dossiers(_request: web.Request) -> web.Response:
        held = await sandbox.ledger.newest(100_000)
        counts = await sandbox.ledger.counts()
        return _json({"counts": counts, "dossiers": [_dossier(one) for one in held]})

    async def registered(_request: web.Request) -> web.Response:
        found = [
            {
                "mst": printed_mst(one.mst),
                "serial": f"{x509.Certificate.load(one.certificate).serial_number:X}",
                "certificate": one.certificate,
                "since": one.since,
            }
            for one in await sandbox.ledger.registered()
        ]
        return _json({"registered": found})

    async def register(request: web.Request) -> web.Response:
        asked = await _read(request, Registration)
        mst = canonical_mst(asked.mst)
        if mst is None:
            raise web.HTTPBadRequest(text="mst\n")
        await sandbox.ledger.register(mst, asked.certificate)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    return [
        web.get("/sandbox/gateway", get_faults),
        web.post("/sandbox/gateway", set_faults),
        web.get("/sandbox/dossiers", dossiers),
        web.get("/sandbox/registered", registered),
        web.post("/sandbox/registered", register),
    ]


def _of_the_ca(sandbox: "Sandbox") -> list[web.RouteDef]:
    async def issue(request: web.Request) -> web.Response:
        asked = await _read(request, Commission)
        order = Order(**msgspec.structs.asdict(asked))
        try:
            certificate = sandbox.authority.issue(order)
        except (ValueError, TypeError) as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from error
        serial = x509.Certificate.load(certificate).serial_number
        return _json({"certificate": certificate, "serial": f"{serial:X}"})

    async def revoke(request: web.Request) -> web.Response:
        asked = await _read(request, Revocation)
        try:
            sandbox.authority.revoke(asked.certificate, reason=asked.reason)
        except UnknownCertificateError as error:
            raise web.HTTPNotFound from error
        except (ValueError, TypeError) as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from error
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def trust(_request: web.Request) -> web.Response:
        chain = (sandbox.authority.root, sandbox.authority.issuing)
        body = b"".join(pem.armor("CERTIFICATE", one) for one in chain)
        return web.Response(body=body, content_type="application/x-pem-file")

    return [
        web.post("/sandbox/ca/certificates", issue),
        web.post("/sandbox/ca/revocations", revoke),
        web.get("/sandbox/ca/trust.pem", trust),
    ]


def _dossier(dossier: Dossier) -> dict[str, object]:
    form = form_of(dossier)
    code, words = dossier.error or (None, None)
    return {
        "key": dossier.key,
        "ma_giao_dich": dossier.transaction,
        "so_ho_so": dossier.dossier_number(form.agency_code),
        "mst": printed_mst(form.mst),
        "serial": form.new.serial,
        "content_sha256": dossier.content_sha256,
        "arrived": dossier.arrived,
        "state": dossier.state,
        "ma_loi": code,
        "mo_ta": words,
        "mailed": dossier.mailed is not None,
    }


async def _read(request: web.Request, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"{error}\n") from error


def _json(body: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")
