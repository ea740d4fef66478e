"""An export proves by itself what it holds, to others too, and notices every change."""

import csv
import io
import json
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.journal import Examined, Journal, JournalBroken
from agent.journal.deletion import delete
from agent.journal.export import Manifest, NothingChosen, export
from agent.journal.exported import NoExport, verified
from agent.journal.selection import EVERYTHING, Selection
from agent.journal.summary import COLUMNS
from tests.support.journal import AT, at, entry, tamper

DAY = timedelta(days=1)
HEADINGS = ("number", *COLUMNS)
CRL = bytes.fromhex("3081") + b"\x80" + bytes(128)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    """Entries 1 to 9, one on each day; 2 and 3 are deleted, 7 says so."""
    directory = tmp_path_factory.mktemp("journal") / "journal"
    shutil.copytree(Path(__file__).parent / "version1", directory)
    with closing(Journal(directory)) as opened:
        opened.append_many(
            [at(AT + n * DAY, f"{n}.xml", evidence=(b"chain", b"%d" % n)) for n in range(4, 7)]
        )
        delete(opened, Selection(numbers=(2, 3)), at=AT + 7 * DAY, origin="native:kyso-agent")
        opened.append_many([at(AT + n * DAY, f"{n}.xml", evidence=(CRL,)) for n in range(8, 10)])
        yield opened


def exported(journal: Journal, target: Path, selection: Selection = EVERYTHING) -> Manifest:
    return export(journal, target, selection, at=AT, headings=HEADINGS)


def numbers(manifest: Manifest) -> list[int]:
    return [place.number for place in manifest.chain if place.exported]


@pytest.mark.parametrize("name", ["folder", "archive.zip", "ARCHIVE.ZIP"])
class TestAnExport:
    def test_of_everything_is_in_order(self, journal: Journal, tmp_path: Path, name: str) -> None:
        manifest = exported(journal, tmp_path / name)

        assert numbers(manifest) == [1, 4, 5, 6, 7, 8, 9]
        assert (
            verified(tmp_path / name)
            == journal.examined()
            == Examined(
                entries=7, deleted=((2, 3),), number=9, hash=journal.latest(limit=1)[0].hash
            )
        )

    def test_of_some_has_the_hashes_of_those_between(
        self, journal: Journal, tmp_path: Path, name: str
    ) -> None:
        selection = Selection(since=AT + 4 * DAY, before=AT + 9 * DAY, numbers=(5, 9))
        manifest = exported(journal, tmp_path / name, selection)

        assert numbers(manifest) == [5, 6, 7, 8]
        assert manifest.before == journal.latest(limit=9)[-2].hash.hex()
        found = verified(tmp_path / name)
        assert (found.entries, found.number, found.deleted) == (4, 8, ())

    def test_never_writes_over_anything(self, journal: Journal, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_text("mine")

        with pytest.raises(FileExistsError):
            exported(journal, tmp_path / name)
        assert (tmp_path / name).read_text() == "mine"

    def test_of_nothing_leaves_nothing_behind(
        self, journal: Journal, tmp_path: Path, name: str
    ) -> None:
        with pytest.raises(NothingChosen):
            exported(journal, tmp_path / name, Selection(numbers=(2, 3)))

        assert list(tmp_path.iterdir()) == []

    def test_only_the_user_can_read_it(self, journal: Journal, tmp_path: Path, name: str) -> None:
        exported(journal, tmp_path / name)

        assert stat.S_IMODE((tmp_path / name).stat().st_mode) & 0o077 == 0


def test_its_files_are_named_by_number_and_hash(journal: Journal, tmp_path: Path) -> None:
    exported(journal, tmp_path / "out")

    files = {str(path.relative_to(tmp_path / "out")) for path in tmp_path.glob("out/*/*")}
    assert {name for name in files if name.startswith("entries")} == {
        f"entries/{n:09}.json" for n in (1, 4, 5, 6, 7, 8, 9)
    }
    # The chain above and the answers of entry 1, which version 1 kept inside it, are files too.
    assert {name.split("/")[0] for name in files} == {"entries", "certificates", "other"}
    fields = json.loads((tmp_path / "out/entries/000000008.json").read_text("utf-8"))
    assert fields["name"] == "8.xml"
    assert f"certificates/{fields['certificate']}.cer" in files


def test_anybody_can_verify_it_as_its_readme_says(journal: Journal, tmp_path: Path) -> None:
    manifest = exported(journal, tmp_path / "out")
    readme = (tmp_path / "out/README.txt").read_text("utf-8")
    program = re.search(r"^    import hashlib.*?\n\n", readme, re.DOTALL | re.MULTILINE)
    assert program is not None
    lines = "\n".join(line[4:] for line in program[0].splitlines())

    def ran() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", "-c", lines],
            cwd=tmp_path / "out", capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert ran().stdout == f"in order up to {manifest.chain[-1].hash}\n"
    (tmp_path / "out/entries/000000005.json").write_bytes(b"{}")
    assert "AssertionError: 5" in ran().stderr


def test_a_journal_that_was_altered_is_not_exported(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "journal")) as journal:
        journal.append(entry())
        tamper(tmp_path / "journal", "UPDATE entries SET hash = zeroblob(32)")
        with pytest.raises(JournalBroken):
            exported(journal, tmp_path / "out")

    assert not (tmp_path / "out").exists()


