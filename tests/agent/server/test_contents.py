"""Documents in binary frames, through the real server: what is kept, what is made, what is left."""

import asyncio
import hashlib
import os
import stat
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest

from agent.documents import Description, Digested, Document, Filed, octets
from agent.formats.content import HEAD_BYTES
from agent.keys import Mechanism
from agent.server import opening, outgoing, picked, receipt, spool
from agent.server.spool import Spool
from protocol import content
from protocol.limits import (
    MAX_CONNECTIONS_PER_ORIGIN,
    MAX_CONTENT_BYTES,
    MAX_PIECE_BYTES,
    WINDOW_BYTES,
)
from protocol.session import POLICY_VIOLATION
from tests.support.edge import Page, Running, running
from tests.support.prompts import Approve, Refuse, ScriptedUser, Wait
from tests.support.tokens import Card, MemoryTokens
from tests.support.waiting import eventually

PIECE = bytes(MAX_PIECE_BYTES)


class Seen:
    """A format that notes what it is handed, and makes what it is told to."""

    def __init__(self) -> None:
        self.handed: list[Document] = []
        self.hashes: list[dict[str, bytes]] = []
        self.make = lambda document: octets(document) + b"|signed"

    def prepare(self, document, *, certificate, signing_time):
        self.handed.append(document)
        if not isinstance(document, bytes):
            self.hashes.append(dict(document.digests))
        return _Prepared(document, self.make)

    def with_options(self, options):
        options.allow("hash")
        return self


class _Prepared:
    mechanism = Mechanism.RSA_PKCS1_SHA256
    message = b"message"
    digest = hashlib.sha256(message).digest()

    def __init__(self, document, make):
        self._document = document
        self._make = make

    @property
    def description(self):
        document = self._document
        known = sha256(document) if isinstance(document, bytes) else document.digests["sha256"]
        return Description(kind="other", sha256=known.hex(), size=1, preview="", preview_cut=False)

    def complete(self, signature):
        return self._make(self._document)


def sha256(document: bytes) -> bytes:
    return hashlib.sha256(document).digest()


def in_its_scratch(document: Filed) -> Filed:
    path = document.scratch / "made"
    path.write_bytes(document.path.read_bytes() + b"|signed")
    size = document.size + len(b"|signed")
    return Filed(path=path, size=size, digests={}, scratch=document.scratch)


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def user() -> ScriptedUser:
    return ScriptedUser(*[Approve()] * 9)


@pytest.fixture
async def agent(tmp_path: Path, seen: Seen, user: ScriptedUser) -> AsyncIterator[Running]:
    async with running(tmp_path, tokens=MemoryTokens(Card()), user=user) as agent:
        formats = dict.fromkeys(("seen", "cades-detached", "pades"), seen)
        desk = replace(agent.edge.desk, formats=lambda: formats)
        object.__setattr__(agent.edge, "desk", desk)
        yield agent


@pytest.fixture
async def page(agent: Running) -> AsyncIterator[Page]:
    async with agent.page() as page:
        await page.hello()
        yield page


def order(number: int, profile: str = "seen", **more) -> dict:
    return {"source": {"content": number}, "name": "a.bin", "profile": profile} | more


def files(tmp_path: Path) -> list[Path]:
    return [one for one in (tmp_path / "spool").rglob("*") if one.is_file()]


def random(size: int) -> bytes:
    return os.urandom(min(size, 5000)) + bytes(max(0, size - 5000))


SIZES = [0, 1, HEAD_BYTES, HEAD_BYTES + 1, 2 * WINDOW_BYTES + 1]


