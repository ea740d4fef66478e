"""Which implementation stands behind a port, by what this machine offers."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from agent.app import parts
from agent.app.options import Options
from agent.config import Config, ConfigError, Modules
from agent.consent.nobody import NobodyToAsk
from agent.consent.scripted import ScriptedPrompts
from agent.consent.terminal import Terminal
from agent.consent.terminal_prompts import TerminalPrompts
from agent.consent.window_prompts import WindowPrompts
from agent.platforms.directories import Directories


@pytest.fixture
def options(tmp_path: Path) -> Options:
    places = Directories(data=tmp_path, config=tmp_path, runtime=tmp_path, log=tmp_path)
    return Options(config=Config(), directories=places)


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)


class TestPrompts:
    def test_with_a_display_they_are_windows(
        self, options: Options, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DISPLAY", ":7")

        assert isinstance(parts.prompts(options), WindowPrompts)

    @pytest.mark.usefixtures("no_display")
    def test_without_one_they_are_in_the_terminal(
        self, options: Options, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        terminal = Terminal(0, open("/dev/null", "w"))  # noqa: PTH123, SIM115 - closed below
        monkeypatch.setattr(Terminal, "of_this_process", classmethod(lambda cls: terminal))

        assert isinstance(parts.prompts(options), TerminalPrompts)
        terminal._screen.close()

    @pytest.mark.usefixtures("no_display")
    def test_with_neither_every_question_is_an_error(
        self, options: Options, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert isinstance(parts.prompts(options), NobodyToAsk)
        assert "neither a display nor a terminal" in caplog.text

    def test_a_script_counts_before_all_others_and_is_said(
        self,
        options: Options,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setenv("DISPLAY", ":7")
        path = options.directories.data / "consent.toml"
        path.write_text('only_tokens = ["Demo"]\npin = "12345678"\n')

        prompts = parts.prompts(replace(options, scripted_consent=path))

        assert isinstance(prompts, ScriptedPrompts)
        assert "answered by script" in caplog.text
        assert "12345678" not in caplog.text

    @pytest.mark.parametrize("content", [None, "pin = 1", "[decisions]\nsing = 'approve'"])
    def test_a_script_that_cannot_be_read_is_a_clear_error(
        self, options: Options, content: str | None
    ) -> None:
        path = options.directories.data / "consent.toml"
        if content is not None:
            path.write_text(content)

        with pytest.raises(ConfigError, match=r"consent\.toml"):
            parts.prompts(replace(options, scripted_consent=path))


def test_a_module_that_may_not_be_loaded_is_logged_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "text.so").write_text("not a library")
    chosen = Modules(discover=False, paths=(tmp_path / "text.so", tmp_path / "none.so"))

    with caplog.at_level(logging.WARNING):
        assert parts.modules(Config(modules=chosen)) == ()

    assert "text.so" in caplog.text
    assert "none.so" in caplog.text
