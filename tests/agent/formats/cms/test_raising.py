"""CAdES B-T and B-LT: what is put beside a signature, and answers that are not taken."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pytest
from asn1crypto import cms

from agent.documents import Digested, Document, Filed, Made
from agent.errors import DocumentError, InternalError
from agent.formats.cms import CmsFormat, apart, der, verify
from agent.formats.content import as_filed
from agent.formats.levels import Answer, Evidence, EvidenceNeeded, Level, Need, StampNeeded
from agent.formats.options import Options
from tests.support import cms as made
from tests.support.pki import NOW, Authority, Holder

DOCUMENT = "Hợp đồng số 1".encode()
ATTACHED, DETACHED = CmsFormat(attached=True), CmsFormat(attached=False)
EVIDENCE = Evidence(
    certificates=(der.sequence(b"\x02\x01\x01"),),
    ocsp_responses=(der.sequence(b"\x0a\x01\x00"),),
    crls=(der.sequence(b"\x02\x01\x02"),),
)


@pytest.fixture(scope="module")
def tsa(ca: Authority) -> Holder:
    return ca.stamping()


def signed(unit: Holder, way: CmsFormat, document: Document = DOCUMENT) -> Made:
    prepared = way.prepare(document, certificate=unit.der, signing_time=NOW)
    return prepared.complete(unit.sign_by(prepared.mechanism, prepared.digest))


def driven(
    way: CmsFormat, before: Made, document: Document, level: Level, answers: Iterable[Answer]
) -> tuple[Made, list[Need]]:
    raising = way.raised(before, document=document, level=level)
    needs, given = [], iter(answers)
    try:
        needs.append(next(raising))
        while True:
            needs.append(raising.send(next(given)))
    except StopIteration as end:
        return end.value, needs


def value_of(signature: Made) -> bytes:
    octets = signature if isinstance(signature, bytes) else apart(signature.path).signature
    return made.signature_value(octets)


@pytest.mark.parametrize("way", [ATTACHED, DETACHED], ids=["attached", "detached"])
class TestLevels:
    def test_b_is_what_it_is(self, unit: Holder, way: CmsFormat) -> None:
        before = signed(unit, way)

        assert driven(way, before, DOCUMENT, Level.B, ()) == (before, [])

    def test_t_has_a_stamp_of_the_value(self, unit: Holder, tsa: Holder, way: CmsFormat) -> None:
        before = signed(unit, way)
        token = made.stamp(tsa, value_of(before))

        after, needs = driven(way, before, DOCUMENT, Level.T, [token])

        assert needs == [StampNeeded(sha256=hashlib.sha256(value_of(before)).digest())]
        (found,) = verify(after, content=DOCUMENT)
        assert found.timestamps == (token,)

    def test_lt_has_what_judges_it_offline(
        self, unit: Holder, tsa: Holder, ca: Authority, way: CmsFormat
    ) -> None:
        before = signed(unit, way)
        token = made.stamp(tsa, value_of(before), certificates=[tsa, ca])

        after, needs = driven(way, before, DOCUMENT, Level.LT, [token, EVIDENCE])

        assert needs[1] == EvidenceNeeded(
            certificates=(unit.der, tsa.der), hints=(unit.der, tsa.der, ca.der)
        ) or needs[1] == EvidenceNeeded(
            certificates=(unit.der, tsa.der), hints=(unit.der, ca.der, tsa.der)
        )
        (found,) = verify(after, content=DOCUMENT)
        assert set(found.embedded) == {unit.der, *EVIDENCE.certificates}
        assert (found.crls, found.ocsp_responses) == (EVIDENCE.crls, EVIDENCE.ocsp_responses)
        data = cms.ContentInfo.load(after, strict=True)["content"]
        assert data["version"].native == "v5"  # RFC 5652 §5.1
        (other,) = [one for one in data["crls"] if one.name == "other"]
        assert other.chosen["other_rev_info_format"].dotted == "1.3.6.1.5.5.7.16.2"

    def test_step_by_step_nothing_is_asked_twice(
        self, unit: Holder, tsa: Holder, way: CmsFormat
    ) -> None:
        before = signed(unit, way)
        token = made.stamp(tsa, value_of(before))
        stamped, _ = driven(way, before, DOCUMENT, Level.T, [token])

        after, needs = driven(way, stamped, DOCUMENT, Level.LT, [EVIDENCE])

        assert [type(one) for one in needs] == [EvidenceNeeded]
        assert after == driven(way, before, DOCUMENT, Level.LT, [token, EVIDENCE])[0]


class TestWhatIsRefused:
    def test_a_stamp_of_something_else(self, unit: Holder, tsa: Holder) -> None:
        with pytest.raises(DocumentError) as caught:
            driven(DETACHED, signed(unit, DETACHED), DOCUMENT, Level.T, [made.stamp(tsa, b"x")])

        assert caught.value.details == {"reason": "timestamp"}

    def test_an_answer_of_another_kind(self, unit: Holder, tsa: Holder) -> None:
        before = signed(unit, DETACHED)
        token = made.stamp(tsa, value_of(before))
        for answers in ([EVIDENCE], [token, token]):
            with pytest.raises(InternalError):
                driven(DETACHED, before, DOCUMENT, Level.LT, answers)

    def test_evidence_that_is_no_asn1(self, unit: Holder, tsa: Holder) -> None:
        before = signed(unit, DETACHED)
        answers = [made.stamp(tsa, value_of(before)), Evidence(crls=(b"junk",))]

        with pytest.raises(InternalError, match="self_check_failed"):
            driven(DETACHED, before, DOCUMENT, Level.LT, answers)

    def test_evidence_without_end(self, unit: Holder, tsa: Holder) -> None:
        before = signed(unit, DETACHED)
        large = Evidence(crls=(der.sequence(der.octet_string(bytes(17 * 1024 * 1024))),))

        with pytest.raises(DocumentError, match="document_too_large"):
            driven(DETACHED, before, DOCUMENT, Level.LT, [made.stamp(tsa, value_of(before)), large])

    def test_lta_is_not_there(self, unit: Holder) -> None:
        with pytest.raises(DocumentError, match="option_unsupported"):
            driven(DETACHED, signed(unit, DETACHED), DOCUMENT, Level.LTA, ())
        with pytest.raises(DocumentError, match="option_unsupported"):
            DETACHED.with_options(Options(level=Level.LTA))

    def test_another_document(self, unit: Holder) -> None:
        with pytest.raises(DocumentError) as caught:
            driven(DETACHED, signed(unit, DETACHED), b"another", Level.T, ())

        assert caught.value.details == {"reason": "digest"}

    def test_two_signers(self, unit: Holder, ca: Authority) -> None:
        other = ca.issue("CÔNG TY KHÁC", mst="0312345679")
        info = cms.ContentInfo.load(made.build(other, DOCUMENT))["content"]["signer_infos"][0]

        def both(data: cms.SignedData) -> None:
            data["signer_infos"] = [data["signer_infos"][0], info]

        two = made.build(unit, DOCUMENT, certificates=[unit, other], bend=both)

        with pytest.raises(DocumentError) as caught:
            driven(ATTACHED, two, DOCUMENT, Level.T, ())
        assert caught.value.details == {"reason": "grammar"}


class TestInFiles:
    @pytest.fixture
    def document(self, tmp_path: Path) -> Filed:
        path = tmp_path / "document"
        path.write_bytes(DOCUMENT * 1000)
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        return as_filed(path, scratch=scratch)

    def test_attached_it_is_raised_in_files(
        self, unit: Holder, tsa: Holder, document: Filed
    ) -> None:
        before = signed(unit, ATTACHED, document)
        token = made.stamp(tsa, value_of(before))

        after, _ = driven(ATTACHED, before, document, Level.LT, [token, EVIDENCE])

        assert isinstance(after, Filed)
        assert after.path != before.path
        (found,) = verify(after.path.read_bytes())
        assert found.content == DOCUMENT * 1000
        assert found.timestamps == (token,)
        held = signed(unit, ATTACHED, DOCUMENT * 1000)
        assert driven(ATTACHED, held, b"", Level.LT, [token, EVIDENCE])[0] == (
            after.path.read_bytes()
        )

    def test_one_that_fails_leaves_no_file(
        self, unit: Holder, tsa: Holder, document: Filed
    ) -> None:
        before = signed(unit, ATTACHED, document)
        answers = [made.stamp(tsa, value_of(before)), Evidence(crls=(b"junk",))]

        with pytest.raises(InternalError):
            driven(ATTACHED, before, document, Level.LT, answers)

        assert list(document.scratch.iterdir()) == [before.path]

    def test_detached_the_hash_is_enough(self, unit: Holder, tsa: Holder, document: Filed) -> None:
        known = Digested(size=document.size, digests=document.digests)
        before = signed(unit, DETACHED, known)
        token = made.stamp(tsa, value_of(before))

        after, _ = driven(DETACHED, before, known, Level.T, [token])

        assert verify(after, content=known)[0].timestamps == (token,)