class TestWhatIsSent:
    @pytest.mark.parametrize("size", SIZES)
    async def test_is_signed_as_it_was_and_comes_back(self, page: Page, size: int):
        document = random(size)
        number = await page.send_content(document)

        result = await page.call("sign.document", **order(number))
        signed = await page.content(result["content"])

        assert signed == document + b"|signed"
        assert (result["size"], result["document"]) == (len(signed), None)
        assert result["sha256"] == sha256(document).hex()
        assert (result["level"], result["level_problem"]) == ("B-B", "")

    @pytest.mark.parametrize("size", SIZES)
    async def test_is_made_in_a_file_and_sent_from_there(
        self, page: Page, seen: Seen, tmp_path: Path, size: int
    ):
        document = random(size)
        seen.make = lambda document: (
            document + b"|signed" if isinstance(document, bytes) else in_its_scratch(document)
        )
        number = await page.send_content(document)

        result = await page.call("sign.document", **order(number, "pades"))

        assert await page.content(result["content"]) == document + b"|signed"
        assert isinstance(seen.handed[0], Filed) == (size > HEAD_BYTES)
        await eventually(lambda: len(files(tmp_path)) == (size > HEAD_BYTES), "its file to go")

    async def test_is_told_by_hashes_of_each_kind_where_it_is_in_a_file(
        self, page: Page, seen: Seen
    ):
        document = random(HEAD_BYTES + 1)
        number = await page.send_content(document)

        await page.call("sign.document", **order(number, "cades-detached"))

        assert seen.hashes == [
            {name: hashlib.new(name, document).digest() for name in ("sha256", "sha384", "sha512")}
        ]
        assert seen.handed[0].head == document[:HEAD_BYTES]

    @pytest.mark.parametrize("size", SIZES)
    async def test_leaves_only_hashes_and_the_beginning_where_no_more_is_wanted(
        self, page: Page, seen: Seen, tmp_path: Path, size: int
    ):
        document = random(size)
        seen.make = lambda _: b"signed"
        number = await page.send_content(document, digest_only=True)

        result = await page.call("sign.document", **order(number, "cades-detached"))

        assert await page.content(result["content"]) == b"signed"
        assert seen.handed == [
            Digested(size=size, digests={"sha256": sha256(document)}, head=document[:HEAD_BYTES])
        ]
        assert files(tmp_path) == []

    async def test_lies_in_private_files(self, page: Page, tmp_path: Path):
        await page.send_content(bytes(HEAD_BYTES + 1))
        [path] = await eventually(lambda: files(tmp_path), "the file")

        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for folder in (path.parent, path.parent.parent):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    async def test_lies_in_a_file_too_where_memory_is_used_up(
        self, agent: Running, page: Page, seen: Seen, tmp_path: Path
    ):
        agent.edge.spool._memory = 100
        numbers = [await page.send_content(random(60)) for _ in range(3)]
        only = await page.send_content(b"known by its beginning", digest_only=True)
        for number in (*numbers, only):
            await page.call("sign.document", **order(number, "cades-detached")) if (
                number != only
            ) else None
        assert len(files(tmp_path)) == 2
        seen.make = lambda _: b""
        await page.call("sign.document", **order(only, "cades-detached"))

        assert [type(one) for one in seen.handed] == [bytes] * 3 + [Digested]
        assert seen.handed[-1].head == b"known by its beginning"
        for number in (*numbers, only):
            await page.socket.send_bytes(content.given_up(number))
        await eventually(lambda: agent.edge.spool._memory == 100, "the memory to be given back")
        assert files(tmp_path) == []

    async def test_in_a_message_goes_back_in_one(self, page: Page):
        params = {"source": {"document": "YWJj"}, "name": "a", "profile": "seen"}

        result = await page.call("sign.document", **params)

        assert (result["document"], result["content"]) == ("YWJjfHNpZ25lZA==", None)

    async def test_in_a_message_comes_back_in_frames_where_it_has_grown(
        self, page: Page, seen: Seen
    ):
        seen.make = lambda _: bytes(12 * 1024 * 1024)
        params = {"source": {"document": "YWJj"}, "name": "a", "profile": "seen"}

        result = await page.call("sign.document", **params)

        assert result["document"] is None
        assert len(await page.content(result["content"])) == 12 * 1024 * 1024

    async def test_is_there_for_a_request_that_follows_at_once(self, page: Page):
        """The last piece may not have been dealt with when the request is read."""
        number = await page.send_content(bytes(WINDOW_BYTES))

        assert (await page.call("sign.document", **order(number)))["size"] > WINDOW_BYTES

    async def test_is_there_while_a_request_uses_it_though_it_is_forgotten(
        self, agent: Running, page: Page, user: ScriptedUser, tmp_path: Path
    ):
        wait = Wait()
        user._steps.insert(0, wait)
        document = random(HEAD_BYTES + 1)
        number = await page.send_content(document)
        request = await page.send("sign.document", **order(number, "pades"))
        await eventually(lambda: user.open_windows, "the window")
        await page.socket.send_bytes(content.given_up(number))
        assert (await page.refused("sign.document", **order(number)))["code"] == "content_unknown"
        wait.event.set()

        result = (await page.answer(request))["result"]
        assert await page.content(result["content"]) == document + b"|signed"
        await eventually(lambda: not files(tmp_path), "the file to go")


