#!/usr/bin/env python3
"""From a fresh clone to a running demo, or to a passed test suite, with one command.

    python3 installers/bootstrap.py demo     everything, in a window (arguments go to `kyso demo`)
    python3 installers/bootstrap.py test     the whole suite (arguments go to pytest)
    python3 installers/bootstrap.py check    style, types and import contracts
    python3 installers/bootstrap.py lock     resolve the lock files anew from pyproject.toml

Only the standard library is used, since nothing else is there yet. On Debian and Ubuntu what is
missing comes from apt (as root, or through sudo); on other systems the missing things are named
and nothing is touched. Python packages go into `.venv`, by lock file with hashes.
"""

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
BROWSER_TOOLS = ROOT / "tests" / "support" / "browser"
#: In as many processes as there are cores, four at most; a part that is asked for runs in one. The
#: slowest are told each time: the gate's half hour is theirs.
WHOLE_SUITE = ["-m", "not bench", "-n", "logical", "--maxprocesses", "4", "--durations", "40"]


@dataclass(frozen=True)
class Need:
    """Something of the system: how to see that it is there, and who brings it."""

    package: str  # Debian and Ubuntu
    present: Callable[[], bool]
    elsewhere: str  # what to say on other systems; empty: not needed there


def command(name: str) -> Callable[[], bool]:
    # Debian keeps some tools out of an ordinary user's PATH.
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    return lambda: shutil.which(name, path=path) is not None


def package(name: str) -> Callable[[], bool]:
    def installed() -> bool:
        if shutil.which("dpkg-query") is None:
            return False
        query = ["dpkg-query", "-W", "-f", "${Status}", name]
        answer = subprocess.run(query, capture_output=True, text=True, check=False).stdout
        return answer.startswith("install ok installed")

    return installed


def file(pattern: str) -> Callable[[], bool]:
    return lambda: any(Path("/").glob(pattern.lstrip("/")))


def libraries(*names: str) -> list[Need]:
    return [Need(name, package(name), "") for name in names]


VENV_MODULE = Need(
    "python3-venv",
    lambda: importlib.util.find_spec("ensurepip") is not None,
    "Python's venv module",
)
TOKEN = [
    Need("softhsm2", command("softhsm2-util"), "SoftHSM 2 (macOS: brew install softhsm)"),
    Need("opensc", command("pkcs11-tool"), "OpenSC (macOS: brew install opensc)"),
]
PCSC = [*libraries("libpcsclite1"), Need("pcscd", command("pcscd"), "")]
QT = libraries(
    "libegl1",
    "libgl1",
    "libdbus-1-3",
    "libfontconfig1",
    "libxkbcommon0",
    "libxkbcommon-x11-0",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-render-util0",
    "libxcb-shape0",
)
WEB_VIEW = libraries(
    "libasound2",
    "libnss3",
    "libxcomposite1",
    "libxdamage1",
    "libxkbfile1",
    "libxrandr2",
    "libxtst6",
)
FONTS = libraries("fonts-noto-core")
JUDGES = [
    Need("gcc", command("gcc"), "a C compiler"),
    Need("openssl", command("openssl"), "OpenSSL's command line"),
    Need("xmlsec1", command("xmlsec1"), "xmlsec1"),
    Need("poppler-utils", command("pdfsig"), "poppler's pdfsig"),
    Need("zip", command("zip"), "Info-ZIP's zip"),
    Need("unzip", command("unzip"), "Info-ZIP's unzip"),
    Need("chromium", command("chromium"), "Chromium"),
    Need("nodejs", command("node"), "Node.js 20 or later"),
    Need("npm", command("npm"), "npm"),
    Need("postgresql", file("/usr/lib/postgresql/*/bin/initdb"), "PostgreSQL"),
    Need("xvfb", command("Xvfb"), "Xvfb"),
    Need("xdotool", command("xdotool"), "xdotool"),
    Need("iproute2", command("ip"), "iproute2"),
    Need("util-linux", command("unshare"), "util-linux"),
    Need("opensc-pkcs11", file("/usr/lib/*/opensc-pkcs11.so"), "OpenSC's PKCS#11 module"),
    Need("dbus", command("dbus-run-session"), ""),
    Need("gnome-keyring", command("gnome-keyring-daemon"), ""),
    Need("vsmartcard-vpcd", file("/usr/lib/pcsc/drivers/serial/libifdvpcd.so"), "vsmartcard"),
]


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - the system's own Python may be older
        print(f"OpenKySo needs Python 3.11 or later; this is {sys.version.split()[0]}.")
        return 2
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["demo", "test", "check", "lock"])
    arguments, rest = parser.parse_known_args()
    return {"demo": demo, "test": test, "check": check, "lock": lock}[arguments.what](rest)


