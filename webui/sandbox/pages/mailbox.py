"""All letters, newest first; and the same as JSON for tests."""

from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from webui.bhxh.form05 import HANOI
from webui.sandbox.mailbox.box import Letter
from webui.sandbox.pages.frame import page
from webui.sandbox.pages.html import Html, Words, element, joined, words_of

if TYPE_CHECKING:
    from webui.sandbox.service import Sandbox

_TIME = "%d/%m/%Y %H:%M:%S"


def routes(sandbox: "Sandbox") -> list[web.RouteDef]:
    box = sandbox.box

    async def show(request: web.Request) -> web.Response:
        words = words_of(request)
        letters = await box.newest()
        content = joined(*(_letter(words, letter) for letter in letters))
        if not letters:
            content = element("p", words("mailbox_none"), class_="empty")
        note = element("p", words("mailbox_note"), class_="note")
        return page(words, "/mailbox", note, content, keeps_fresh=True)

    async def as_json(_request: web.Request) -> web.Response:
        letters = [_plain(letter) for letter in await box.newest(500)]
        body = msgspec.json.encode({"letters": letters})
        return web.Response(body=body, content_type="application/json")

    async def attachment(request: web.Request) -> web.Response:
        letter = await box.letter(int(request.match_info["number"]))
        index = int(request.match_info["index"])
        if letter is None or index >= len(letter.attachments):
            raise web.HTTPNotFound
        # Whatever the letter says it is, the browser only ever saves it.
        return web.Response(
            body=letter.attachments[index].content,
            content_type="application/octet-stream",
            headers={"Content-Disposition": f'attachment; filename="dinh-kem-{index + 1}.xml"'},
        )

    return [
        web.get("/mailbox", show),
        web.get("/mailbox.json", as_json),
        web.get(r"/mailbox/{number:\d{1,9}}/{index:\d{1,3}}", attachment),
    ]


def _letter(words: Words, letter: Letter) -> Html:
    facts = (
        (words("mail_from"), letter.sender),
        (words("mail_to"), ", ".join(letter.recipients)),
    )
    attached = joined(
        *(
            element("a", part.name, href=f"/mailbox/{letter.number}/{index}", class_="file")
            for index, part in enumerate(letter.attachments)
        )
    )
    return element(
        "article",
        element("h2", letter.subject),
        element(
            "time", letter.at.astimezone(HANOI).strftime(_TIME), datetime=letter.at.isoformat()
        ),
        element("dl", *(joined(element("dt", k), element("dd", v)) for k, v in facts)),
        element("pre", letter.text),
        attached,
        class_="letter",
    )


def _plain(letter: Letter) -> dict[str, object]:
    return {
        "number": letter.number,
        "at": letter.at.isoformat(),
        "from": letter.sender,
        "to": list(letter.recipients),
        "subject": letter.subject,
        "text": letter.text,
        "attachments": [
            {"name": part.name, "content_type": part.content_type, "content": part.content}
            for part in letter.attachments
        ],
    }
