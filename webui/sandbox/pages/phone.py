"""The user's phone: messages with one-time passwords, and requests to confirm; and for programs

GET  /phone.json       {"messages", "requests"}, newest first
POST /sandbox/phone    its habits: {"otp", "answer_after", "rejects", "waiting_seconds"}
"""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from webui.sandbox.hsm.phone import Habits, Message, Request, State
from webui.sandbox.pages.frame import page
from webui.sandbox.pages.html import Html, Words, button, element, joined, words_of

if TYPE_CHECKING:
    from webui.sandbox.service import Sandbox


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    otp: str | None = None
    answer_after: float | None = None
    rejects: bool = False
    waiting_seconds: float = Habits().waiting_seconds


def routes(sandbox: "Sandbox") -> list[web.RouteDef]:
    phone = sandbox.hsm.phone

    async def show(request: web.Request) -> web.Response:
        words = words_of(request)
        waiting = joined(*(_request(words, one) for one in reversed(phone.waiting())))
        messages = joined(*(_message(words, one) for one in reversed(phone.messages)))
        empty = element("p", words("phone_none"), class_="empty")
        content = joined(waiting, messages) if waiting or messages else empty
        note = element("p", words("phone_note"), class_="note")
        return page(words, "/phone", note, content, keeps_fresh=True)

    async def touch(request: web.Request) -> web.Response:
        form = await request.post()
        answer = State.CONFIRMED if form.get("answer") == "confirm" else State.REJECTED
        phone.touch(str(form.get("id", "")), answer)
        raise web.HTTPSeeOther(words_of(request).link("/phone"))

    async def as_json(_request: web.Request) -> web.Response:
        requests = [{**asdict(one), "state": phone.state(one)} for one in reversed(phone.requests)]
        messages = [asdict(one) for one in reversed(phone.messages)]
        return _json({"messages": messages, "requests": requests})

    async def habits(request: web.Request) -> web.Response:
        try:
            wish = msgspec.json.decode(await request.read(), type=Wish)
        except msgspec.MsgspecError as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from error
        phone.habits = replace(Habits(), **msgspec.structs.asdict(wish))
        return _json(wish)

    return [
        web.get("/phone", show),
        web.post("/phone", touch),
        web.get("/phone.json", as_json),
        web.post("/sandbox/phone", habits),
    ]


def _request(words: Words, request: Request) -> Html:
    to = words.link("/phone")
    return element(
        "article",
        element("h2", words("phone_request")),
        element("p", words(f"services_{request.service}"), class_="facts"),
        element("ul", *(element("li", name) for name in request.documents)),
        element(
            "div",
            button(to, words("phone_confirm"), id=request.id, answer="confirm"),
            button(to, words("phone_reject"), id=request.id, answer="reject"),
            class_="buttons",
        ),
        class_="letter",
    )


def _message(words: Words, message: Message) -> Html:
    return element(
        "article",
        element("h2", words("phone_sms")),
        element("pre", words("phone_otp", otp=message.otp)),
        class_="letter",
    )


def _json(body: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")
