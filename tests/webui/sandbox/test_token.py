"""The demo token, read back by pkcs11-tool."""

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from protocol.identity import msts
from webui.sandbox import softhsm
from webui.sandbox.ca import Authority
from webui.sandbox.softhsm import TokenError
from webui.sandbox.token import LABEL, PIN, Token
from webui.sandbox.world import UNIT, Role, World


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def world(folder: Path) -> World:
    world = World(folder / "world", Authority.open(folder / "ca", url="http://127.0.0.1:1"))
    world.prepare()
    return world


@pytest.fixture(scope="module")
def token(folder: Path, world: World) -> Token:
    token = Token(folder / "token")
    token.prepare(world, lambda _role: None)
    return token


def pkcs11(token: Token, *arguments: str, pin: str | None = None) -> bytes:
    login = ["--login", "--pin", pin] if pin else []
    done = subprocess.run(
        [
            *("pkcs11-tool", "--module", softhsm.module(), "--token-label", LABEL),
            *login,
            *arguments,
        ],
        env={**os.environ, "SOFTHSM2_CONF": str(token.configuration)},
        capture_output=True,
        check=True,
    )
    return done.stdout


def test_it_holds_five_certificates_and_five_keys(token) -> None:
    listed = pkcs11(token, "--list-objects", pin=PIN).decode()

    assert listed.count("Certificate Object") == 5
    assert listed.count("Private Key Object") == 5
    assert listed.count("always sensitive, never extractable") == 5


def test_each_key_signs_for_its_certificate(token, world, tmp_path) -> None:
    (tmp_path / "data").write_bytes(b"to be signed")
    for number, role in enumerate(
        (Role.NEW, Role.OTHER, Role.BRANCH, Role.EXPIRED, Role.REVOKED), start=1
    ):
        out = tmp_path / f"{number}"
        sign = ("--sign", "--mechanism", "SHA256-RSA-PKCS", "--id", f"{number:02x}")
        files = ("--input-file", str(tmp_path / "data"), "--output-file", str(out))
        pkcs11(token, *sign, *files, pin=PIN)

        certificate = x509.Certificate.load(world.certificate(role))
        key = load_der_public_key(certificate.public_key.dump())
        assert isinstance(key, rsa.RSAPublicKey)
        key.verify(out.read_bytes(), b"to be signed", padding.PKCS1v15(), hashes.SHA256())


def test_the_certificates_are_what_their_roles_say(token, world) -> None:
    now = datetime.now(UTC)
    of = {
        role: x509.Certificate.load(world.certificate(role))
        for role in (Role.NEW, Role.OTHER, Role.BRANCH, Role.EXPIRED, Role.REVOKED)
    }

    assert {msts(of[role]) for role in (Role.NEW, Role.EXPIRED, Role.REVOKED)} == {(UNIT.mst,)}
    assert msts(of[Role.BRANCH]) == (f"{UNIT.mst}001",)
    assert msts(of[Role.OTHER]) not in {(UNIT.mst,), ()}
    assert {role for role, one in of.items() if one.not_valid_after < now} == {Role.EXPIRED}
    revoked = [entry for entry in world._authority.issued() if entry.revocation]
    assert [entry.certificate for entry in revoked] == [world.certificate(Role.REVOKED)]


def test_a_second_start_makes_nothing_new(token, world) -> None:
    before = world.certificate(Role.NEW)

    token.prepare(world, lambda role: pytest.fail(f"made {role} again"))

    assert world.certificate(Role.NEW) == before


def test_a_start_that_was_cut_short_leaves_no_half_token(tmp_path) -> None:
    world = World(tmp_path / "world", Authority.open(tmp_path / "ca", url="http://127.0.0.1:1"))
    world.prepare()
    token = Token(tmp_path / "token")

    def power_cut(role: Role) -> None:
        if role is Role.BRANCH:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        token.prepare(world, power_cut)
    assert not token.is_ready

    token.prepare(world, lambda _role: None)
    assert pkcs11(token, "--list-objects").decode().count("Certificate Object") == 5


def test_the_folder_may_be_moved(token, world, tmp_path) -> None:
    shutil.copytree(token.configuration.parent, tmp_path / "moved")
    moved = Token(tmp_path / "moved")
    moved.prepare(world, lambda _role: None)

    assert str(tmp_path) in moved.configuration.read_text()
    assert b"Certificate Object" in pkcs11(moved, "--list-objects")


def test_a_missing_tool_is_named_with_its_package(world, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(softhsm.shutil, "which", lambda _program: None)

    with pytest.raises(TokenError, match="apt install softhsm2"):
        Token(tmp_path / "token").prepare(world, lambda _role: None)


def test_a_missing_module_is_said(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(softhsm, "_MODULES", ())
    monkeypatch.setenv("SOFTHSM2_MODULE", str(tmp_path / "none.so"))

    with pytest.raises(TokenError, match="SoftHSM is not installed"):
        softhsm.module()
