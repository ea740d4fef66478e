"""What the journal adds to a signature: entries per second and latency, of each way to write them.

Run with: pytest -m bench -s tests/bench/test_journal.py
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.journal import Entry, Exhibit, Journal
from tests.support.measuring import tell

pytestmark = pytest.mark.bench

CERTIFICATE = Exhibit.of(os.urandom(1700))
EVIDENCE = tuple(Exhibit.of(os.urandom(size)) for size in (1600, 1500, 2100, 600_000))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path)) as opened:
        yield opened


def entry(number: int) -> Entry:
    at = datetime.now(UTC)
    return Entry(
        at=at,
        origin="https://ke-khai.example.vn",
        action="sign",
        name=f"hoa-don-{number:06}.xml",
        sha256="ab" * 32,
        size=200_000,
        profile="einvoice",
        mechanism="rsa-pkcs1-sha256",
        level="B-B",
        signed_at=at,
        certificate=CERTIFICATE,
        holder="CÔNG TY TRÁCH NHIỆM HỮU HẠN A",
        serial="54010102030405060708",
        state="valid",
        outcome="signed",
        evidence=EVIDENCE,
    )


def spent(write: Callable[[Entry], object], count: int) -> list[float]:
    seconds = []
    for number in range(count):
        begin = time.perf_counter()
        write(entry(number))
        seconds.append(time.perf_counter() - begin)
    return sorted(seconds)


def told(seconds: list[float]) -> str:
    count = len(seconds)
    return (
        f"{count / sum(seconds):.0f} per second; mean {statistics.mean(seconds) * 1e6:.0f} µs,"
        f" median {seconds[count // 2] * 1e6:.0f} µs, 99th {seconds[count * 99 // 100] * 1e6:.0f}"
        f" µs, longest {seconds[-1] * 1e3:.1f} ms"
    )


def test_one_after_the_other(journal: Journal) -> None:
    tell("append", told(spent(journal.append, 200)))
    tell("jot", told(spent(journal.jot, 10_000)))


def test_jotting_at_the_rate_of_a_token(journal: Journal) -> None:
    def after_a_signature(one: Entry) -> float:
        time.sleep(0.0016)
        begin = time.perf_counter()
        journal.jot(one)
        return time.perf_counter() - begin

    tell("jot, 600 a second", told(sorted(after_a_signature(entry(n)) for n in range(2000))))


def test_eight_threads_share_their_syncs(journal: Journal) -> None:
    begin = time.perf_counter()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: journal.append(entry(n)), range(400)))
    tell("append, 8 threads", f"{400 / (time.perf_counter() - begin):.0f} per second")


def test_many_at_once(journal: Journal, tmp_path: Path) -> None:
    begin = time.perf_counter()
    journal.append_many([entry(n) for n in range(10_000)])
    tell("append_many of 10,000", f"{10_000 / (time.perf_counter() - begin):.0f} per second")
    begin = time.perf_counter()
    assert journal.verify() == 10_000
    tell("verify of 10,000", f"{time.perf_counter() - begin:.2f} s")
    journal.purge()
    size = (tmp_path / "journal.sqlite").stat().st_size - sum(len(e.der or b"") for e in EVIDENCE)
    tell("an entry on the disk", f"{size / 10_000:.0f} bytes")
