"""The command line: its exit statuses, and its words in the user's language."""

import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.__main__ import Exit, main
from agent.consent.grants import Grants
from agent.journal import Entry, Journal
from agent.platforms.instance import single_instance
from tests.support.pki import Authority

ORIGIN = "https://their.app"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test touches the user's own files."""
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(tmp_path))
    return tmp_path


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    (tmp_path / "run").mkdir(mode=0o700)
    return [
        "--runtime-dir", str(tmp_path / "run"), "--data-dir", str(tmp_path / "data"),
        "--log-dir", str(tmp_path / "log"),
    ]  # fmt: skip


def with_entries(directory: Path) -> Path:
    with closing(Journal(directory / "data" / "journal")) as journal:
        for name in ("một.xml", "hai\n\x1b[31m.xml"):
            journal.append(
                Entry(
                    at=datetime(2026, 11, 1, tzinfo=UTC),
                    origin=ORIGIN,
                    action="sign",
                    name=name,
                    sha256="ab" * 32,
                    holder="CÔNG TY A\x1b[2J",
                    serial="54",
                    outcome="signed",
                )
            )
    return directory / "data" / "journal" / "journal.sqlite"


class TestJournal:
    def test_in_order_it_says_how_many(self, tmp_path, options, capsys) -> None:
        with_entries(tmp_path)

        assert main(["journal", "verify", *options]) == Exit.OK
        assert capsys.readouterr().out.startswith("2 mục, không mục nào bị sửa\n")
        assert main(["journal", "verify", "--language", "en", *options]) == Exit.OK
        assert capsys.readouterr().out.startswith("2 entries, none altered\n")

    def test_altered_it_says_where_by_a_status_of_its_own(self, tmp_path, options, capsys) -> None:
        with closing(sqlite3.connect(with_entries(tmp_path))) as database:
            database.execute("DROP TRIGGER entries_leave_tombstones")
            database.execute("DELETE FROM entries WHERE number = 1")
            database.commit()

        assert main(["journal", "verify", *options]) == Exit.JOURNAL_ALTERED
        assert "mục 1" in capsys.readouterr().err

    @pytest.mark.usefixtures("clean_root")
    @pytest.mark.parametrize("command", [["journal", "verify"], ["journal", "list"], ["run"]])
    def test_a_file_that_is_no_journal_any_more_is_said(
        self, tmp_path, options, capsys, command
    ) -> None:
        with_entries(tmp_path).write_bytes(b"spoilt" * 2000)

        assert main([*command, *options]) == Exit.JOURNAL_ALTERED
        assert "mục 0" in capsys.readouterr().err

    def test_an_entry_that_cannot_be_read_is_said(self, tmp_path, options, capsys) -> None:
        with closing(sqlite3.connect(with_entries(tmp_path))) as database:
            database.execute("DROP TRIGGER entries_are_never_changed")
            database.execute("UPDATE entries SET entry = ? WHERE number = 2", (b"{}",))
            database.commit()

        assert main(["journal", "list", *options]) == Exit.JOURNAL_ALTERED
        assert "mục 2" in capsys.readouterr().err

    def test_a_name_cannot_break_out_of_its_line(self, tmp_path, options, capsys) -> None:
        with_entries(tmp_path)

        assert main(["journal", "list", *options]) == Exit.OK
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 2
        assert "\x1b" not in lines[0]
        assert "một.xml" in lines[1]


class TestSites:
    def test_they_are_listed_and_forgotten(self, tmp_path, options, capsys) -> None:
        Grants(tmp_path / "data" / "sites.json").remember(ORIGIN)

        assert main(["sites", *options]) == Exit.OK
        assert ORIGIN in capsys.readouterr().out
        assert main(["sites", "--forget", ORIGIN, *options]) == Exit.OK
        assert main(["sites", "--forget", ORIGIN, *options]) == Exit.FAILED
        main(["sites", *options])
        assert "Chưa có trang web nào" in capsys.readouterr().out

    def test_not_behind_a_running_agents_back(self, tmp_path, options) -> None:
        with single_instance(tmp_path / "run"):
            assert main(["sites", "--forget", ORIGIN, *options]) == Exit.ALREADY_RUNNING


