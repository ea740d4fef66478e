"""What BHXH holds: dossiers with their results, and the registered certificates."""

from typing import TYPE_CHECKING

from aiohttp import web
from asn1crypto import x509

from webui.bhxh.form05 import HANOI
from webui.bhxh.mst import printed_mst
from webui.sandbox.gateway.ledger import Dossier, Registered, form_of
from webui.sandbox.pages.frame import page, section
from webui.sandbox.pages.html import Html, Words, element, joined, table, words_of

if TYPE_CHECKING:
    from webui.sandbox.service import Sandbox

_SHOWN = 100
_TIME = "%d/%m/%Y %H:%M:%S"
_DATE = "%d/%m/%Y"


def routes(sandbox: "Sandbox") -> list[web.RouteDef]:
    ledger = sandbox.ledger

    async def show(request: web.Request) -> web.Response:
        words = words_of(request)
        dossiers, registered = await ledger.newest(_SHOWN), await ledger.registered()
        return page(
            words,
            "/dossiers",
            _dossiers(words, dossiers),
            section(words("registered_heading"), _registered(words, registered)),
            keeps_fresh=True,
        )

    async def document(request: web.Request) -> web.Response:
        dossier = await ledger.by_key(request.match_info["key"])
        what = request.match_info["what"]
        content = dossier and (dossier.document if what == "ho-so" else dossier.receipt)
        if content is None:
            raise web.HTTPNotFound
        return web.Response(
            body=content,
            content_type="application/xml",
            headers={"Content-Disposition": f'attachment; filename="{what}.xml"'},
        )

    return [
        web.get("/dossiers", show),
        web.get("/dossiers/{key}/{what:ho-so|thong-bao}.xml", document),
    ]


def _dossiers(words: Words, dossiers: list[Dossier]) -> Html:
    if not dossiers:
        return element("p", words("dossiers_none"), class_="empty")
    keys = ("transaction", "arrived", "unit", "certificate", "state", "files")
    headings = [words(f"column_{key}") for key in keys]
    return table(words("nav_dossiers"), headings, [_row(words, dossier) for dossier in dossiers])


def _row(words: Words, dossier: Dossier) -> list[str]:
    form = form_of(dossier)
    state = element("span", words(f"state_{dossier.state}"), class_=f"state {dossier.state}")
    if dossier.error is not None:
        code, why = dossier.error
        state = joined(state, element("p", f"{code}: {why}"))
    files = element("a", words("file_dossier"), href=f"/dossiers/{dossier.key}/ho-so.xml")
    if dossier.receipt is not None:
        receipt = f"/dossiers/{dossier.key}/thong-bao.xml"
        files = joined(files, Html(" · "), element("a", words("file_receipt"), href=receipt))
    return [
        dossier.transaction,
        dossier.arrived.astimezone(HANOI).strftime(_TIME),
        f"{form.unit_name} · {printed_mst(form.mst)}",
        element("code", form.new.serial),
        state,
        files,
    ]


def _registered(words: Words, registered: list[Registered]) -> Html:
    if not registered:
        return element("p", words("registered_none"), class_="empty")
    rows: list[list[str]] = []
    for one in registered:
        certificate = x509.Certificate.load(one.certificate)
        begin, end = (
            moment.astimezone(HANOI).strftime(_DATE)
            for moment in (certificate.not_valid_before, certificate.not_valid_after)
        )
        rows.append(
            [
                printed_mst(one.mst),
                element("code", f"{certificate.serial_number:X}"),
                f"{begin} – {end}",
                one.since.astimezone(HANOI).strftime(_TIME),
            ]
        )
    headings = ["MST", *(words(f"column_{key}") for key in ("serial", "valid", "since"))]
    return table(words("registered_heading"), headings, rows)
