"""Documents in binary frames, through the real server: what is kept, what is made, what is left."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from agent.documents import Description, Digested, Document, Filed, octets
from agent.keys import Mechanism
from protocol import limits
from tests.support.edge import Running, running
from tests.support.prompts import Approve, ScriptedUser
from tests.support.tokens import Card, MemoryTokens

PDF = dict(name="a.bin", profile="seen")


class Seen:
    """A format that notes what it is handed, and makes what it is told to."""

    def __init__(self, make=lambda document: octets_of(document) + b"|signed"):
        self.handed: list[Document] = []
        self.files: list[bytes] = []
        self.make = make

    def prepare(self, document, *, certificate, signing_time):
        self.handed.append(document)
        if isinstance(document, Filed):
            self.files.append(document.path.read_bytes())
        return _Prepared(document, self.make)

    def with_options(self, options):
        options.allow("level", "hash")
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
        sha256 = (
            hashlib.sha256(self._document)
            if isinstance(self._document, bytes)
            else self._document.digests["sha256"]
        )
        known = sha256 if isinstance(sha256, bytes) else sha256.digest()
        return Description(kind="other", sha256=known.hex(), size=1, preview="", preview_cut=False)

    def complete(self, signature):
        return self._make(self._document)


def octets_of(document):
    return document if isinstance(document, bytes) else b""


def in_a_file(document):
    """The document and a word more, in its scratch folder."""
    path = document.scratch / "made"
    path.write_bytes(document.path.read_bytes() + b"|signed")
    return Filed(
        path=path, size=document.size + 7, digests={"sha256": b""}, scratch=document.scratch
    )


def office(tmp_path, *, make=None, user=None, **more):
    """The server, with a card and `Seen` as the only format."""
    seen = Seen(make) if make else Seen()
    user = user or ScriptedUser(*[Approve()] * 9)
    opening = running(tmp_path, tokens=MemoryTokens(Card()), user=user, **more)
    return opening, seen


def install(agent: Running, seen: Seen) -> None:
    object.__setattr__(agent.edge, "desk", replace(agent.edge.desk, formats=lambda: {"seen": seen}))


def left(tmp_path: Path) -> list[Path]:
    return [one for one in (tmp_path / "spool").rglob("*")] if (tmp_path / "spool").exists() else []


def random(size: int) -> bytes:
    return os.urandom(size % 4096) + bytes(size - size % 4096)


class TestWhatIsSent:
    @pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 3 * limits.WINDOW_BYTES + 1])
    async def test_is_signed_as_it_was_and_comes_back(self, tmp_path, size):
        opening, seen = office(tmp_path, make=octets_twice)
        document = random(size)
        async with opening as agent, agent.page() as page:
            install(agent, seen)
            await page.hello()
            number = await page.send_content(document)
            result = await page.call("sign.document", source={"content": number}, **PDF)
            signed = await page.content(result["content"])

        assert signed == document + b"|signed"
        assert (result["size"], result["document"]) == (len(signed), None)
        assert result["sha256"] == hashlib.sha256(document).hexdigest()
        assert (result["level"], result["level_problem"]) == ("B-B", "")
        assert left(tmp_path) == []


def octets_twice(document):
    return (octets(document) if not isinstance(document, Digested) else b"") + b"|signed"
