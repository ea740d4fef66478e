"""The journal's line is written once, for one request and for many under one consent."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.errors import UserError
from agent.journal import Exhibit, settling
from agent.signing.candidates import Candidate, at_a_glance
from agent.signing.desk import Desk, Errand
from agent.signing.record import Ending, Ledger, Record, Subject, recorded, sitting
from protocol.messages import CertificateState
from tests.support.prompts import ScriptedUser
from tests.support.signing import ORIGIN, Verdict, desk_with, traced_errand
from tests.support.tokens import Card, MemoryTokens

AT = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_with(tmp_path, tokens=MemoryTokens(Card()), user=ScriptedUser())


def asked(desk: Desk, *evidence: bytes) -> tuple[Errand, Candidate]:
    errand, _ = traced_errand()
    [glanced] = at_a_glance(desk)
    return errand, Candidate(
        certificate=glanced.certificate,
        summary=glanced.summary,
        assessment=Verdict(state=CertificateState.VALID, evidence=evidence),
    )


def record(desk: Desk, *evidence: bytes) -> Record:
    errand, candidate = asked(desk, *evidence)
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


def test_large_evidence_is_kept_whole(desk: Desk) -> None:
    crl = bytes(100_000)

    record(desk, b"chain", crl).close("signed")

    [stored] = desk.journal.latest(limit=1)
    assert stored.entry.evidence == (Exhibit.of(b"chain"), Exhibit.of(crl))
    assert desk.journal.evidence(Exhibit.of(crl).sha256) == crl
    desk.journal.verify()


def test_a_line_says_what_was_signed_how_and_what_it_relies_on(desk: Desk) -> None:
    errand, candidate = asked(desk, b"chain")
    line = Record(
        desk, errand, candidate,
        action="sign", name="a.pdf", sha256="00", size=7, profile="pades", mechanism="rsa",
    )  # fmt: skip

    line.close(
        "signed",
        Ending(
            level="B-T",
            level_problem="revocation_unknown",
            signed_at=AT,
            stamped_at=AT + timedelta(seconds=2),
            evidence=(b"token", b"chain", b"token"),
        ),
    )

    entry = desk.journal.latest(limit=1)[0].entry
    assert (entry.name, entry.size, entry.profile, entry.mechanism) == ("a.pdf", 7, "pades", "rsa")
    assert (entry.level, entry.level_problem) == ("B-T", "revocation_unknown")
    assert (entry.signed_at, entry.stamped_at) == (AT, AT + timedelta(seconds=2))
    assert (entry.origin, entry.state, entry.holder) == (ORIGIN, "valid", candidate.summary.holder)
    assert entry.certificate == Exhibit.of(candidate.certificate.der)
    # Each piece once, however often it was relied on.
    assert entry.evidence == (Exhibit.of(b"chain"), Exhibit.of(b"token"))


class TestALedger:
    @pytest.fixture
    def ledger(self, desk: Desk) -> Ledger:
        return Ledger(desk, *asked(desk, b"chain"), action="sign")

    async def test_has_lines_for_many_that_are_on_the_disk_when_the_sitting_ends(
        self, desk: Desk, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settling, "SETTLED_SECONDS", 60)
        head = tmp_path / "journal" / "journal.head"

        async def cancelled_after_four() -> None:
            async with sitting(ledger):
                for n in range(3):
                    ledger.signed(Subject(name=f"{n}.xml", sha256="00"), Ending(level="B-B"))
                ledger.ended("document_has_dtd", Subject(name="3.xml", sha256="00"))
                assert len(outcomes(desk)) == 4  # in the file
                assert not head.exists()
                raise UserError("cancelled")

        with pytest.raises(UserError):
            await cancelled_after_four()

        assert outcomes(desk) == ["document_has_dtd", "signed", "signed", "signed"]
        assert int(head.read_text().split()[0]) == 4
        desk.journal.verify()

    async def test_of_each_line_the_first_outcome_counts(self, desk: Desk, ledger: Ledger) -> None:
        async with sitting(ledger):
            one = ledger.line(Subject(name="1.xml", sha256="00"))
            other = ledger.line(Subject(name="2.xml", sha256="00"))
            assert other.close("cancelled")
            assert one.close("signed")
            assert not other.close("signed")
            with pytest.raises(UserError):
                async with recorded(ledger.line(Subject(name="3.xml", sha256="00"))):
                    raise UserError("user_refused")

        assert outcomes(desk) == ["user_refused", "signed", "cancelled"]

    def test_hashes_what_lines_share_once(
        self, ledger: Ledger, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashed: list[bytes] = []
        of = Exhibit.of
        monkeypatch.setattr(
            "agent.signing.record.Exhibit.of", lambda der: (hashed.append(der), of(der))[1]
        )
        answer = b"answer"
        for n in range(100):
            ending = Ending(evidence=(answer, b"token %d" % n))
            ledger.signed(Subject(name=f"{n}.xml", sha256="00"), ending)

        assert hashed.count(answer) <= 4
        assert len([der for der in hashed if der.startswith(b"token")]) == 100
        assert len(ledger._hashed) <= 64
        desk.journal.verify()
