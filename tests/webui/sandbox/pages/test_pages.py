"""The pages: everything shown is escaped, every button does what it says."""

import json
from html.parser import HTMLParser
from importlib import resources

import aiohttp
import pytest

from tests.support.sandbox import form_for, signed, subscriber
from tests.support.waiting import eventually
from webui.bhxh import form05
from webui.sandbox.gateway import door
from webui.sandbox.gateway.faults import Faults, ReceiptFault
from webui.sandbox.pages.html import element, table
from webui.sandbox.service import Sandbox

PATHS = ("/", "/dossiers", "/mailbox", "/certificates", "/services", "/phone")
OUR_SCRIPT = '<script type="module" src="/fresh.js"></script>'
EVIL = '"><script>alert(1)</script>&amp;'


async def get(sandbox: Sandbox, path: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(sandbox.pages_url + path) as got:
        assert got.status == 200
        return await got.text()


async def press(sandbox: Sandbox, path: str = "/control", **fields: str) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(sandbox.pages_url + path, data=fields, allow_redirects=False) as got,
    ):
        return got.status


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.seen += [f"@{name}" for name, _ in attrs]


def tags(page: str) -> list[str]:
    parser = _Tags()
    parser.feed(page)
    return parser.seen


class TestEveryPage:
    async def test_says_that_it_is_not_the_real_bhxh(self, sandbox) -> None:
        for path in PATHS:
            assert "không phải BHXH thật" in await get(sandbox, path)

    async def test_speaks_english_when_asked(self, sandbox) -> None:
        for path in PATHS:
            page = await get(sandbox, f"{path}?lang=en")
            assert "not the real BHXH" in page
            assert '<html lang="en">' in page

    async def test_has_nothing_inline(self, sandbox) -> None:
        for path in PATHS:
            page = await get(sandbox, path)
            seen = tags(page)
            assert not {"style", "@style"} & set(seen)
            assert not [name for name in seen if name.startswith("@on")]
            assert page.count("<script") == page.count(OUR_SCRIPT)


class TestEscaping:
    def test_text_is_escaped_and_html_is_not_twice(self) -> None:
        cell = element("b", EVIL, title=EVIL)

        assert "<script>" not in table(EVIL, [EVIL], [[cell, EVIL]])
        assert element("p", cell).startswith("<p><b title=")

    async def test_a_letter_cannot_bring_markup(self, sandbox) -> None:
        content = f"Subject: {EVIL}\r\nFrom: {EVIL}\r\n\r\n{EVIL}".encode()
        await sandbox.box.keep([EVIL], content)

        page = await get(sandbox, "/mailbox")

        assert "alert(1)" in page
        assert tags(page).count("script") == 1

    async def test_a_dossier_cannot_bring_markup(self, sandbox) -> None:
        company = subscriber(sandbox.authority, name=EVIL)
        document = signed(form05.build(form_for(company, unit_name=EVIL)), company)
        await sandbox.ledger.keep("dossier-1", door.read(document))

        assert tags(await get(sandbox, "/dossiers")).count("script") == 1
        assert "script" not in tags(await get(sandbox, "/certificates"))

    async def test_an_attachment_is_only_ever_saved(self, sandbox) -> None:
        content = (
            b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: text/html\r\n"
            b"Content-Disposition: attachment; filename=a.html\r\n\r\n<script>x</script>\r\n--a--"
        )
        await sandbox.box.keep(["a@b.example"], content)
        (letter,) = await sandbox.box.newest()

        url = f"{sandbox.pages_url}/mailbox/{letter.number}/0"
        async with aiohttp.ClientSession() as session, session.get(url) as got:
            assert got.content_type == "application/octet-stream"
            assert got.headers["Content-Disposition"].startswith("attachment")
            assert b"<script>x</script>" in await got.read()


class TestButtons:
    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ({"down": "true"}, Faults(decide_after=0, down=True)),
            ({"latency": "5", "down": "false"}, Faults(decide_after=0, latency=5)),
            ({"drop_answers": "1"}, Faults(decide_after=0, drop_answers=1)),
            ({"decide_after": "86400"}, Faults(decide_after=86_400)),
            (
                {"receipt": "bad-signature"},
                Faults(decide_after=0, receipt=ReceiptFault.BAD_SIGNATURE),
            ),
        ],
    )
    async def test_each_does_its_work(self, sandbox, fields, expected) -> None:
        assert await press(sandbox, **fields) == 303
        assert sandbox.faults == expected

    async def test_refuse_with_words_that_look_like_numbers(self, sandbox) -> None:
        assert await press(sandbox, ma_loi="900", mo_ta="true", at_door="true") == 303
        assert sandbox.faults.refuse is not None
        assert (sandbox.faults.refuse.ma_loi, sandbox.faults.refuse.mo_ta) == ("900", "true")

    async def test_normal_ends_everything(self, sandbox) -> None:
        await press(sandbox, ma_loi="A", mo_ta="B")
        await press(sandbox, down="true", drop_answers="4", latency="9")

        page = await get(sandbox, "/")
        start = page.index('name="down" value="false"')
        fields = {"down": "false", "latency": "0", "drop_answers": "0", "receipt": "good"}
        assert 'name="refuse" value="null"' in page[start : start + 600]
        await press(sandbox, refuse="null", **fields)

        assert sandbox.faults == Faults(decide_after=0)

    @pytest.mark.parametrize("fields", [{"latency": "soon"}, {"unknown": "1"}, {"ma_loi": ""}])
    async def test_nonsense_is_refused(self, sandbox, fields) -> None:
        assert await press(sandbox, **fields) == 400

    async def test_revoke(self, sandbox) -> None:
        company = subscriber(sandbox.authority)
        label = f"{int(company.facts.serial, 16):x}"

        assert await press(sandbox, "/certificates/revoke", serial=label) == 303
        assert await press(sandbox, "/certificates/revoke", serial="0") == 404
        revoked = [e.certificate for e in sandbox.authority.issued() if e.revocation]
        assert revoked == [company.certificate]


class TestDossiers:
    async def test_shows_the_result_and_hands_out_the_files(self, sandbox) -> None:
        company = subscriber(sandbox.authority)
        document = signed(form05.build(form_for(company)), company)
        await sandbox.ledger.keep("dossier-1", door.read(document))
        sandbox.clerk.wake()

        async def accepted() -> bool:
            return "Chấp nhận" in await get(sandbox, "/dossiers")

        await eventually(accepted, "an acceptance on the page")
        assert (await get(sandbox, "/dossiers/dossier-1/ho-so.xml")).encode() == document
        assert "MA_KQUA" in await get(sandbox, "/dossiers/dossier-1/thong-bao.xml")


def test_both_languages_say_the_same_things() -> None:
    texts = {
        language: json.loads(
            resources.files("webui.sandbox").joinpath(f"text/pages.{language}.json").read_text()
        )
        for language in ("vi", "en")
    }

    assert texts["vi"].keys() == texts["en"].keys()
    for key, words in texts["vi"].items():
        assert words.count("{") == texts["en"][key].count("{"), key
