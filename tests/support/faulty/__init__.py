"""A PKCS#11 module that misbehaves on request; compiled for the tests that use it.

module = build_faulty_module(tmp_path)        # skips without a C compiler (fails where CI=true)
Host(module.path, environment=module.environment("crash-in-sign", "print"))
module.calls()                                # what was called, in order
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.softhsm import new_rsa_key, self_signed


@dataclass(frozen=True, kw_only=True)
class FaultyModule:
    """`pin` is the right one; the token has one RSA-2048 certificate."""

    path: Path
    certificate: x509.Certificate
    pin: str = "123456"

    def environment(self, *faults: str) -> dict[str, str]:
        """For a worker that is to show these faults; puts the token in, forgets the calls."""
        self.put_in()
        self._log.unlink(missing_ok=True)
        return os.environ | {
            "FAULTY": ",".join(faults),
            "FAULTY_DER": str(self._der),
            "FAULTY_OUT": str(self._out),
            "FAULTY_LOG": str(self._log),
        }

    def calls(self, prefix: str = "") -> list[str]:
        """The noted calls, those that begin so."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [line for line in lines if line.startswith(prefix)]

    def put_in(self) -> None:
        """The token, at whatever kind of port this is; it is in at first."""
        self._out.unlink(missing_ok=True)

    def take_out(self) -> None:
        self._out.touch()

    @property
    def _out(self) -> Path:
        return self.path.with_suffix(".out")

    @property
    def _log(self) -> Path:
        return self.path.with_suffix(".log")

    @property
    def _der(self) -> Path:
        return self.path.with_suffix(".der")


def build_faulty_module(folder: Path) -> FaultyModule:
    compiler = shutil.which("cc")
    if compiler is None:
        if os.environ.get("CI") == "true":
            raise RuntimeError("there is no C compiler")
        pytest.skip("no C compiler for the faulty PKCS#11 module (apt-get install gcc libc6-dev)")
    path = folder / "faulty.so"
    source = Path(__file__).with_name("module.c")
    subprocess.run(
        (compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", path, source), check=True
    )
    module = FaultyModule(path=path, certificate=self_signed(new_rsa_key(), "CÔNG TY LỖI"))
    module._der.write_bytes(module.certificate.public_bytes(Encoding.DER))
    return module
