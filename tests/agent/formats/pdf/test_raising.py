"""PAdES B-T, B-LT and B-LTA: what is asked for, what becomes of it, and what of wrong answers."""

import hashlib

import pytest
from asn1crypto import core

from agent.documents import Filed
from agent.errors import DocumentError
from agent.formats.levels import Evidence, EvidenceNeeded, Level, StampNeeded
from agent.formats.options import Stamp
from agent.formats.pdf.changes import Change
from agent.formats.pdf.hole import RESERVED
from agent.formats.pdf.judged import judged
from agent.formats.pdf.verify import examine
from tests.support import cms, pdf
from tests.support.pdf_levels import World

WORLD = World()
SIGNED = WORLD.signed(pdf.file(pages=2))


def kinds(needs):
    return [type(need) for need in needs]


@pytest.fixture
def world():
    WORLD.asked.clear()
    WORLD.given.clear()
    return WORLD


class TestReaching:
    def test_b_t_puts_a_time_stamp_into_the_signature_s_hole(self, world) -> None:
        raised = world.raised(SIGNED, Level.T)

        (found,) = judged(raised).signatures
        assert kinds(world.asked) == [StampNeeded]
        assert len(raised) == len(SIGNED)
        assert found.timestamps == (world.token(world.asked[0].sha256),)
        assert found.covers_file

    def test_b_lt_adds_what_it_is_judged_by(self, world) -> None:
        raised = world.raised(SIGNED, Level.LT)

        signed = judged(raised)
        _, need = world.asked
        _, evidence = world.given
        assert kinds(world.asked) == [StampNeeded, EvidenceNeeded]
        assert need.certificates == (world.unit.der, world.tsa.der)
        assert world.ca.der in need.hints
        assert signed.store.certificates == evidence.certificates
        assert signed.store.ocsp_responses == evidence.ocsp_responses
        assert signed.store.crls == evidence.crls
        assert signed.signatures[0].changed_after is Change.MAINTENANCE

    def test_b_lta_adds_a_time_stamp_of_all_of_it(self, world) -> None:
        signed = judged(world.raised(SIGNED, Level.LTA))

        (signature,), (archive,) = signed.signatures, signed.timestamps
        assert kinds(world.asked) == [StampNeeded, EvidenceNeeded, StampNeeded]
        assert archive.covers_file
        assert (archive.stamp.certificate, archive.stamp.at) == (world.tsa.der, world.at)
        assert signed.archived(signature) == (archive.stamp,)
        assert signature.changed_after is Change.MAINTENANCE

    def test_step_by_step_is_the_same_as_at_once(self, world) -> None:
        raised = SIGNED
        for level in Level:
            raised = world.raised(raised, level)

        assert kinds(world.asked) == [StampNeeded, EvidenceNeeded, StampNeeded]
        assert len(judged(raised).timestamps) == 1

    def test_b_b_asks_nothing(self, world) -> None:
        assert world.raised(SIGNED, Level.B) == SIGNED
        assert world.asked == []

    def test_another_signature_after_that_can_be_raised_too(self, world) -> None:
        first = world.raised(SIGNED, Level.LT)
        other = world.ca.issue("CÔNG TY KHÁC", mst="0101300850")

        signed = judged(world.raised(world.signed(first, by=other), Level.LTA))

        assert [one.certificate for one in signed.signatures] == [world.unit.der, other.der]
        assert [len(one.timestamps) for one in signed.signatures] == [1, 1]
        assert len(signed.store.about) == 2
        assert len(signed.store.certificates) == len(set(signed.store.certificates))

    def test_a_stamped_page_stays_as_it_was(self, world) -> None:
        signed = judged(world.raised(world.signed(pdf.file(), stamp=Stamp()), Level.LTA))

        assert signed.signatures[0].changed_after is Change.MAINTENANCE


class TestWrongAnswers:
    @pytest.mark.parametrize("level", [Level.T, Level.LTA])
    def test_a_time_stamp_of_something_else(self, world, level) -> None:
        before = SIGNED if level is Level.T else world.raised(SIGNED, Level.LT)
        raising = world.format.raised(before, document=b"", level=level)
        next(raising)

        with pytest.raises(DocumentError) as refusal:
            raising.send(cms.stamp(world.tsa, b"something else"))

        assert refusal.value.details["reason"] == "timestamp"

    def test_a_time_stamp_that_has_no_room(self, world) -> None:
        raising = world.format.raised(SIGNED, document=b"", level=Level.T)
        value = examine(SIGNED).signatures[0].value
        next(raising)

        with pytest.raises(DocumentError) as refusal:
            raising.send(cms.stamp(world.tsa, value, unsigned={"1.2.3": [_octets(RESERVED)]}))

        assert refusal.value.details["reason"] == "timestamp"

    def test_no_revocation_data(self, world) -> None:
        raising = world.format.raised(world.raised(SIGNED, Level.T), document=b"", level=Level.LT)
        next(raising)

        with pytest.raises(DocumentError) as refusal:
            raising.send(Evidence(certificates=(world.ca.der,)))

        assert refusal.value.code == "evidence_unavailable"

    def test_evidence_is_stored_as_it_came_and_hurts_nobody(self, world) -> None:
        raising = world.format.raised(world.raised(SIGNED, Level.T), document=b"", level=Level.LT)
        next(raising)

        with pytest.raises(StopIteration) as end:
            raising.send(Evidence(certificates=(b"", b"\x30"), crls=(b"none",)))

        assert judged(end.value.value).store.crls == (b"none",)

    def test_what_is_not_signed(self, world) -> None:
        with pytest.raises(DocumentError) as refusal:
            world.raised(pdf.file(), Level.T)

        assert (refusal.value.code, refusal.value.details["reason"]) == (
            "signature_invalid",
            "missing",
        )

    def test_a_signature_that_an_update_covers_gets_no_time_stamp_any_more(self, world) -> None:
        with pytest.raises(DocumentError) as refusal:
            world.raised(pdf.appended(SIGNED, {99: "<< >>"}), Level.T)

        assert refusal.value.code == "option_unsupported"


class TestInAFile:
    def test_all_levels_are_reached_in_the_file(self, world, tmp_path) -> None:
        raised = world.raised(world.signed(filed(pdf.file(), tmp_path)), Level.LTA)

        octets = raised.path.read_bytes()
        assert [one.problem for one in judged(octets).signatures] == [""]
        assert (raised.size, raised.digests["sha256"]) == (len(octets), sha256(octets))
        assert octets.startswith(pdf.file())

    @pytest.mark.parametrize("needs", [1, 2, 3])
    def test_what_is_given_up_leaves_the_file_as_it_was(self, world, tmp_path, needs) -> None:
        signed = world.signed(filed(pdf.file(), tmp_path))
        before = signed.path.read_bytes()
        raising = world.format.raised(signed, document=b"", level=Level.LTA)
        need = next(raising)
        for _ in range(needs - 1):
            need = raising.send(world.answer(need))

        raising.close()

        assert signed.path.read_bytes() == before


def filed(document, folder):
    path = folder / "document.pdf"
    path.write_bytes(document)
    return Filed(
        path=path, size=len(document), digests={"sha256": sha256(document)}, scratch=folder
    )


def sha256(octets):
    return hashlib.sha256(octets).digest()


def _octets(count):
    return core.OctetString(b"\0" * count)