class TestTheTable:
    def test_opens_in_spreadsheets(self, journal: Journal, tmp_path: Path) -> None:
        exported(journal, tmp_path / "out")
        octets = (tmp_path / "out/summary.csv").read_bytes()

        assert octets.startswith(b"\xef\xbb\xbf")
        rows = list(csv.DictReader(io.StringIO(octets.decode("utf-8-sig"))))
        assert [row["number"] for row in rows] == ["1", "4", "5", "6", "7", "8", "9"]
        # 8:30 in London is 15:30 in Hà Nội.
        assert rows[-1]["at"] == "2026-11-10 15:30:00"
        assert rows[-1]["holder"] == "CÔNG TY A"

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
    def test_has_no_formula_of_a_page(self, tmp_path: Path, name: str) -> None:
        with closing(Journal(tmp_path / "journal")) as journal:
            journal.append(replace(entry(name), origin='=cmd|"/c calc"!A1'))
            exported(journal, tmp_path / "out")

        text = (tmp_path / "out/summary.csv").read_bytes().decode("utf-8-sig")
        [row] = csv.DictReader(io.StringIO(text, newline=""))
        assert row["name"] == f"'{name}"
        assert row["origin"].startswith("'=")


@pytest.fixture(scope="module")
def whole(journal: Journal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("export") / "whole"
    exported(journal, target)
    return target


class TestAChangedExport:
    @settings(max_examples=30, deadline=None)
    @given(data=st.data())
    def test_any_single_changed_or_missing_file_is_noticed(
        self, whole: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        copy = Path(shutil.copytree(whole, tmp_path_factory.mktemp("changed") / "copy"))
        files = sorted(
            path for path in copy.rglob("*.*") if path.name not in ("README.txt", "manifest.json")
        )
        path = data.draw(st.sampled_from(files), label="file")
        octets = path.read_bytes()
        if data.draw(st.booleans(), label="missing"):
            path.unlink()
        else:
            place = data.draw(st.integers(0, len(octets) - 1))
            other = octets[place] ^ data.draw(st.integers(1, 255))
            path.write_bytes(octets[:place] + bytes([other]) + octets[place + 1 :])

        with pytest.raises((JournalBroken, NoExport)):
            verified(copy)
        shutil.rmtree(copy)

    @pytest.mark.parametrize(
        ("place", "change"),
        [
            (0, {"hash": "00" * 32}),
            (4, {"hash": "00" * 32}),
            (1, {"deleted_by": 5}),
            (1, {"deleted_by": 1}),
            (1, {"hash": "00" * 32}),
            (4, {"number": 4}),
            (4, {"number": 0}),
            (4, {"hash": "../../../../etc/passwd"}),
            (4, {"exported": False, "deleted_by": 7}),
            (4, {"exported": True, "deleted_by": 7}),
        ],
    )
    def test_a_changed_manifest_is_noticed(
        self, whole: Path, tmp_path: Path, place: int, change: dict[str, object]
    ) -> None:
        copy = Path(shutil.copytree(whole, tmp_path / "copy"))
        manifest = json.loads((copy / "manifest.json").read_bytes())
        manifest["chain"][place] |= change
        (copy / "manifest.json").write_text(json.dumps(manifest))

        with pytest.raises((JournalBroken, NoExport)):
            verified(copy)

    @pytest.mark.parametrize(
        "octets", [b"", b"{}", b"[]", b'{"format": "OpenKySo journal export 2"}', b"\xff"]
    )
    def test_what_has_no_manifest_is_no_export(self, tmp_path: Path, octets: bytes) -> None:
        (tmp_path / "manifest.json").write_bytes(octets)
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr("manifest.json", octets)
        (tmp_path / "junk.zip").write_bytes(octets)

        for target in (tmp_path, tmp_path / "a.zip", tmp_path / "junk.zip"):
            with pytest.raises(NoExport):
                verified(target)

    def test_an_archive_that_swells_is_not_taken_in(
        self, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("agent.journal.exported._MOST_BYTES", 1_000_000)
        with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(whole / "manifest.json", "manifest.json")
            archive.writestr("entries/000000001.json", bytes(20_000_000))

        with pytest.raises(JournalBroken, match="too large"):
            verified(tmp_path / "a.zip")

    @settings(max_examples=40, deadline=None)
    @given(data=st.data())
    def test_a_damaged_archive_raises_nothing_else(
        self, whole: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        path = whole.with_suffix(".zip")
        if not path.exists():
            shutil.make_archive(str(whole), "zip", whole)
        octets = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
        damaged = tmp_path_factory.mktemp("damaged") / "a.zip"
        damaged.write_bytes(octets)

        with suppress(JournalBroken, NoExport):
            verified(damaged)
