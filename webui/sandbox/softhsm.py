"""A SoftHSM token in a folder of its own, filled by the tools that people would use by hand.

Keys are made on the token and never leave it. The token is built aside and moved into place when it
is whole, so that an interrupted first start leaves nothing half-made.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_SO_PIN: Final = "87654321"

#: Where Debian, Fedora, Homebrew (Intel, Apple silicon) and a build from source put it.
_MODULES: Final = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
_SECONDS: Final = 60


class TokenError(Exception):
    """The token cannot be prepared; the message says what is missing or what a tool said."""


def module() -> Path:
    """SoftHSM's PKCS#11 module. Raises TokenError."""
    candidates = [os.environ.get("SOFTHSM2_MODULE", ""), *_MODULES]
    for candidate in candidates:
        if candidate and Path(candidate).is_file():
            return Path(candidate)
    raise TokenError("SoftHSM is not installed (Debian, Ubuntu: apt install softhsm2)")


class SoftHsm:
    def __init__(self, folder: Path, *, label: str, pin: str) -> None:
        self._folder = folder
        self._label = label
        self._pin = pin

    @property
    def configuration(self) -> Path:
        """For the environment variable SOFTHSM2_CONF of whoever uses the token."""
        return self._folder / "softhsm2.conf"

    @property
    def is_ready(self) -> bool:
        return self.configuration.exists()

    @contextmanager
    def prepared(self) -> Iterator["Fresh | None"]:
        """A fresh token to be filled, in its place when the block has ended well; None if there is
        one already. Raises TokenError.
        """
        if self.is_ready:
            # The folder may have been moved since; SoftHSM wants its whole path.
            _write_configuration(self._folder, tokens=self._folder / "tokens")
            yield None
            return
        aside = self._folder.with_name(f"{self._folder.name}.new")
        shutil.rmtree(aside, ignore_errors=True)
        (aside / "tokens").mkdir(parents=True, mode=0o700)
        fresh = Fresh(aside, label=self._label, pin=self._pin)
        fresh.initialise()
        yield fresh
        _write_configuration(aside, tokens=self._folder / "tokens")
        shutil.rmtree(self._folder, ignore_errors=True)
        aside.rename(self._folder)


class Fresh:
    """A token that is being filled, by softhsm2-util and pkcs11-tool."""

    def __init__(self, folder: Path, *, label: str, pin: str) -> None:
        """Raises TokenError if a tool is missing."""
        self.folder = folder
        self._module = str(module())
        self._label = label
        self._pin = pin
        self._configuration = _write_configuration(folder, tokens=folder / "tokens")
        for program, package in (("softhsm2-util", "softhsm2"), ("pkcs11-tool", "opensc")):
            if shutil.which(program) is None:
                raise TokenError(f"{program} is not installed (apt install {package})")

    def initialise(self) -> None:
        pins = ("--so-pin", _SO_PIN, "--pin", self._pin)
        named = ("--free", "--label", self._label)
        _run(self._configuration, "softhsm2-util", "--init-token", *named, *pins)

    def make_key(self, *, number: int, label: str) -> bytes:
        """The public key, SubjectPublicKeyInfo in DER."""
        named = ("--id", f"{number:02x}", "--label", label)
        make = ("--keypairgen", "--key-type", "rsa:2048", "--usage-sign")
        self._pkcs11(*make, *named)
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "public.der"
            read = ("--read-object", "--type", "pubkey", "--output-file", str(out))
            self._pkcs11(*read, "--id", f"{number:02x}")
            return out.read_bytes()

    def store(self, certificate: bytes, *, number: int, label: str) -> None:
        named = ("--id", f"{number:02x}", "--label", label)
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "certificate.der"
            source.write_bytes(certificate)
            write = ("--write-object", str(source), "--type", "cert")
            self._pkcs11(*write, *named)

    def _pkcs11(self, *arguments: str) -> None:
        login = ("--token-label", self._label, "--login", "--pin", self._pin)
        _run(self._configuration, "pkcs11-tool", "--module", self._module, *login, *arguments)


def _run(configuration: Path, program: str, *arguments: str) -> None:
    environment = {**os.environ, "SOFTHSM2_CONF": str(configuration)}
    done = subprocess.run(  # noqa: S603 - our own arguments, no shell
        [program, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise TokenError(f"{program}: {(done.stderr or done.stdout).strip()[-500:]}")


def _write_configuration(folder: Path, *, tokens: Path) -> Path:
    path = folder / "softhsm2.conf"
    path.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\n"
        "log.level = ERROR\nslots.removable = true\n"
    )
    return path
