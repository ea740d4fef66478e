"""ASiC-E as we make it: what is in it, what it is raised to, and what never leaves."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.documents import Bundle, Digested, Document, Filed, Made
from agent.errors import DocumentError, InternalError
from agent.formats.api import fitted
from agent.formats.asic import AsicFormat, PreparedAsic, verify
from agent.formats.asic import sign as module
from agent.formats.content import as_filed
from agent.formats.levels import Level
from agent.formats.options import Options
from agent.formats.registry import format_for
from tests.support import cms
from tests.support.pki import Authority, Holder

NOON = datetime(2026, 11, 23, 12, 0, 1, tzinfo=UTC)
DOCUMENT = "Hợp đồng số 1".encode()
WAY = AsicFormat().named("hợp đồng 1.txt")


def prepared(
    unit: Holder, document: Document | Bundle = DOCUMENT, way: AsicFormat = WAY
) -> PreparedAsic:
    return way.prepare(document, certificate=unit.der, signing_time=NOON)


def signed(unit: Holder, document: Document | Bundle = DOCUMENT, way: AsicFormat = WAY) -> Made:
    made = prepared(unit, document, way)
    return made.complete(unit.sign_by(made.mechanism, made.digest))


def opened(made: Made) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(made) if isinstance(made, bytes) else made.path)


@pytest.fixture
def large(tmp_path: Path) -> Filed:
    path, scratch = tmp_path / "document", tmp_path / "scratch"
    path.write_bytes(DOCUMENT * 100_000)
    scratch.mkdir()
    return as_filed(path, scratch=scratch)


class TestWhatIsInIt:
    def test_the_type_is_first_and_bare(self, unit: Holder) -> None:
        """EN 319 162-1, annex A.1: programs look at fixed places."""
        made = signed(unit)

        assert made[:4] == b"PK\3\4"
        assert made[30:38] == b"mimetype"
        assert made[38:69] == b"application/vnd.etsi.asic-e+zip"

    def test_the_document_stands_under_its_name(self, unit: Holder) -> None:
        with opened(signed(unit)) as archive:
            assert archive.namelist() == [
                "mimetype",
                "hợp đồng 1.txt",
                "META-INF/ASiCManifest001.xml",
                "META-INF/signature001.p7s",
            ]
            assert archive.read("hợp đồng 1.txt") == DOCUMENT
            assert archive.testzip() is None
            assert archive.infolist()[1].date_time == (2026, 11, 23, 12, 0, 0)

    def test_the_description_is_the_documents(self, unit: Holder) -> None:
        described = prepared(unit).description

        assert (described.kind, described.preview) == ("other", DOCUMENT.decode())
        assert described.size == len(DOCUMENT)

    def test_several_documents_under_one_signature(self, unit: Holder, large: Filed) -> None:
        bundle = Bundle(parts=(("a/b.txt", b"1"), ("b.txt", b"2"), ("lớn.bin", large)))

        made = signed(unit, bundle)

        assert isinstance(made, Filed)
        (found,) = verify(made.path)
        assert found.files == ("b.txt", "b (2).txt", "lớn.bin")
        with opened(made) as archive:
            assert archive.read("lớn.bin") == large.path.read_bytes()
        described = prepared(unit, bundle).description
        assert "lớn.bin" in described.preview
        assert described.size == 2 + large.size

    def test_in_files_only_the_container_is_made(self, unit: Holder, large: Filed) -> None:
        made = signed(unit, large)

        assert isinstance(made, Filed)
        assert list(large.scratch.iterdir()) == [made.path]
        assert made.size == made.path.stat().st_size

    def test_the_registry_has_it_with_its_name(self, unit: Holder) -> None:
        way = fitted(format_for("asic-e"), options=Options(), name="C:\\x\\..\\báo cáo?.pdf")

        (found,) = verify(signed(unit, DOCUMENT, way))

        assert found.files == ("báo cáo_.pdf",)

    @pytest.mark.parametrize("name", ["", "..", "/", "mimetype", "META-INF", "Mimetype", "\0"])
    def test_names_that_are_none(self, unit: Holder, name: str) -> None:
        (found,) = verify(signed(unit, DOCUMENT, AsicFormat().named(name)))

        assert found.files in (("document",), ("_",))

    def test_a_request_may_choose(self, unit: Holder) -> None:
        way = WAY.with_options(Options(hash="sha512", padding="pss"))

        (found,) = verify(signed(unit, DOCUMENT, way))

        assert found.signature.scheme.mechanism == "rsa-pss-sha512"
        assert b"xmlenc#sha512" in found.manifest


class TestWhatNeverLeaves:
    def test_a_wrong_value(self, unit: Holder) -> None:
        with pytest.raises(InternalError, match="self_check_failed"):
            prepared(unit).complete(bytes(256))

    def test_a_document_that_changed_meanwhile(self, unit: Holder, large: Filed) -> None:
        made = prepared(unit, large)
        large.path.write_bytes(b"x" * large.size)

        with pytest.raises(InternalError, match="self_check_failed"):
            made.complete(unit.sign(made.digest))

        assert list(large.scratch.iterdir()) == []

    def test_a_container_that_says_something_else(
        self, unit: Holder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = signed(unit, b"other")
        made = prepared(unit)
        monkeypatch.setattr(module, "container", lambda *_, **__: other)

        with pytest.raises(InternalError, match="self_check_failed"):
            made.complete(unit.sign(made.digest))

    def test_what_is_not_at_hand_cannot_be_contained(self, unit: Holder) -> None:
        for document in (Digested(size=1, digests={"sha256": bytes(32)}), bytes(65 * 1024 * 1024)):
            with pytest.raises(DocumentError, match="document_too_large"):
                prepared(unit, document)

    def test_a_stamp_is_for_pages(self) -> None:
        from agent.formats.options import Stamp

        with pytest.raises(DocumentError, match="option_unsupported"):
            WAY.with_options(Options(stamp=Stamp()))


class TestLevels:
    @pytest.mark.parametrize("in_a_file", [False, True])
    def test_t(self, unit: Holder, ca: Authority, large: Filed, *, in_a_file: bool) -> None:
        document = large if in_a_file else DOCUMENT
        before = signed(unit, document)
        raising = WAY.raised(before, document=document, level=Level.T)
        next(raising)
        (found,) = verify(before if isinstance(before, bytes) else before.path)
        token = cms.stamp(ca.stamping(), found.signature.signature)

        with pytest.raises(StopIteration) as end:
            raising.send(token)

        made = end.value.value
        assert isinstance(made, Filed) is in_a_file
        (after,) = verify(made if isinstance(made, bytes) else made.path)
        assert after.signature.timestamps == (token,)
        assert after.files == found.files

    def test_of_another_document(self, unit: Holder) -> None:
        with pytest.raises(InternalError):
            next(WAY.raised(signed(unit), document=b"another", level=Level.T))
