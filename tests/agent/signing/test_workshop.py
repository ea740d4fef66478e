"""Documents are prepared and completed in threads or processes, with the same result."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import psutil
import pytest

from agent.documents import Filed
from agent.errors import DocumentError, InternalError
from agent.formats.api import unseen
from agent.formats.cms import CmsFormat
from agent.formats.registry import FORMATS
from agent.signing.workshop import Workshop, workshop
from tests.support import pdf
from tests.support.pki import Authority
from tests.support.waiting import eventually

AT = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
XML = b"<Hoso><NoiDung>x</NoiDung><CKy_Dvi/></Hoso>"


@pytest.fixture(scope="module")
def unit():
    return Authority.root().issue()


@pytest.fixture
async def equipped() -> AsyncIterator[Workshop]:
    shop = Workshop()
    await shop.equip()
    yield shop
    await shop.close()


def children() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if "agent.signing.workbench" in " ".join(child.cmdline())
    ]


async def made(shop: Workshop, unit, profile: str, document) -> object:
    work = await shop.prepare(
        unseen(FORMATS[profile]), document, certificate=unit.der, signing_time=AT
    )
    return await work.complete(unit.sign(work.digest))


async def test_processes_make_what_threads_make(equipped: Workshop, unit) -> None:
    threads = Workshop()
    for profile, document in (("bhxh-hoso", XML), ("cades-attached", b"x" * 1000)):
        there = await made(equipped, unit, profile, document)
        here = await made(threads, unit, profile, document)

        assert there == here
    assert (await made(equipped, unit, "pades", pdf.file())).startswith(b"%PDF")
    await threads.close()


async def test_a_document_in_a_file_is_made_in_a_file(equipped, unit, tmp_path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"y" * 100_000)
    digests = {"sha256": __import__("hashlib").sha256(path.read_bytes()).digest()}
    filed = Filed(path=path, size=100_000, digests=digests, head=b"y", scratch=tmp_path)

    result = await made(equipped, unit, "cades-attached", filed)

    assert isinstance(result, Filed)
    assert result.path.stat().st_size == result.size > 100_000


async def test_errors_come_back_as_they_were_raised(equipped, unit) -> None:
    format_ = unseen(FORMATS["bhxh-hoso"])
    with pytest.raises(DocumentError) as refused:
        await equipped.prepare(format_, b"<Hoso/>", certificate=unit.der, signing_time=AT)
    work = await equipped.prepare(format_, XML, certificate=unit.der, signing_time=AT)
    with pytest.raises(InternalError) as wrong:
        await work.complete(bytes(256))

    assert refused.value.code == "container_missing"
    assert wrong.value.code == "self_check_failed"


async def test_many_are_worked_on_at_once_and_none_is_mixed_up(equipped, unit) -> None:
    documents = [b"<Hoso><NoiDung>%d</NoiDung><CKy_Dvi/></Hoso>" % n for n in range(30)]
    results = await asyncio.gather(*(made(equipped, unit, "bhxh-hoso", d) for d in documents))

    assert all(b"<NoiDung>%d<" % n in result for n, result in enumerate(results))


async def test_a_process_that_dies_takes_its_own_documents_and_no_more(equipped, unit) -> None:
    format_ = unseen(FORMATS["bhxh-hoso"])
    work = await equipped.prepare(format_, XML, certificate=unit.der, signing_time=AT)
    for child in children():
        os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(InternalError) as lost:
        await work.complete(unit.sign(work.digest))
    codes = set()
    for _ in range(2):  # each of the others is noticed once
        try:
            await made(equipped, unit, "bhxh-hoso", XML)
        except InternalError as error:
            codes.add(error.code)

    assert lost.value.code == "internal_error"
    assert codes <= {"internal_error"}
    assert await made(equipped, unit, "bhxh-hoso", XML)


async def test_a_format_that_cannot_travel_is_worked_with_here(equipped, unit) -> None:
    class Local(CmsFormat):
        """Of a class that no other process can find."""

    format_ = Local(attached=True)
    work = await equipped.prepare(format_, b"x", certificate=unit.der, signing_time=AT)

    assert await work.complete(unit.sign(work.digest))


async def test_few_documents_need_no_processes() -> None:
    async with workshop(5):
        await asyncio.sleep(0)
        assert children() == []


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor gains nothing by a second")
async def test_processes_are_gone_with_their_batch() -> None:
    async with workshop(500):
        await eventually(children, "the processes")

    assert children() == []
