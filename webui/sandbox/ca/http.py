"""The CA on the web, at the URLs that its certificates carry. Plain HTTP, as CAs do (RFC 5280 §8).

POST /ca/ocsp/{ca}             RFC 6960 A.1
GET  /ca/crls/{ca}/latest.crl
GET  /ca/certs/{ca}/ca.crt     DER
POST /ca/tsa                   RFC 3161 §3.4
"""

from aiohttp import web

from webui.sandbox.ca.architecture import ISSUING, PATH, ROOT, Label
from webui.sandbox.ca.authority import Authority

_LONGEST_REQUEST = 16 * 1024
_FRESH = {"Cache-Control": "no-store"}


def routes(authority: Authority) -> list[web.RouteDef]:
    async def ocsp(request: web.Request) -> web.Response:
        asked = await request.content.read(_LONGEST_REQUEST)
        return web.Response(
            body=authority.ocsp(_ca(request), asked),
            content_type="application/ocsp-response",
            headers=_FRESH,
        )

    async def crl(request: web.Request) -> web.Response:
        return web.Response(
            body=authority.crl(_ca(request)),
            content_type="application/pkix-crl",
            headers=_FRESH,
        )

    async def certificate(request: web.Request) -> web.Response:
        return web.Response(
            body=authority.ca_certificate(_ca(request)), content_type="application/pkix-cert"
        )

    async def time_stamp(request: web.Request) -> web.Response:
        asked = await request.content.read(_LONGEST_REQUEST)
        return web.Response(
            body=authority.time_stamp(asked), content_type="application/timestamp-reply"
        )

    return [
        web.post(f"/{PATH}/tsa", time_stamp),
        web.post(f"/{PATH}/ocsp/{{ca}}", ocsp),
        web.get(f"/{PATH}/crls/{{ca}}/latest.crl", crl),
        web.get(f"/{PATH}/certs/{{ca}}/ca.crt", certificate),
    ]


def _ca(request: web.Request) -> Label:
    for label in (ROOT, ISSUING):
        if request.match_info["ca"] == label:
            return label
    raise web.HTTPNotFound