class TestRefusals:
    async def test_where_the_disk_is_full_from_the_beginning(
        self, page: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ):
        monkeypatch.setattr(
            spool.shutil, "disk_usage", lambda _: SimpleNamespace(free=spool.SPARED_BYTES)
        )
        number = await page.send_content(bytes(2 * WINDOW_BYTES))

        refused = await page.refused("sign.document", **order(number))

        assert refused["code"] == "content_unknown"
        [(method, told)] = page.notified
        assert (method, told["content"]) == ("content.refused", number)
        assert (told["error"]["code"], told["error"]["group"]) == ("storage_full", "user")
        assert files(tmp_path) == []

    async def test_where_it_becomes_full_on_the_way(
        self, page: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ):
        written = 0

        def write(descriptor: int, data) -> int:
            nonlocal written
            written += len(data)
            if written > WINDOW_BYTES:
                raise OSError(28, "No space left on device")
            return len(data)

        monkeypatch.setattr(receipt.os, "write", write)
        number = await page.send_content(bytes(3 * WINDOW_BYTES))

        assert (await page.refused("sign.document", **order(number)))["code"] == "content_unknown"
        assert [told["error"]["code"] for _, told in page.notified] == ["storage_full"]
        monkeypatch.undo()
        again = await page.send_content(b"small")
        assert await page.call("sign.document", **order(again))
        assert files(tmp_path) == []

    async def test_for_another_failure_names_nothing(
        self, page: Page, monkeypatch: pytest.MonkeyPatch
    ):
        def write(descriptor: int, data) -> int:
            raise OSError(5, "Input/output error of /home/user/secret")

        monkeypatch.setattr(receipt.os, "write", write)
        number = await page.send_content(bytes(HEAD_BYTES + 1))
        await page.refused("sign.document", **order(number))

        [(_, told)] = page.notified
        assert told["error"]["code"] == "internal_error"
        assert "secret" not in str(told)

    async def test_of_what_is_announced_too_large(self, page: Page):
        await page.socket.send_bytes(content.piece(5, PIECE, size=MAX_CONTENT_BYTES + 1))

        told = await page.notification("content.refused")

        assert (told["content"], told["error"]["code"]) == (5, "content_too_large")
        assert told["error"]["details"] == {"limit": MAX_CONTENT_BYTES}


