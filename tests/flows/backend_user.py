"""A unit that files over HTTP with a software key, as a page and the agent would together."""

from base64 import b64decode, b64encode
from contextlib import asynccontextmanager

import aiohttp

from tests.support.sandbox import Subscriber, signed
from tests.support.waiting import eventually
from tests.webui.world import CONTACT, EMAIL, PROFILE


class User:
    def __init__(self, browser: aiohttp.ClientSession, url: str, company: Subscriber) -> None:
        self.browser = browser
        self.url = url
        self.company = company

    async def call(self, method: str, path: str, body: object = None):
        async with self.browser.request(
            method, self.url + path, json=body, headers={"Origin": self.url}
        ) as response:
            answer = await response.json()
            assert response.status < 300, answer
            return answer

    async def register(self) -> None:
        mst = self.company.facts.mst[0]
        profile = {**PROFILE.as_columns(), "email_lap_lai": EMAIL}
        await self.call(
            "POST", "/api/register", {"mst": mst, "password": "mật khẩu dài", **profile}
        )
        await self.add(self.company)

    async def add(self, company: Subscriber):
        body = {"certificate": _text(company.certificate), "source": {"kind": "token"}}
        return await self.call("POST", "/api/certificates", body)

    async def file(self, company: Subscriber | None = None) -> str:
        """Điều chỉnh IVAN, signed and handed over; the dossier's id."""
        company = company or self.company
        contact = {
            "nguoi_lien_he": CONTACT.nguoi_lien_he,
            "dien_thoai": CONTACT.dien_thoai,
            "email": CONTACT.email,
            "email_lap_lai": CONTACT.email,
        }
        draft = await self.call(
            "POST", "/api/adjustments", {"certificate_id": company.facts.id, **contact}
        )
        document = _signed_in_place(b64decode(draft["document"]), company)
        path = f"/api/adjustments/{draft['id']}/signed"
        return (await self.call("POST", path, {"document": _text(document)}))["id"]

    async def dossier(self, dossier_id: str):
        return await self.call("GET", f"/api/dossiers/{dossier_id}")

    async def until(self, dossier_id: str, state: str, *, seconds: float = 40.0):
        async def reached():
            found = await self.dossier(dossier_id)
            return found if found["state"] == state else None

        return await eventually(reached, f"{state} of {dossier_id}", seconds=seconds)


@asynccontextmanager
async def user(url: str, company: Subscriber):
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        one = User(browser, url, company)
        await one.register()
        yield one


def _signed_in_place(document: bytes, company: Subscriber) -> bytes:
    """Signed by signxml, and put into the container as bytes, as an agent does."""
    whole = signed(document, company)
    start, end = whole.index(b"<CKy_Dvi>"), whole.index(b"</CKy_Dvi>")
    return document.replace(b"<CKy_Dvi></CKy_Dvi>", whole[start:end] + b"</CKy_Dvi>")


def _text(data: bytes) -> str:
    return b64encode(data).decode()
