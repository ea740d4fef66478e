"""The journal's line is written once, and large evidence by its hash."""

import hashlib
from pathlib import Path

import pytest

from agent.errors import UserError
from agent.signing.candidates import Candidate, at_a_glance
from agent.signing.desk import Desk
from agent.signing.record import Record, recorded
from protocol.messages import CertificateState
from tests.support.prompts import ScriptedUser
from tests.support.signing import Verdict, desk_with, traced_errand
from tests.support.tokens import Card, MemoryTokens


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_with(tmp_path, tokens=MemoryTokens(Card()), user=ScriptedUser())


def record(desk: Desk, *evidence: bytes) -> Record:
    errand, _ = traced_errand()
    [glanced] = at_a_glance(desk)
    candidate = Candidate(
        certificate=glanced.certificate,
        summary=glanced.summary,
        assessment=Verdict(state=CertificateState.VALID, evidence=evidence),
    )
    return Record(desk, errand, candidate, action="sign", name="a.xml", sha256="00")


def outcomes(desk: Desk) -> list[str]:
    return [stored.entry.outcome for stored in desk.journal.latest(limit=9)]


def test_the_first_outcome_is_the_one_that_counts(desk: Desk) -> None:
    line = record(desk)

    assert line.close("signed")
    assert not line.close("cancelled")
    assert outcomes(desk) == ["signed"]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(UserError("user_refused"), "user_refused"), (ValueError("?"), "internal_error")],
)
async def test_how_the_block_ended_is_written(desk: Desk, error: Exception, outcome: str) -> None:
    with pytest.raises(type(error)):
        async with recorded(record(desk)):
            raise error

    assert outcomes(desk) == [outcome]


def test_large_evidence_is_kept_by_its_hash(desk: Desk) -> None:
    crl = bytes(100_000)

    record(desk, b"chain", crl).close("signed")

    [stored] = desk.journal.latest(limit=1)
    assert stored.entry.evidence == (b"chain",)
    assert stored.entry.evidence_hashes == (hashlib.sha256(crl).hexdigest(),)
    desk.journal.verify()