def demo(arguments: list[str]) -> int:
    shown = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    have([VENV_MODULE, *TOKEN, *PCSC, *([*QT, *WEB_VIEW, *FONTS] if shown else [])])
    environment("requirements-window.lock" if shown else "requirements.lock")
    return hand_over([str(PYTHON), "-m", "webui", "demo", *arguments])


def test(arguments: list[str]) -> int:
    have([VENV_MODULE, *TOKEN, *PCSC, *QT, *WEB_VIEW, *FONTS, *JUDGES])
    environment("requirements-dev.lock")
    browser_tools()
    return run([str(PYTHON), "-m", "pytest", *(arguments or WHOLE_SUITE)])


def check(_: list[str]) -> int:
    have([VENV_MODULE])
    environment("requirements-dev.lock")
    tools = (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"], ["lint-imports"])
    failed = [" ".join(t) for t in tools if run([str(PYTHON.parent / t[0]), *t[1:]])]
    print(f"failed: {', '.join(failed)}" if failed else "style, types and contracts hold")
    return 1 if failed else 0


def lock(_: list[str]) -> int:
    have([VENV_MODULE])
    environment("requirements-dev.lock")
    must([str(PYTHON), "-m", "pip", "install", "--quiet", "uv"])
    resolve = [
        *(str(PYTHON), "-m", "uv", "pip", "compile", "--quiet", "--upgrade", "--universal"),
        *("--python-version", "3.11", "--generate-hashes", "--no-header", "--no-emit-index-url"),
        *("--extra", "sandbox", "pyproject.toml"),
    ]
    # The largest first: the smaller ones hold the same versions.
    everything = "requirements-dev.lock"
    must([*resolve, "--extra", "window", "--group", "dev", "-o", everything])
    must([*resolve, "--extra", "window", "-c", everything, "-o", "requirements-window.lock"])
    must([*resolve, "-c", everything, "-o", "requirements.lock"])
    return 0


def have(needs: Iterable[Need]) -> None:
    """Install what is missing, or say what it is and stop."""
    missing = [need for need in needs if not need.present()]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        named = [need.elsewhere for need in missing if need.elsewhere]
        if named:
            sys.exit("Please install these, then run the command again:\n  " + "\n  ".join(named))
        return
    names = [need.package for need in missing]
    print(f"→ apt: {' '.join(names)}", flush=True)
    root = [] if os.geteuid() == 0 else ["sudo"]
    if root and shutil.which("sudo") is None:
        sys.exit(f"Please run as root:  apt-get install {' '.join(names)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = [*root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *names]
    log = ROOT / "build" / "apt.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as out:
        for step in ([*root, "apt-get", "update", "-qq"], install):
            if subprocess.run(step, env=quiet, stdout=out, stderr=out, check=False).returncode:
                sys.exit(f"This failed: {' '.join(step)}\nIts output is in {log}.")


def environment(lock_name: str) -> None:
    """A `.venv` that holds the lock file's packages and this checkout; mended when they differ."""
    stamp = VENV / f"{lock_name}.sha256"
    project = (ROOT / "pyproject.toml").read_bytes()
    wanted = hashlib.sha256((ROOT / lock_name).read_bytes() + project).hexdigest()
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"→ Python packages ({lock_name}) into .venv", flush=True)
    if not PYTHON.exists():
        must([sys.executable, "-m", "venv", str(VENV)])
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    must([*pip, "--require-hashes", "--requirement", str(ROOT / lock_name)])
    must([*pip, "--no-deps", "--editable", str(ROOT)])
    stamp.write_text(wanted)


def browser_tools() -> None:
    """axe-core, which the browser tests inject, by npm's own lock file."""
    lock_file = BROWSER_TOOLS / "package-lock.json"
    installed = BROWSER_TOOLS / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock_file.stat().st_mtime:
        print("→ npm: tests/support/browser", flush=True)
        must(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--prefix", str(BROWSER_TOOLS)])


def must(arguments: list[str]) -> None:
    if run(arguments):
        sys.exit(f"This failed: {' '.join(arguments)}")


def run(arguments: list[str]) -> int:
    return subprocess.run(arguments, cwd=ROOT, check=False).returncode


def hand_over(arguments: list[str]) -> int:
    """Become that program, so that Ctrl-C and signals reach it and nothing stands between."""
    if os.name != "nt":
        os.chdir(ROOT)
        sys.stdout.flush()
        os.execv(arguments[0], arguments)  # noqa: S606 - our own interpreter, no shell
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