class TestRoots:
    def test_they_are_added_listed_and_removed(self, tmp_path, options, capsys) -> None:
        (tmp_path / "root.pem").write_bytes(Authority.root().pem)

        assert main(["roots", "list", *options]) == Exit.OK
        assert "Chưa có chứng thư gốc nào" in capsys.readouterr().out
        assert main(["roots", "add", *options, str(tmp_path / "root.pem")]) == Exit.OK
        assert "do bạn thêm" in capsys.readouterr().out
        assert main(["roots", "list", *options]) == Exit.OK
        fingerprint = capsys.readouterr().out.split()[-1]
        assert main(["roots", "remove", *options, fingerprint]) == Exit.OK
        assert main(["roots", "remove", *options, fingerprint]) == Exit.FAILED
        capsys.readouterr()
        main(["roots", "list", *options])
        assert "Chưa có chứng thư gốc nào" in capsys.readouterr().out

    def test_what_is_no_authority_is_not_believed(self, tmp_path, options, capsys) -> None:
        holder = Authority.root().issue("CÔNG TY A", mst="0101300842")
        (tmp_path / "mine.der").write_bytes(holder.der)
        (tmp_path / "junk.pem").write_bytes(b"junk")

        assert main(["roots", "add", *options, str(tmp_path / "mine.der")]) == Exit.FAILED
        assert "không phải của tổ chức" in capsys.readouterr().err
        assert main(["roots", "add", *options, str(tmp_path / "junk.pem")]) == Exit.FAILED
        assert "đọc được" in capsys.readouterr().err
        assert main(["roots", "add", *options, str(tmp_path / "nothing.pem")]) == Exit.FAILED


class TestOthers:
    def test_nothing_runs(self, options, capsys) -> None:
        assert main(["status", *options]) == Exit.NOT_RUNNING
        assert main(["stop", *options]) == Exit.NOT_RUNNING
        assert "không chạy" in capsys.readouterr().err

    @pytest.mark.usefixtures("clean_root")
    def test_one_runs_already(self, tmp_path, options) -> None:
        with single_instance(tmp_path / "run"):
            assert main(options) == Exit.ALREADY_RUNNING

    def test_a_configuration_that_cannot_be_used(self, tmp_path, options, capsys) -> None:
        (tmp_path / "bad.toml").write_text("[modulez]")

        assert main(["modules", "--config", str(tmp_path / "bad.toml"), *options]) == Exit.USAGE
        assert "modulez" in capsys.readouterr().err

    @pytest.mark.usefixtures("clean_root")
    def test_a_script_that_cannot_be_used_starts_nothing(self, tmp_path, options, capsys) -> None:
        (tmp_path / "script.toml").write_text("sing = 1")
        (tmp_path / "agent.toml").write_text("[server]\nports = [0]\n[modules]\ndiscover = false")
        config = ["--config", str(tmp_path / "agent.toml")]

        script = ["--scripted-consent", str(tmp_path / "script.toml")]
        assert main(["run", *script, *config, *options]) == Exit.USAGE
        assert "sing" in capsys.readouterr().err
        assert not (tmp_path / "run" / "agent.json").exists()

    def test_modules_are_named_with_the_reason(self, tmp_path, options, capsys) -> None:
        (tmp_path / "agent.toml").write_text('[modules]\ndiscover = false\npaths = ["no.so"]')

        assert main(["modules", "--config", str(tmp_path / "agent.toml"), *options]) == Exit.OK
        assert "no.so" in capsys.readouterr().out

    @pytest.mark.skipif(sys.platform != "linux", reason="each system has its own place")
    def test_autostart_is_switched_on_and_off(self, home, options, capsys) -> None:
        for what, said in (("status", "Không"), ("on", "autostart"), ("off", "Không")):
            assert main(["autostart", what, *options]) == Exit.OK
            assert said in capsys.readouterr().out

    def test_a_wrong_command_shows_the_usage(self) -> None:
        with pytest.raises(SystemExit) as ended:
            main(["sign", "everything"])

        assert ended.value.code == Exit.USAGE
