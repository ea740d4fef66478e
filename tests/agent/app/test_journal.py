"""`kyso-agent journal`: list, verify, export, delete, in the user's words."""

import io
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.__main__ import main
from agent.app.exits import Exit
from agent.app.journal import _end, _moment, _span
from agent.app.text import text
from agent.journal import Journal
from agent.journal.summary import COLUMNS
from tests.support.journal import at

DAYS = [datetime(2026, month, 1, 3, tzinfo=UTC) for month in (1, 2, 3, 4)]


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(tmp_path))
    with closing(Journal(tmp_path / "data" / "journal")) as journal:
        journal.append_many([at(day, f"{day:%m}.xml", evidence=(b"chain",)) for day in DAYS])
    return ["--data-dir", str(tmp_path / "data"), "--language", "en"]


def listed(options: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    assert main(["journal", *options]) == Exit.OK
    return [line.split()[0] for line in capsys.readouterr().out.splitlines()]


class TestListing:
    def test_is_what_it_does_unless_told_otherwise(self, options, capsys) -> None:
        assert listed(options, capsys) == ["4", "3", "2", "1"]
        assert listed(["--limit", "1", *options], capsys) == ["4"]
        assert listed(["list", *options], capsys) == ["4", "3", "2", "1"]

    def test_says_what_was_signed_and_how(self, options, capsys) -> None:
        main(["journal", "list", *options])

        line = capsys.readouterr().out.splitlines()[0]
        assert "signed  sign  '04.xml'  https://their.app  CÔNG TY A  bhxh-hoso  B-B" in line


class TestVerifying:
    def test_says_the_last_hash_and_what_was_deleted(self, options, capsys) -> None:
        main(["journal", "delete", "--number", "2-3", "--yes", *options])
        capsys.readouterr()

        assert main(["journal", "verify", *options]) == Exit.OK
        first, deleted, last = capsys.readouterr().out.splitlines()
        assert first == "3 entries, none altered"
        assert deleted == "Deleted by command: 2-3"
        assert last.startswith("The last entry: 5, hash ")

    def test_of_an_export(self, options, tmp_path, capsys) -> None:
        target = str(tmp_path / "out.zip")
        assert main(["journal", "export", target, *options]) == Exit.OK
        capsys.readouterr()

        assert main(["journal", "verify", "--export", target, *options]) == Exit.OK
        assert "4 entries, none altered" in capsys.readouterr().out
        assert main(["journal", "verify", "--export", str(tmp_path), *options]) == Exit.FAILED
        missing = ["journal", "verify", "--export", str(tmp_path / "no.zip"), *options]
        assert main(missing) == Exit.FAILED

    def test_of_an_altered_export_has_the_status_of_an_altered_journal(
        self, options, tmp_path, capsys
    ) -> None:
        main(["journal", "export", str(tmp_path / "out"), *options])
        path = tmp_path / "out/entries/000000002.json"
        path.write_bytes(path.read_bytes().replace(b"02.xml", b"99.xml"))

        altered = ["journal", "verify", "--export", str(tmp_path / "out"), *options]
        assert main(altered) == Exit.JOURNAL_ALTERED
        assert "entry 2" in capsys.readouterr().err


class TestExporting:
    def test_of_some_days(self, options, tmp_path, capsys) -> None:
        days = ["--since", "2026-02-01", "--until", "2026-03-01"]
        assert main(["journal", "export", str(tmp_path / "out"), *days, *options]) == Exit.OK

        manifest = json.loads((tmp_path / "out/manifest.json").read_bytes())
        assert [place["number"] for place in manifest["chain"]] == [2, 3]
        assert "2 entries, none altered" in capsys.readouterr().out

    def test_the_table_has_vietnamese_headings(self, options, tmp_path) -> None:
        main(["journal", "export", str(tmp_path / "out"), *options[:2]])

        heading = (tmp_path / "out/summary.csv").read_text("utf-8-sig").splitlines()[0]
        assert heading.startswith("Số thứ tự,Thời điểm (giờ Việt Nam),Việc,Kết quả,Bên yêu cầu,")
        for language in ("vi", "en"):
            assert all(text(language, f"journal_column_{key}") for key in COLUMNS)

    def test_never_overwrites(self, options, tmp_path, capsys) -> None:
        (tmp_path / "out").mkdir()

        assert main(["journal", "export", str(tmp_path / "out"), *options]) == Exit.FAILED
        assert "never overwrites" in capsys.readouterr().err

    def test_of_nothing(self, options, tmp_path, capsys) -> None:
        nothing = ["journal", "export", str(tmp_path / "out"), "--number", "9", *options]

        assert main(nothing) == Exit.FAILED
        assert not (tmp_path / "out").exists()


class TestDeleting:
    @pytest.fixture
    def at_a_terminal(self, monkeypatch: pytest.MonkeyPatch):
        def typing(answer: str) -> None:
            terminal = io.StringIO(answer)
            monkeypatch.setattr(terminal, "isatty", lambda: True)
            monkeypatch.setattr("sys.stdin", terminal)

        return typing

    def test_asks_first(self, options, at_a_terminal, capsys) -> None:
        at_a_terminal("yes\n")

        assert main(["journal", "delete", "--before", "2026-03-01", *options]) == Exit.OK
        out = capsys.readouterr().out
        assert "Delete 2 entries (1-2)" in out
        assert "2 entries deleted. Entry 5 says so." in out
        assert listed(options, capsys) == ["5", "4", "3"]

    def test_takes_the_vietnamese_yes(self, options, at_a_terminal, capsys) -> None:
        at_a_terminal("Có\n")

        assert main(["journal", "delete", "--number", "1", *options[:2]]) == Exit.OK
        assert "Đã xóa 1 mục" in capsys.readouterr().out

    @pytest.mark.parametrize("answer", ["", "\n", "no\n", "y\n"])
    def test_takes_nothing_else_for_a_yes(self, options, at_a_terminal, capsys, answer) -> None:
        at_a_terminal(answer)

        assert main(["journal", "delete", "--number", "1-4", *options]) == Exit.FAILED
        assert listed(options, capsys) == ["4", "3", "2", "1"]

    def test_where_nobody_can_answer_only_if_told_not_to_ask(
        self, options, monkeypatch, capsys
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
        delete = ["journal", "delete", "--number", "1-3", *options]

        assert main(delete) == Exit.USAGE
        assert listed(options, capsys) == ["4", "3", "2", "1"]
        assert main([*delete, "--yes"]) == Exit.OK
        assert listed(options, capsys) == ["5", "4"]

    def test_wants_to_be_told_what(self, options, capsys) -> None:
        assert main(["journal", "delete", "--yes", *options]) == Exit.USAGE
        assert "--before" in capsys.readouterr().err

    def test_of_nothing_is_done_at_once(self, options, capsys) -> None:
        assert main(["journal", "delete", "--number", "77", *options]) == Exit.OK
        assert "no such entry" in capsys.readouterr().out

    def test_from_an_altered_journal_is_refused(self, options, tmp_path) -> None:
        with closing(sqlite3.connect(tmp_path / "data/journal/journal.sqlite")) as database:
            database.execute("DROP TRIGGER entries_are_never_changed")
            database.execute("UPDATE entries SET hash = zeroblob(32) WHERE number = 4")
            database.commit()

        delete = ["journal", "delete", "--number", "1", "--yes", *options]
        assert main(delete) == Exit.JOURNAL_ALTERED


class TestArguments:
    def test_a_day_begins_and_ends_here(self) -> None:
        begin = datetime(2026, 3, 1).astimezone()

        assert _moment("2026-03-01") == begin
        assert _end("2026-03-01") == datetime(2026, 3, 2).astimezone()
        assert _end("2026-03-01T12:00") == begin + timedelta(hours=12)
        assert _moment("2026-03-01T00:00Z") == datetime(2026, 3, 1, tzinfo=UTC)

    @pytest.mark.parametrize(("written", "span"), [("7", (7, 7)), ("7-19", (7, 19))])
    def test_numbers(self, written: str, span: tuple[int, int]) -> None:
        assert _span(written) == span

    @pytest.mark.parametrize(
        "arguments",
        [
            ["export", "x", "--number", "1-"],
            ["export", "x", "--number", "²"],
            ["export", "x", "--since", "yesterday"],
            ["delete", "--before", "0001-01-01"],
            ["shred"],
            ["export"],
        ],
    )
    def test_wrong_ones_show_the_usage(self, options, arguments) -> None:
        with pytest.raises(SystemExit) as ended:
            main(["journal", *arguments, *options])

        assert ended.value.code == Exit.USAGE
