"""The CA's page: what it has issued, and a button to revoke."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import web
from asn1crypto import x509

from protocol.identity import identifiers
from webui.bhxh.form05 import HANOI
from webui.sandbox.ca.ledger import Entry
from webui.sandbox.pages.frame import page, section
from webui.sandbox.pages.html import Html, Words, button, element, joined, table, words_of

if TYPE_CHECKING:
    from webui.sandbox.service import Sandbox

_DATE = "%d/%m/%Y"
_PLACES = (
    ("ca_root", "/ca/certs/root/ca.crt"),
    ("ca_issuing", "/ca/certs/issuing/ca.crt"),
    ("ca_crl", "/ca/crls/issuing/latest.crl"),
)


def routes(sandbox: "Sandbox") -> list[web.RouteDef]:
    authority = sandbox.authority

    async def show(request: web.Request) -> web.Response:
        words = words_of(request)
        links = (element("li", element("a", words(key), href=to)) for key, to in _PLACES)
        rows = [_row(words, entry) for entry in authority.issued()]
        keys = ("holder", "serial", "valid", "revocation", "action")
        headings = [words(f"column_{key}") for key in keys]
        return page(
            words,
            "/certificates",
            section(words("ca_heading"), element("ul", *links)),
            section(words("issued_heading"), table(words("issued_heading"), headings, rows)),
        )

    async def revoke(request: web.Request) -> web.Response:
        form = await request.post()
        for entry in authority.issued():
            if entry.label == form.get("serial"):
                authority.revoke(entry.certificate)
                raise web.HTTPSeeOther(words_of(request).link("/certificates"))
        raise web.HTTPNotFound

    return [web.get("/certificates", show), web.post("/certificates/revoke", revoke)]


def _row(words: Words, entry: Entry) -> list[str]:
    certificate = x509.Certificate.load(entry.certificate)
    uids = [f"{k}:{v}" for k, values in identifiers(certificate).items() for v in values]
    holder = certificate.subject.native.get("common_name", "")
    begin, end = certificate.not_valid_before, certificate.not_valid_after
    days = " – ".join(moment.astimezone(HANOI).strftime(_DATE) for moment in (begin, end))
    if entry.revocation is not None:
        status, act = element("span", words("revoked"), class_="state refused"), Html()
    else:
        alive = begin <= datetime.now(UTC) <= end
        label = words("valid" if alive else "expired")
        status = element("span", label, class_="state accepted" if alive else "state pending")
        to = words.link("/certificates/revoke")
        act = button(to, words("button_revoke"), serial=entry.label)
    named = joined(element("div", str(holder)), element("small", ", ".join(uids)))
    return [named, element("code", f"{entry.serial:X}"), days, status, act]
