"""Tab Chứng thư số."""

import msgspec
from aiohttp import web

from webui.backend import messages, views
from webui.backend.context import answer, body, office, unit
from webui.filing import add_certificate
from webui.filing.inventory import certificates_of


async def listed(request: web.Request) -> web.Response:
    known = await certificates_of(office(request), await unit(request))
    now = office(request).clock()
    return answer(
        messages.Certificates(
            certificates=[
                views.certificate_row(row, now=now, dossier=known.dossiers.get(row.id))
                for row in known.rows
            ]
        )
    )


async def check(request: web.Request) -> web.Response:
    unit_id = await unit(request)
    asked = await body(request, messages.CertificateToCheck)
    checked = await add_certificate.check(office(request), unit_id, asked.certificate)
    return answer(views.preview(checked.facts, checked.judgement))


async def add(request: web.Request) -> web.Response:
    unit_id = await unit(request)
    asked = await body(request, messages.CertificateToAdd)
    source = msgspec.json.encode(asked.source).decode()
    row = await add_certificate.add(office(request), unit_id, asked.certificate, source=source)
    return answer(views.certificate_row(row, now=office(request).clock()), status=201)


async def remove(request: web.Request) -> web.Response:
    await add_certificate.remove(office(request), await unit(request), request.match_info["id"])
    return answer({})
