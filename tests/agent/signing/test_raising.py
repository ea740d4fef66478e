"""Raising a signature: authorities and evidence that come, that do not, and that are too slow."""

import asyncio
import hashlib
import resource
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agent.documents import Filed
from agent.errors import ServiceError
from agent.formats.cms import CmsFormat, verify
from agent.formats.content import as_filed
from agent.formats.levels import Evidence, EvidenceNeeded, Level
from agent.signing.desk import Desk
from agent.signing.raising import Raised, raised
from protocol.messages import Stage
from tests.support import cms as made
from tests.support.pki import NOW, Authority, Holder, Urls
from tests.support.prompts import ScriptedUser
from tests.support.signing import desk_with, traced_errand
from tests.support.tokens import MemoryTokens

DOCUMENT = b"contract"
WAY = CmsFormat(attached=False)


@pytest.fixture(scope="module")
def ca() -> Authority:
    return Authority.under(Authority.root(), urls=Urls())


@pytest.fixture(scope="module")
def unit(ca: Authority) -> Holder:
    return ca.issue()


@pytest.fixture(scope="module")
def signed(unit: Holder) -> bytes:
    prepared = WAY.prepare(DOCUMENT, certificate=unit.der, signing_time=NOW)
    value = prepared.complete(unit.sign(prepared.digest))
    assert isinstance(value, bytes)
    return value


class Stamps:
    """An authority that knows what it is asked about: a token is of octets, not of a hash."""

    def __init__(self, signed: bytes, tsa: Holder) -> None:
        self.value = made.signature_value(signed)
        self.tsa = tsa
        self.asked = 0
        self.answer: Callable[[], bytes] = lambda: made.stamp(self.tsa, self.value)

    async def stamp(self, sha256: bytes) -> bytes:
        assert sha256 == hashlib.sha256(self.value).digest()
        self.asked += 1
        return self.answer()


class Proofs:
    def __init__(self, ca: Authority, *, required: bool = False) -> None:
        self.required = required
        self.evidence = Evidence(certificates=(ca.der,), crls=(ca.crl(),))
        self.asked: list[EvidenceNeeded] = []
        self.missing = False

    async def gather(self, need: EvidenceNeeded, /) -> Evidence:
        self.asked.append(need)
        if self.missing:
            raise ServiceError("evidence_unavailable")
        return self.evidence


@pytest.fixture
def stamps(signed: bytes, ca: Authority) -> Stamps:
    return Stamps(signed, ca.stamping())


@pytest.fixture
def proofs(ca: Authority) -> Proofs:
    return Proofs(ca)


@pytest.fixture
def desk(tmp_path: Path, stamps: Stamps, proofs: Proofs) -> Desk:
    bare = desk_with(tmp_path, tokens=MemoryTokens(), user=ScriptedUser())
    return replace(bare, authorities=stamps, evidence=proofs)


def in_file(unit: Holder, folder: Path) -> tuple[Filed, Filed]:
    """A document, and around it its signature."""
    (folder / "document").write_bytes(DOCUMENT)
    document = as_filed(folder / "document", scratch=folder)
    prepared = CmsFormat(attached=True).prepare(document, certificate=unit.der, signing_time=NOW)
    signed = prepared.complete(unit.sign(prepared.digest))
    assert isinstance(signed, Filed)
    return document, signed


async def to(desk: Desk, signed: bytes, level: Level) -> Raised:
    return await raised(desk, traced_errand()[0], WAY, signed, document=DOCUMENT, level=level)


async def test_without_a_level_nobody_is_asked(desk: Desk, signed: bytes, stamps: Stamps) -> None:
    errand, stages = traced_errand()

    done = await raised(desk, errand, WAY, signed, document=DOCUMENT, level=Level.B)

    assert done == Raised(document=signed, level=Level.B)
    assert (stages, stamps.asked) == ([], 0)


async def test_it_says_what_it_waits_for(desk: Desk, signed: bytes) -> None:
    errand, stages = traced_errand()

    await raised(desk, errand, WAY, signed, document=DOCUMENT, level=Level.T)

    assert stages == [Stage.TIMESTAMPING]


async def test_all_that_was_asked_for(
    desk: Desk, signed: bytes, stamps: Stamps, proofs: Proofs
) -> None:
    done = await to(desk, signed, Level.LT)

    assert (done.level, done.problem) == (Level.LT, "")
    (found,) = verify(done.document, content=DOCUMENT)
    assert len(found.timestamps) == 1
    assert found.crls == proofs.evidence.crls
    assert (stamps.asked, len(proofs.asked)) == (1, 1)


