"""Điều chỉnh IVAN."""

from hashlib import sha256

from aiohttp import web

from webui.backend import messages, views
from webui.backend.context import LARGE, answer, body, office, unit
from webui.backend.texts import error_body
from webui.bhxh.rules import FORM_NUMBER
from webui.filing import adjust, archive


async def prospects(request: web.Request) -> web.Response:
    unit_id = await unit(request)
    found = await adjust.prospects(office(request), unit_id, request.query.get("certificate"))
    now = office(request).clock()
    return answer(
        messages.NewAdjustment(
            registered=None
            if found.registered is None
            else views.certificate_row(found.registered, now=now),
            candidates=[views.certificate_row(row, now=now) for row in found.candidates],
            contact=messages.Contact(
                nguoi_lien_he=found.contact.nguoi_lien_he,
                dien_thoai=found.contact.dien_thoai,
                email=found.contact.email,
            ),
            blocked=None if found.blocked is None else error_body(found.blocked),
        )
    )


async def prepare(request: web.Request) -> web.Response:
    unit_id = await unit(request)
    asked = await body(request, messages.Adjustment)
    draft = await adjust.prepare(
        office(request),
        unit_id,
        asked.certificate_id,
        adjust.Contact(
            nguoi_lien_he=asked.nguoi_lien_he, dien_thoai=asked.dien_thoai, email=asked.email
        ),
        email_again=asked.email_lap_lai,
    )
    return answer(
        messages.ToSign(
            id=draft.id,
            name=f"Điều chỉnh IVAN ({FORM_NUMBER})",
            document=draft.document,
            sha256=sha256(draft.document).hexdigest(),
        ),
        status=201,
    )


async def accept(request: web.Request) -> web.Response:
    unit_id = await unit(request)
    asked = await body(request, messages.SignedAdjustment, limit=LARGE)
    dossier = await adjust.accept(
        office(request), unit_id, request.match_info["id"], asked.document
    )
    whole = await archive.whole(office(request), unit_id, dossier.id)
    return answer(views.dossier(whole.file, now=office(request).clock()))


async def cancel(request: web.Request) -> web.Response:
    await adjust.cancel(office(request), await unit(request), request.match_info["id"])
    return answer({})