class TestBadManners:
    async def test_more_than_was_credited_ends_the_connection(self, agent: Running, page: Page):
        """A page that waits for nothing is stopped before it fills the memory."""
        hold = threading.Event()
        blocked = [agent.edge.spool.run(hold.wait) for _ in range(spool._THREADS)]
        try:
            await page.socket.send_bytes(content.piece(1, PIECE, size=MAX_CONTENT_BYTES))
            for _ in range(WINDOW_BYTES // MAX_PIECE_BYTES):
                await page.socket.send_bytes(content.piece(1, PIECE))
            error = (await page.receive())["error"]["data"]
        finally:
            hold.set()
            await asyncio.gather(*blocked)

        assert (error["code"], error["details"]) == ("invalid_request", {"at": "credit"})
        assert await page.closed() == POLICY_VIOLATION

    async def test_a_content_that_breaks_the_rules_leaves_nothing(self, page: Page, tmp_path: Path):
        await page.socket.send_bytes(content.piece(1, PIECE, size=2 * len(PIECE) - 1))
        await eventually(lambda: files(tmp_path), "the file")
        await page.socket.send_bytes(content.piece(1, PIECE))

        assert (await page.receive())["error"]["data"]["code"] == "content_incomplete"
        await eventually(lambda: not files(tmp_path), "the file to go")

    async def test_a_site_that_is_forgotten_meanwhile_sends_no_more(
        self, agent: Running, page: Page
    ):
        await page.socket.send_bytes(content.piece(1, PIECE, size=MAX_CONTENT_BYTES))
        await page.call("tokens.list")
        agent.edge.sites.forget("https://their.app")
        await page.socket.send_bytes(content.piece(1, PIECE))

        assert (await page.receive())["error"]["data"]["code"] == "not_allowed"


class TestNothingIsLeft:
    async def begun(self, page: Page, tmp_path: Path) -> None:
        await page.socket.send_bytes(content.piece(900, PIECE, size=MAX_CONTENT_BYTES))
        await page.send_content(bytes(HEAD_BYTES + 1))
        await eventually(lambda: len(files(tmp_path)) == 2, "the files")

    async def test_when_the_page_goes(self, agent: Running, tmp_path: Path):
        async with agent.page() as page:
            await page.hello()
            await self.begun(page, tmp_path)
        await eventually(lambda: not list((tmp_path / "spool").iterdir()), "the folder to go")
        assert agent.edge.spool._memory == spool.MEMORY_BYTES

    async def test_when_the_connection_breaks(self, agent: Running, page: Page, tmp_path: Path):
        await self.begun(page, tmp_path)
        page.socket._response.connection.transport.abort()

        await eventually(lambda: not list((tmp_path / "spool").iterdir()), "the folder to go")

    async def test_when_the_agent_stops(self, tmp_path: Path):
        async with running(tmp_path) as agent, agent.page() as page:
            await page.hello()
            await self.begun(page, tmp_path)
        assert list((tmp_path / "spool").iterdir()) == []

    async def test_when_it_is_given_up_on_its_way(self, page: Page, tmp_path: Path):
        await self.begun(page, tmp_path)
        await page.socket.send_bytes(content.given_up(900))
        await page.socket.send_bytes(content.given_up(1))

        await eventually(lambda: not files(tmp_path), "the files to go")

    async def test_when_a_request_is_cancelled_while_something_is_made(
        self, page: Page, user: ScriptedUser, seen: Seen, tmp_path: Path
    ):
        user._steps.insert(0, Wait())
        number = await page.send_content(bytes(HEAD_BYTES + 1))
        request = await page.send("sign.document", **order(number, "pades"))
        await eventually(lambda: user.open_windows, "the window")
        await page.send("cancel", request=request)

        assert (await page.answer(request))["error"]["data"]["code"] == "cancelled"
        await eventually(lambda: len(files(tmp_path)) == 1, "only the content to stay")
        [folder] = (tmp_path / "spool").iterdir()
        assert [one for one in folder.iterdir() if one.is_dir()] == []

    async def test_of_an_earlier_agent(self, tmp_path: Path):
        left = tmp_path / "spool" / "abc" / "def"
        left.mkdir(parents=True)
        (left / "file").write_bytes(b"x")
        (tmp_path / "elsewhere").write_bytes(b"mine")
        (tmp_path / "spool" / "link").symlink_to(tmp_path / "elsewhere")

        Spool(tmp_path / "spool").clean()

        assert list((tmp_path / "spool").iterdir()) == []
        assert (tmp_path / "elsewhere").read_bytes() == b"mine"


class TestWhatIsMade:
    async def test_waits_for_credit_and_is_never_whole_in_memory(
        self, agent: Running, page: Page, seen: Seen, monkeypatch: pytest.MonkeyPatch
    ):
        """A slow reader: what it has not taken stays in the file."""
        reads = []
        real = outgoing._Source._read
        monkeypatch.setattr(
            outgoing._Source, "_read", lambda self, path: reads.append(1) or real(self, path)
        )
        document = random(6 * WINDOW_BYTES)
        seen.make = in_its_scratch
        number = await page.send_content(document)
        page.credit_taken = False
        result = await page.call("sign.document", **order(number, "pades"))

        await eventually(lambda: sum(map(len, page.came.values())) or self.read_on(page), "some")
        while sum(map(len, page.came.values())) < WINDOW_BYTES:
            await page._next()
        assert await page.call("tokens.list")
        assert len(reads) <= WINDOW_BYTES // outgoing._CHUNK_BYTES + 1
        page.credit_taken = True
        await page.socket.send_bytes(content.credit(WINDOW_BYTES))
        page.receiving._told = page.receiving._taken = WINDOW_BYTES
        assert await page.content(result["content"]) == document + b"|signed"

    @staticmethod
    async def read_on(page: Page) -> None:
        await page._next()

    async def test_is_not_sent_to_a_page_that_wants_no_more_of_it(
        self, page: Page, seen: Seen, tmp_path: Path
    ):
        seen.make = in_its_scratch
        number = await page.send_content(random(6 * WINDOW_BYTES))
        page.credit_taken = False
        result = await page.call("sign.document", **order(number, "pades"))
        while result["content"] not in page.came:
            await page._next()
        await page.socket.send_bytes(content.unwanted(result["content"]))
        while result["content"] in page.came:  # until it is given up
            await page._next()

        await eventually(lambda: len(files(tmp_path)) == 1, "what was made to go")

    async def test_ends_the_connection_of_a_page_that_never_takes_it(
        self, page: Page, seen: Seen, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(outgoing, "CREDIT_SECONDS", 0.1)
        seen.make = in_its_scratch
        number = await page.send_content(random(2 * WINDOW_BYTES))
        page.credit_taken = False
        await page.call("sign.document", **order(number, "pades"))
        while (await page.socket.receive(10)).type is aiohttp.WSMsgType.BINARY:
            pass

        assert page.socket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE

    async def test_is_refused_by_the_user_as_ever(self, page: Page, user: ScriptedUser):
        user._steps.insert(0, Refuse())
        number = await page.send_content(b"abc")

        assert (await page.refused("sign.document", **order(number)))["code"] == "user_refused"


class TestOptions:
    async def test_reach_the_format_and_what_it_lacks_is_said(self, page: Page):
        number = await page.send_content(b"abc")
        assert await page.call("sign.document", **order(number, options={"hash": "sha512"}))

        error = await page.refused("sign.document", **order(number, options={"padding": "pss"}))

        assert (error["code"], error["details"]) == ("option_unsupported", {"option": "padding"})


class TestManyConnections:
    async def test_that_all_upload_do_not_starve_others(self, agent: Running):
        """Somebody else is answered again and again while they upload, not after it."""
        answered_meanwhile = 0
        async with agent.native() as quick:
            uploads = [
                asyncio.create_task(self.upload(agent.page()))
                for _ in range(MAX_CONNECTIONS_PER_ORIGIN)
            ]
            while not any(upload.done() for upload in uploads):
                await quick.call("tokens.list")
                answered_meanwhile += 1
                await asyncio.sleep(0.02)  # within the rate
            await asyncio.gather(*uploads)

        assert answered_meanwhile > 5

    @staticmethod
    async def upload(opening) -> None:
        async with opening as page:
            await page.hello()
            await page.send_content(bytes(6 * WINDOW_BYTES))
            await page.call("tokens.list")


class TestPickedFiles:
    @pytest.fixture
    def chosen(self, tmp_path: Path) -> Path:
        folder = tmp_path / "Tài liệu"
        folder.mkdir()
        path = folder / "Hợp đồng.pdf"
        path.write_bytes(random(HEAD_BYTES + 1))
        return path

    @pytest.fixture(autouse=True)
    def dialog(self, user: ScriptedUser, chosen: Path) -> list:
        asked = []

        async def pick(question):
            asked.append(question)
            return (chosen,)

        user.pick = pick
        return asked

    async def picked(self, page: Page) -> dict:
        result = await page.call("files.pick", reason="Chọn", kinds=["pdf"])
        [file] = result["files"]
        return file

    async def test_are_told_by_name_size_and_hash_and_never_by_path(
        self, page: Page, chosen: Path, dialog: list
    ):
        file = await self.picked(page)

        assert (file["name"], file["size"]) == ("Hợp đồng.pdf", HEAD_BYTES + 1)
        assert file["sha256"] == sha256(chosen.read_bytes()).hex()
        assert set(file) == {"file", "name", "size", "sha256"}
        assert (dialog[0].reason, dialog[0].kinds, dialog[0].multiple) == ("Chọn", ("pdf",), False)
        assert "Tài liệu" not in str(page.notified)

    @pytest.mark.parametrize("size", [0, 1, HEAD_BYTES, HEAD_BYTES + 1, 3_000_000])
    @pytest.mark.parametrize("profile", ["seen", "pades"])
    async def test_are_signed(
        self, page: Page, chosen: Path, tmp_path: Path, size: int, profile: str
    ):
        chosen.write_bytes(random(size))
        file = await self.picked(page)

        result = await page.call(
            "sign.document", source={"file": file["file"]}, name="x", profile=profile
        )

        assert await page.content(result["content"]) == chosen.read_bytes() + b"|signed"
        await eventually(lambda: not files(tmp_path), "our copy to go")

    async def test_are_not_copied_where_hashes_will_do(
        self, page: Page, chosen: Path, seen: Seen, tmp_path: Path
    ):
        seen.make = lambda _: b"signed"
        file = await self.picked(page)
        params = {"source": {"file": file["file"]}, "name": "x", "profile": "cades-detached"}

        await page.call("sign.document", **params, options={"hash": "sha384"})

        document = chosen.read_bytes()
        assert seen.handed == [
            Digested(
                size=len(document),
                digests={
                    name: hashlib.new(name, document).digest() for name in ("sha256", "sha384")
                },
                head=document[:HEAD_BYTES],
            )
        ]

    @pytest.mark.parametrize(
        "change",
        [
            lambda path: path.write_bytes(b"x"),
            lambda path: path.write_bytes(bytes(HEAD_BYTES + 1)),
            lambda path: path.unlink(),
            lambda path: (path.unlink(), path.mkdir()),
        ],
    )
    @pytest.mark.parametrize("profile", ["seen", "cades-detached"])
    async def test_that_have_changed_are_not_signed(
        self, page: Page, chosen: Path, change, profile: str
    ):
        file = await self.picked(page)
        change(chosen)

        error = await page.refused(
            "sign.document", source={"file": file["file"]}, name="x", profile=profile
        )

        assert (error["code"], error["details"]) == ("file_unreadable", {"name": "Hợp đồng.pdf"})

    async def test_that_changed_without_a_trace_are_not_signed_either(
        self, page: Page, chosen: Path
    ):
        """The same size and time, other octets."""
        file = await self.picked(page)
        before = chosen.stat()
        chosen.write_bytes(random(HEAD_BYTES + 1))
        os.utime(chosen, ns=(before.st_atime_ns, before.st_mtime_ns))

        error = await page.refused(
            "sign.document", source={"file": file["file"]}, name="x", profile="seen"
        )

        assert error["code"] == "file_unreadable"

    async def test_that_cannot_be_read_are_said_to_be(self, page: Page, chosen: Path):
        chosen.unlink()

        error = await page.refused("files.pick")

        assert (error["code"], error["details"]) == ("file_unreadable", {"name": "Hợp đồng.pdf"})

    async def test_are_of_one_connection(self, agent: Running, page: Page):
        file = await self.picked(page)
        async with agent.page() as other:
            await other.hello()

            error = await other.refused(
                "sign.document", source={"file": file["file"]}, name="x", profile="seen"
            )

        assert error["code"] == "content_unknown"

    async def test_say_how_far_they_have_been_read(
        self, page: Page, chosen: Path, monkeypatch: pytest.MonkeyPatch
    ):
        go_on = threading.Event()
        real = picked.hashlib.sha256
        monkeypatch.setattr(picked.hashlib, "sha256", lambda: go_on.wait(10) and real())
        picking = await page.send("files.pick")
        while True:
            params = await page.notification("progress")
            if params["stage"] == "checking":
                break
        go_on.set()

        assert (params["done"], params["total"]) == (0, HEAD_BYTES + 1)
        assert (await page.answer(picking))["result"]["files"]

    async def test_are_not_read_on_for_a_page_that_has_gone(
        self, agent: Running, chosen: Path, monkeypatch: pytest.MonkeyPatch
    ):
        steps = []
        real = spool.Pace.step

        def step(pace, count):
            steps.append(pace)
            if len(steps) == 1:
                while not pace.stopped:
                    threading.Event().wait(0.01)
            real(pace, count)

        monkeypatch.setattr(spool.Pace, "step", step)
        async with agent.page() as page:
            await page.hello()
            await page.send("files.pick")
            await eventually(lambda: steps, "the reading to begin")
        await agent.edge.spool.read(lambda: None)

        assert len(steps) == 1


def test_formats_that_take_files_are_among_the_profiles():
    assert opening.BY_HASHES <= opening.FROM_FILES