class TestWhatCannotBeHad:
    async def test_no_authority_is_configured(self, desk: Desk, signed: bytes) -> None:
        done = await to(replace(desk, authorities=None), signed, Level.LT)

        assert done == Raised(document=signed, level=Level.B, problem="timestamp_not_configured")

    async def test_an_authority_that_is_not_there_is_asked_once(
        self, desk: Desk, signed: bytes, stamps: Stamps
    ) -> None:
        def away() -> bytes:
            raise ServiceError("service_unreachable", host="tsa")

        stamps.answer = away

        done = await to(desk, signed, Level.LT)

        assert done == Raised(document=signed, level=Level.B, problem="service_unreachable")
        assert stamps.asked == 1

    async def test_a_token_of_something_else(
        self, desk: Desk, signed: bytes, stamps: Stamps
    ) -> None:
        stamps.answer = lambda: made.stamp(stamps.tsa, b"something else")

        done = await to(desk, signed, Level.T)

        assert done == Raised(document=signed, level=Level.B, problem="timestamp_untrusted")

    async def test_no_evidence_leaves_the_time_stamp(
        self, desk: Desk, signed: bytes, stamps: Stamps, proofs: Proofs
    ) -> None:
        proofs.missing = True

        done = await to(desk, signed, Level.LT)

        assert (done.level, done.problem) == (Level.T, "evidence_unavailable")
        assert len(verify(done.document, content=DOCUMENT)[0].timestamps) == 1
        assert (stamps.asked, len(proofs.asked)) == (1, 1)

    async def test_nobody_gathers_evidence(self, desk: Desk, signed: bytes) -> None:
        done = await to(replace(desk, evidence=None), signed, Level.LT)

        assert (done.level, done.problem) == (Level.T, "evidence_unavailable")

    async def test_where_evidence_is_required_nothing_is_handed_out_without(
        self, desk: Desk, signed: bytes, proofs: Proofs
    ) -> None:
        proofs.required = proofs.missing = True

        with pytest.raises(ServiceError, match="evidence_unavailable"):
            await to(desk, signed, Level.LT)
        assert (await to(desk, signed, Level.T)).level is Level.T

    async def test_a_level_that_the_format_has_not(self, desk: Desk, signed: bytes) -> None:
        done = await to(desk, signed, Level.LTA)

        assert (done.level, done.problem) == (Level.LT, "option_unsupported")


async def test_a_full_disk_leaves_the_signature(desk: Desk, unit: Holder, tmp_path: Path) -> None:
    document, before = in_file(unit, tmp_path)
    stamps = Stamps(before.path.read_bytes(), desk.authorities.tsa)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (before.size, limit[1]))
    try:
        done = await raised(
            replace(desk, authorities=stamps),
            traced_errand()[0],
            CmsFormat(attached=True),
            before,
            document=document,
            level=Level.T,
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)

    assert done == Raised(document=before, level=Level.B, problem="storage_full")
    assert verify(before.path.read_bytes())
    assert list(tmp_path.glob("made-*")) == [before.path]  # nor is half of another one there


class TestSlowness:
    async def test_others_go_on_meanwhile_and_it_can_be_cancelled(
        self, desk: Desk, signed: bytes
    ) -> None:
        asked = asyncio.Event()

        class Slow:
            async def stamp(self, _: bytes) -> bytes:
                asked.set()
                await asyncio.Event().wait()
                raise AssertionError

        slow = asyncio.create_task(to(replace(desk, authorities=Slow()), signed, Level.T))
        await asked.wait()

        assert (await to(desk, signed, Level.T)).level is Level.T
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow

    async def test_cancelled_while_it_writes(self, desk: Desk, signed: bytes) -> None:
        writing, go_on = threading.Event(), threading.Event()

        class Writing:
            def raised(self, before, *, document, level):
                writing.set()
                go_on.wait()
                yield from WAY.raised(before, document=document, level=level)

        errand, _ = traced_errand()
        task = asyncio.create_task(
            raised(desk, errand, Writing(), signed, document=DOCUMENT, level=Level.T)
        )
        await asyncio.to_thread(writing.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()


async def test_a_file_that_is_replaced_is_gone(desk: Desk, unit: Holder, tmp_path: Path) -> None:
    document, before = in_file(unit, tmp_path)
    stamps = Stamps(before.path.read_bytes(), desk.authorities.tsa)

    done = await raised(
        replace(desk, authorities=stamps),
        traced_errand()[0],
        CmsFormat(attached=True),
        before,
        document=document,
        level=Level.T,
    )

    assert isinstance(done.document, Filed)
    assert (done.document.path.exists(), before.path.exists()) == (True, False)
    assert document.path.exists()
