"""openssl as a judge: a directory for its files, and an authority that it trusts."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from tests.support.pki import Authority, Holder, Urls


@dataclass
class Desk:
    """A directory with the root, and a key pair and its chain for openssl."""

    path: Path
    root: Authority
    ca: Authority

    @classmethod
    def at(cls, path: Path) -> "Desk":
        root = Authority.root()
        desk = cls(path=path, root=root, ca=Authority.under(root, urls=Urls()))
        desk.write(root=root.pem)
        return desk

    def openssl(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["openssl", *arguments], cwd=self.path, capture_output=True, check=False, timeout=60
        )

    def write(self, **files: bytes) -> None:
        for name, octets in files.items():
            self.path.joinpath(name).write_bytes(octets)

    def read(self, name: str) -> bytes:
        return self.path.joinpath(name).read_bytes()

    def holds(self, holder: Holder) -> None:
        key = holder.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self.write(key=key, certificate=holder.pem, ca=self.ca.pem)

    def verifies(
        self, signed: bytes, *, content: bytes | None = None, options: tuple[str, ...] = ()
    ) -> bool:
        """With -cades, trusting the root alone: the rest of the chain must be in the file."""
        self.write(signed=signed)
        given: tuple[str, ...] = ()
        if content is not None:
            self.write(content=content)
            given = ("-content", "content")
        judged = self.openssl(
            "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "signed",
            "-CAfile", "root", "-out", "out", *given, *options,
        )  # fmt: skip
        return judged.returncode == 0
