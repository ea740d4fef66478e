"""Lịch sử giao dịch: list, timeline, files."""

from typing import Final

from aiohttp import web

from webui.backend import messages, views
from webui.backend.context import answer, office, unit
from webui.backend.headers import DOWNLOAD_POLICY
from webui.bhxh import export
from webui.errors import Refused
from webui.filing import archive
from webui.filing.states import DossierState

_LONGEST_QUERY: Final = 200
_LAST_PAGE: Final = 100_000


async def search(request: web.Request) -> web.Response:
    unit_id = await unit(request)
    page = _number(request.query.get("page") or "1", field="page")
    state = request.query.get("state") or None
    if state is not None and state not in set(DossierState):
        raise Refused("bad_request", field="state")
    found, total = await archive.search(
        office(request),
        unit_id,
        words=request.query.get("q", "")[:_LONGEST_QUERY],
        state=state,
        page=page,
    )
    now = office(request).clock()
    return answer(
        messages.Dossiers(
            dossiers=[views.dossier(file, now=now) for file in found],
            total=total,
            page=page,
            page_size=archive.PAGE_SIZE,
        )
    )


async def detail(request: web.Request) -> web.Response:
    whole = await archive.whole(office(request), await unit(request), request.match_info["id"])
    return answer(
        views.dossier_detail(
            whole.file,
            mst=whole.unit.mst,
            events=whole.events,
            receipts=whole.receipts,
            now=office(request).clock(),
        )
    )


async def signed_file(request: web.Request) -> web.Response:
    whole = await archive.whole(office(request), await unit(request), request.match_info["id"])
    row = whole.file.dossier
    name = export.file_name(mst=whole.unit.mst, signed_at=row.signed_at, dossier=row.id)
    return _attachment(row.document, name)


async def receipt_file(request: web.Request) -> web.Response:
    unit_id, dossier_id = await unit(request), request.match_info["id"]
    number = _number(request.match_info["receipt"], field="receipt")
    receipt = await archive.receipt(office(request), unit_id, dossier_id, number)
    whole = await archive.whole(office(request), unit_id, dossier_id)
    name = export.receipt_file_name(mst=whole.unit.mst, received_at=receipt.at, receipt=receipt.id)
    return _attachment(receipt.document, name)


async def send_now(request: web.Request) -> web.Response:
    await archive.send_now(office(request), await unit(request), request.match_info["id"])
    return answer({}, status=202)


def _attachment(document: bytes, name: str) -> web.Response:
    return web.Response(
        body=document,
        content_type="application/xml",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": DOWNLOAD_POLICY,
        },
    )


def _number(text: str, *, field: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:12]) <= _LAST_PAGE * 100:
        raise Refused("bad_request", field=field)
    return int(text[:12])
