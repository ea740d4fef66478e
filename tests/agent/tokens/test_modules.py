"""Which modules are found, and which of them may be loaded."""

import tomllib
from pathlib import Path

import pytest

from agent.tokens import modules
from agent.tokens.modules import Policy, Source, Verdict, Watch, describe, find_modules
from tests.agent.tokens.test_binaries import elf, pe
from tests.support.faulty import FaultyModule

TABLE = tomllib.loads(Path(modules.__file__).with_name("modules.toml").read_text("utf-8"))


def verdict(path: Path, **policy: object) -> Verdict:
    found = find_modules(Policy(paths=(path,), discover=False, **policy))  # type: ignore[arg-type]
    return found[0].verdict


class TestAFile:
    def test_that_is_a_module_is_loaded(self, faulty: FaultyModule) -> None:
        (found,) = find_modules(Policy(paths=(faulty.path,), discover=False))

        assert found.source is Source.CONFIGURED
        assert found.module is not None
        assert found.module.path == faulty.path

    def test_that_is_absent_is_told_if_it_was_named(self, tmp_path: Path) -> None:
        assert verdict(tmp_path / "none.so") is Verdict.MISSING

    def test_for_another_machine_is_told(self, tmp_path: Path) -> None:
        """FPT-CA's Linux library is a 32-bit one."""
        path = tmp_path / "fptca_v4.so"
        path.write_bytes(elf(3) + b"C_GetFunctionList")
        (found,) = find_modules(Policy(paths=(path,), discover=False))

        assert found.verdict is Verdict.OTHER_MACHINE
        assert found.module is None
        assert "x86" in describe([found])[0]

    def test_without_the_function_list_is_told(self, tmp_path: Path) -> None:
        path = tmp_path / "x.so"
        path.write_bytes(elf(62) + elf(183))
        if verdict(path) is not Verdict.OTHER_MACHINE:
            assert verdict(path) is Verdict.NOT_PKCS11

    def test_that_is_no_library_is_told(self, tmp_path: Path) -> None:
        path = tmp_path / "x.so"
        path.write_text("#!/bin/sh")

        assert verdict(path) is Verdict.NOT_A_LIBRARY

    def test_that_is_a_folder_is_told(self, tmp_path: Path) -> None:
        assert verdict(tmp_path) is Verdict.UNREADABLE

    def test_that_everybody_may_change_is_not_loaded(
        self, faulty: FaultyModule, tmp_path: Path
    ) -> None:
        path = tmp_path / "x.so"
        path.write_bytes(faulty.path.read_bytes())
        path.chmod(0o777)

        assert verdict(path) is Verdict.WRITABLE_BY_ALL

    def test_that_the_administrator_does_not_list_is_not_loaded(
        self, faulty: FaultyModule, tmp_path: Path
    ) -> None:
        """T17: a list of full paths, whatever else names the file."""
        link = tmp_path / "link.so"
        link.symlink_to(faulty.path)

        assert verdict(faulty.path, allowed=()) is Verdict.NOT_ALLOWED
        assert verdict(faulty.path, allowed=(tmp_path / "x.so",)) is Verdict.NOT_ALLOWED
        assert verdict(faulty.path, allowed=(faulty.path,)) is Verdict.LOADED
        assert verdict(link, allowed=(faulty.path,)) is Verdict.LOADED


class TestDiscovery:
    @pytest.fixture
    def system32(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A Windows folder, as far as names go; read by the rules of this system."""
        folder = tmp_path / "System32"
        folder.mkdir()
        monkeypatch.setenv("SYSTEMROOT", str(tmp_path))
        monkeypatch.setattr(modules, "own_machine", lambda: "x86_64")
        monkeypatch.setattr(modules, "_expanded", expanded_here)
        return folder

    def test_finds_a_vendors_module_by_name_and_leaves_its_csp(self, system32: Path) -> None:
        (system32 / "viettel-ca_v6.dll").write_bytes(pe(b"C_GetFunctionList"))
        (system32 / "viettel-ca_v6_s.dll").write_bytes(pe(b"CPSignHash"))
        found = find_modules(Policy(), system="win32")

        assert [(f.name, f.verdict) for f in found] == [("Viettel-CA", Verdict.LOADED)]

    def test_never_loads_for_the_name_alone(self, system32: Path) -> None:
        (system32 / "vnptca_p11_v8.dll").write_bytes(pe(b"DllMain"))
        (found,) = find_modules(Policy(), system="win32")

        assert found.verdict is Verdict.NOT_PKCS11

    def test_finds_the_twins_of_registered_csps(
        self, system32: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (system32 / "newvendor.dll").write_bytes(pe(b"C_GetFunctionList"))
        images = [r"%SYSTEMROOT%\System32\newvendor_s.dll", r"%SYSTEMROOT%\System32\rsaenh.dll"]
        monkeypatch.setattr(modules, "_csp_images", lambda: images)
        (found,) = find_modules(Policy(), system="win32")

        assert (found.name, found.source) == ("newvendor", Source.REGISTERED)

    def test_can_be_switched_off(self, system32: Path) -> None:
        (system32 / "viettel-ca_v6.dll").write_bytes(pe(b"C_GetFunctionList"))

        assert find_modules(Policy(discover=False), system="win32") == ()

    def test_does_not_report_what_is_not_there(self) -> None:
        for system in "win32", "darwin", "linux":
            assert all(
                f.verdict is not Verdict.MISSING for f in find_modules(Policy(), system=system)
            )

    def test_finds_softhsm_and_opensc_here_once_each(self) -> None:
        found = [f for f in find_modules(Policy()) if f.name in {"SoftHSM", "OpenSC"}]
        by_name = {f.name: f.watch for f in found}

        assert len(found) == len(by_name)
        assert by_name["SoftHSM"] is Watch.POLL

    def test_puts_the_administrators_modules_first_and_once(self) -> None:
        known = find_modules(Policy())[-1]
        found = find_modules(Policy(paths=(known.path,)))

        assert found[0].path == known.path
        assert found[0].source is Source.CONFIGURED
        assert found[0].watch is known.watch
        assert len(found) == len(find_modules(Policy()))


def expanded_here(text: str) -> Path:
    """As modules._expanded on Windows, with this system's separators."""
    import os

    root = os.environ["SYSTEMROOT"]
    return Path(text.replace("%SYSTEMROOT%", root).replace("\\", "/"))


class TestTheTable:
    def test_knows_how_sure_each_entry_is(self) -> None:
        for entry in TABLE["module"]:
            assert entry["confidence"] in {"confirmed", "single", "inferred", "listed"}
            assert any(entry.get(system) for system in ("windows", "macos", "linux"))

    def test_names_no_csp(self) -> None:
        for entry in TABLE["module"]:
            assert not any(Path(name).stem.endswith("_s") for name in entry.get("windows", ()))

    def test_names_each_file_once(self) -> None:
        for system in "windows", "macos", "linux":
            names = [n.lower() for entry in TABLE["module"] for n in entry.get(system, ())]
            assert len(names) == len(set(names))

    @pytest.mark.parametrize("verdict", Verdict)
    def test_words_each_verdict_in_both_languages(self, verdict: Verdict) -> None:
        words = TABLE["verdicts"][verdict.value]

        assert words["vi"]
        assert words["en"]
        assert words["vi"] != words["en"]
