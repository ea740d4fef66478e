"""SoftHSM2 tokens in directories of their own, with keys that `cryptography` made.

    hsm = new_softhsm(tmp_path)              # needs softhsm2-util and pkcs11-tool (OpenSC)
    token = hsm.new_token("OpenKySo Demo", pin="12345678")
    certificate = token.add(new_rsa_key(), "CÔNG TY A", key_id=b"\x01")   # self-signed
    token.add_key(key, …), token.add_certificate(certificate, …)          # or yours
    ... Inventory([hsm.module()]) in an environment with hsm.environment

SoftHSM imitates neither removal nor a locked PIN (it only sets COUNT_LOW): see tests/support/card.
Modules read their token directory at C_Initialize; a token made later needs a new worker.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from agent.tokens.modules import Module, Watch

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_PLACES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)
SO_PIN = "87654321"


def softhsm_library() -> Path:
    """The module's path. Raises FileNotFoundError where SoftHSM2 is not installed."""
    for place in _PLACES:
        if Path(place).exists():
            return Path(place)
    raise FileNotFoundError("SoftHSM2 is not installed (apt-get install softhsm2)")


def new_rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def new_ec_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve or ec.SECP256R1())


def self_signed(key: PrivateKey, common_name: str, *, ca: bool = False) -> x509.Certificate:
    """A certificate for tests that only need one; tests of chains have a CA of their own."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


@dataclass(frozen=True, kw_only=True)
class SoftToken:
    hsm: "SoftHSM"
    label: str
    pin: str

    def add_key(self, key: PrivateKey, *, label: str, key_id: bytes) -> None:
        """Import a private key and its public half."""
        pem = self.hsm.directory / f"{key_id.hex()}.pem"
        pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        try:
            self.hsm.run(
                "softhsm2-util", "--import", str(pem), "--token", self.label,
                "--label", label, "--id", key_id.hex(), "--pin", self.pin,
            )  # fmt: skip
        finally:
            pem.unlink()

    def add_certificate(
        self, certificate: x509.Certificate, *, label: str, key_id: bytes = b""
    ) -> None:
        """`key_id` is the CKA_ID; empty for a certificate without one."""
        der = self.hsm.directory / "certificate.der"
        der.write_bytes(certificate.public_bytes(Encoding.DER))
        identity = ("--id", key_id.hex()) if key_id else ()
        self.hsm.run(
            "pkcs11-tool", "--module", str(self.hsm.library), "--token-label", self.label,
            "--login", "--pin", self.pin, "--write-object", str(der), "--type", "cert",
            "--label", label, *identity,
        )  # fmt: skip

    def add(self, key: PrivateKey, common_name: str, *, key_id: bytes) -> x509.Certificate:
        """A key and a self-signed certificate for it."""
        certificate = self_signed(key, common_name)
        self.add_key(key, label=common_name, key_id=key_id)
        self.add_certificate(certificate, label=common_name, key_id=key_id)
        return certificate


@dataclass(frozen=True, kw_only=True)
class SoftHSM:
    """One token directory and the configuration that names it."""

    directory: Path
    library: Path
    tokens: list[SoftToken] = field(default_factory=list)

    @property
    def configuration(self) -> Path:
        return self.directory / "softhsm2.conf"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to see these tokens."""
        return {"SOFTHSM2_CONF": str(self.configuration)}

    def module(self) -> Module:
        return Module(path=self.library, name="SoftHSM", watch=Watch.POLL)

    def new_token(self, label: str, *, pin: str = "12345678") -> SoftToken:
        self.run(
            "softhsm2-util", "--init-token", "--free", "--label", label,
            "--pin", pin, "--so-pin", SO_PIN,
        )  # fmt: skip
        token = SoftToken(hsm=self, label=label, pin=pin)
        self.tokens.append(token)
        return token

    def run(self, *command: str) -> str:
        done = subprocess.run(
            command,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    @contextmanager
    def in_environment(self) -> Iterator[None]:
        """For processes started inside, which inherit our environment."""
        before = os.environ.get("SOFTHSM2_CONF")
        os.environ.update(self.environment)
        try:
            yield
        finally:
            if before is None:
                del os.environ["SOFTHSM2_CONF"]
            else:
                os.environ["SOFTHSM2_CONF"] = before


def new_softhsm(directory: Path) -> SoftHSM:
    """An empty token directory below `directory`. Raises FileNotFoundError without SoftHSM2."""
    for tool in ("softhsm2-util", "pkcs11-tool"):
        if shutil.which(tool) is None:
            raise FileNotFoundError(f"{tool} is not installed (apt-get install softhsm2 opensc)")
    hsm = SoftHSM(directory=directory, library=softhsm_library())
    (directory / "tokens").mkdir(parents=True)
    hsm.configuration.write_text(
        f"directories.tokendir = {directory / 'tokens'}\n"
        "objectstore.backend = file\nlog.level = ERROR\n"
    )
    return hsm


@dataclass(frozen=True, kw_only=True)
class FilledToken:
    """A token with two RSA-2048 keys and one on P-256, each with a certificate."""

    hsm: SoftHSM
    token: SoftToken
    rsa: x509.Certificate
    other_rsa: x509.Certificate
    ec: x509.Certificate


def new_filled_token(directory: Path) -> FilledToken:
    hsm = new_softhsm(directory)
    token = hsm.new_token("OpenKySo Test")
    return FilledToken(
        hsm=hsm,
        token=token,
        rsa=token.add(new_rsa_key(), "RSA", key_id=b"\x01"),
        other_rsa=token.add(new_rsa_key(), "RSA khác", key_id=b"\x02"),
        ec=token.add(new_ec_key(), "EC", key_id=b"\x03"),
    )
