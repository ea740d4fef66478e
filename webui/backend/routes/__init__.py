"""One table from method and path to handler; one file per subject."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from webui.backend.routes import accounts, adjustments, certificates, dossiers, events

Endpoint = Callable[[web.Request], Awaitable[web.StreamResponse]]

API: Final[tuple[tuple[str, str, Endpoint], ...]] = (
    ("GET", "/api/session", accounts.session),
    ("POST", "/api/register", accounts.register),
    ("POST", "/api/login", accounts.login),
    ("POST", "/api/login/challenge", accounts.challenge),
    ("POST", "/api/login/token", accounts.token_login),
    ("POST", "/api/logout", accounts.logout),
    ("GET", "/api/unit", accounts.unit),
    ("PUT", "/api/unit", accounts.change_unit),
    ("GET", "/api/certificates", certificates.listed),
    ("POST", "/api/certificates/check", certificates.check),
    ("POST", "/api/certificates", certificates.add),
    ("DELETE", "/api/certificates/{id}", certificates.remove),
    ("GET", "/api/adjustments/new", adjustments.prospects),
    ("POST", "/api/adjustments", adjustments.prepare),
    ("POST", "/api/adjustments/{id}/signed", adjustments.accept),
    ("DELETE", "/api/adjustments/{id}", adjustments.cancel),
    ("GET", "/api/dossiers", dossiers.search),
    ("GET", "/api/dossiers/{id}", dossiers.detail),
    ("GET", "/api/dossiers/{id}/signed.xml", dossiers.signed_file),
    ("GET", "/api/dossiers/{id}/receipts/{receipt}.xml", dossiers.receipt_file),
    ("POST", "/api/dossiers/{id}/send-now", dossiers.send_now),
    ("GET", "/api/events", events.stream),
)
