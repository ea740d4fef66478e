"""Which PKCS#11 modules this machine has, and which of them may be loaded.

    findings = find_modules(Policy(paths=(Path("/opt/x/libx.so"),)))
    Inventory([finding.module for finding in findings if finding.module])

The administrator's paths come first, then the known names of modules.toml, then (on Windows) the
twins of registered CSPs. No path ever comes from a web page (threats T16, T17), and no file is
loaded for its name alone: its header and its exports are read first. With `Policy.allowed` the
administrator says by full path which modules may be loaded at all.
"""

import os
import re
import stat
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from agent.tokens.binaries import BadLibrary, is_pkcs11_module, machines_of, own_machine


class Watch(StrEnum):
    """How plugging a token in or out is noticed."""

    READERS = "readers"  # the module sits on PC/SC, whose events are enough
    POLL = "poll"  # its devices are its own affair: it is asked now and then
    AUTO = "auto"  # READERS if the module's slots bear the names of PC/SC readers


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A module that may be loaded."""

    path: Path
    name: str
    watch: Watch = Watch.AUTO


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`[modules]` of the agent's configuration, made by who administers the machine.

    `paths` are modules to load besides the known ones, in order of preference; `discover` asks for
    the known ones; `allowed`, if given, is the full list of files that may be loaded.
    """

    paths: tuple[Path, ...] = ()
    discover: bool = True
    allowed: tuple[Path, ...] | None = None


class Source(StrEnum):
    CONFIGURED = "configured"
    KNOWN = "known"
    REGISTERED = "registered"  # the twin of a CSP in the Windows registry


class Verdict(StrEnum):
    """Worded in modules.toml."""

    LOADED = "loaded"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    NOT_A_LIBRARY = "not-a-library"
    OTHER_MACHINE = "other-machine"
    NOT_PKCS11 = "not-pkcs11"
    NOT_ALLOWED = "not-allowed"
    WRITABLE_BY_ALL = "writable-by-all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A file that was looked at; `module` is None unless it may be loaded."""

    path: Path
    name: str
    source: Source
    confidence: str
    verdict: Verdict
    details: Mapping[str, str] = field(default_factory=dict)
    watch: Watch = Watch.AUTO

    @property
    def module(self) -> Module | None:
        if self.verdict is not Verdict.LOADED:
            return None
        return Module(path=self.path, name=self.name, watch=self.watch)


def find_modules(policy: Policy, *, system: str = sys.platform) -> tuple[Finding, ...]:
    """All modules that are there, in order of precedence, also those that may not be loaded.

    A file that is absent is found only if the administrator named it. `system` is for tests.
    """
    found: dict[str, Finding] = {}
    for candidate in _candidates(policy, system):
        # Distributions link modules into several folders; one worker for each file is enough.
        real = os.path.realpath(candidate.path)
        if real in found:
            continue
        if candidate.source is not Source.CONFIGURED and not candidate.path.is_file():
            continue
        found[real] = _judged(candidate, policy)
    return tuple(found.values())


def describe(findings: Iterable[Finding], *, language: str = "vi") -> tuple[str, ...]:
    """One line for each finding, for `kyso-agent modules`."""
    words = _table()["verdicts"]
    return tuple(
        f"{finding.name}: {finding.path}: "
        + words[finding.verdict][language].format_map(finding.details)
        for finding in findings
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    path: Path
    name: str
    source: Source
    confidence: str
    watch: Watch


def _candidates(policy: Policy, system: str) -> Iterator[_Candidate]:
    known = list(_known(system))
    for path in policy.paths:
        # The table may know how to watch a module that the administrator named too.
        twin = next((k for k in known if k.path.name == path.name), None)
        yield _Candidate(
            path=path,
            name=twin.name if twin else path.stem,
            source=Source.CONFIGURED,
            confidence="",
            watch=twin.watch if twin else Watch.AUTO,
        )
    if policy.discover:
        yield from known
        if system == "win32":
            yield from _registered(_csp_images())


def _known(system: str) -> Iterator[_Candidate]:
    table = _table()
    key = {"win32": "windows", "darwin": "macos"}.get(system, "linux")
    folders = [_expanded(folder) for folder in table["folders"][key]]
    for entry in table["module"]:
        for name in entry.get(key, ()):
            path = _expanded(name)
            # `Path` has the rules of the system it runs on, the table those of all.
            rooted = name.startswith(("/", "%"))
            for place in [path] if rooted else [folder / name for folder in folders]:
                yield _Candidate(
                    path=place,
                    name=entry["name"],
                    source=Source.KNOWN,
                    confidence=entry["confidence"],
                    watch=Watch(entry.get("watch", "auto")),
                )


def _expanded(text: str) -> Path:
    """%NAME% replaced from the environment; an unknown one stays, and so names no file."""
    return Path(re.sub(r"%(\w+)%", lambda m: os.environ.get(m[1], m[0]), text))


def _registered(images: Iterable[str]) -> Iterator[_Candidate]:
    """The PKCS#11 twins of CSPs: of Feitian's family, X_s.dll is the CSP and X.dll the module."""
    for image in images:
        path = _expanded(image)
        if path.stem.lower().endswith("_s"):
            yield _Candidate(
                path=path.with_name(path.stem[:-2] + path.suffix),
                name=path.stem[:-2],
                source=Source.REGISTERED,
                confidence="inferred",
                watch=Watch.AUTO,
            )


def _csp_images() -> list[str]:
    """The files of all registered CSPs (value "Image Path")."""
    images: list[str] = []
    if sys.platform == "win32":
        import winreg

        place = r"SOFTWARE\Microsoft\Cryptography\Defaults\Provider"
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as providers:
            for index in range(winreg.QueryInfoKey(providers)[0]):
                with (
                    suppress(OSError),
                    winreg.OpenKey(providers, winreg.EnumKey(providers, index)) as provider,
                ):
                    images.append(str(winreg.QueryValueEx(provider, "Image Path")[0]))
    return images


def _judged(candidate: _Candidate, policy: Policy) -> Finding:
    verdict, details = _verdict(candidate.path, policy)
    return Finding(
        path=candidate.path,
        name=candidate.name,
        source=candidate.source,
        confidence=candidate.confidence,
        verdict=verdict,
        details=details,
        watch=candidate.watch,
    )


def _verdict(path: Path, policy: Policy) -> tuple[Verdict, dict[str, str]]:  # noqa: PLR0911 (a list of reasons)
    allowed = policy.allowed
    if allowed is not None and os.path.realpath(path) not in map(os.path.realpath, allowed):
        return Verdict.NOT_ALLOWED, {}
    try:
        mode = path.stat().st_mode
        if sys.platform != "win32" and mode & stat.S_IWOTH:
            return Verdict.WRITABLE_BY_ALL, {}
        machines, own = machines_of(path), own_machine()
        if own not in machines:
            return Verdict.OTHER_MACHINE, {"found": ", ".join(sorted(machines)), "own": own}
        if not is_pkcs11_module(path):
            return Verdict.NOT_PKCS11, {}
    except FileNotFoundError:
        return Verdict.MISSING, {}
    except BadLibrary:
        return Verdict.NOT_A_LIBRARY, {}
    except OSError:
        return Verdict.UNREADABLE, {}
    return Verdict.LOADED, {}


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("agent.tokens").joinpath("modules.toml").read_text("utf-8"))
