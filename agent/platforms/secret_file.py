"""Secrets in an encrypted file, for machines without a keyring.

    secrets.json       {"version": 1, "secrets": {name: {"nonce", "sealed"}}}   AES-256-GCM
    secrets.json.key   32 random bytes, for its user alone (0600)

The key of the encryption is made of the key file and of the machine's own number (HKDF-SHA256,
RFC 5869), which is not in the folder. What this protects against: a folder that is copied, sent or
backed up and then read elsewhere by somebody who does not know the machine's number; a secret that
is found by searching files for its text; a secret moved under another account's name (the name is
authenticated). What it does not: programs of the same user, the administrator, or somebody with the
whole disk. They have everything that we have. Where a machine has no number (some containers), the
folder alone is enough to read them.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from agent.platforms.files import locked, replace
from agent.platforms.secrets import SecretsUnavailable

_log: Final = logging.getLogger(__name__)

_VERSION: Final = 1
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12  # SP 800-38D §8.2.2: random, and so few that they do not meet
_PURPOSE: Final = b"OpenKySo secrets 1"


class _Sealed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    nonce: bytes
    sealed: bytes


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int
    secrets: dict[str, _Sealed]


class SecretFile:
    """Implements `SecretStore`. Nothing is written before the first `put`."""

    def __init__(self, path: Path, *, machine: Callable[[], str] | None = None) -> None:
        self._path = path
        self._key_path = path.with_name(f"{path.name}.key")
        self._machine = machine or _machine

    async def put(self, name: str, secret: str) -> None:
        await asyncio.to_thread(self._safely, self._put, name, secret)

    async def get(self, name: str) -> str | None:
        return await asyncio.to_thread(self._safely, self._get, name)

    async def remove(self, name: str) -> None:
        await asyncio.to_thread(self._safely, self._remove, name)

    def _safely(self, call: "Callable[..., str | None]", *arguments: str) -> str | None:
        try:
            return call(*arguments)
        except (OSError, msgspec.MsgspecError, ValueError) as error:
            _log.warning("%s cannot be used: %s", self._path, type(error).__name__)
            raise SecretsUnavailable(type(error).__name__) from None

    def _put(self, name: str, secret: str) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        with locked(self._path):
            held = dict(self._read())
            nonce = os.urandom(_NONCE_BYTES)
            sealed = AESGCM(self._key(make=True)).encrypt(nonce, secret.encode(), _of(name))
            self._write({**held, name: _Sealed(nonce=nonce, sealed=sealed)})

    def _get(self, name: str) -> str | None:
        found = self._read().get(name)
        if found is None:
            return None
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            opened = AESGCM(self._key()).decrypt(found.nonce, found.sealed, _of(name))
        except InvalidTag:
            raise ValueError("of another machine, or altered") from None
        return opened.decode()

    def _remove(self, name: str) -> None:
        if name not in self._read():
            return
        with locked(self._path):
            self._write({other: sealed for other, sealed in self._read().items() if other != name})

    def _read(self) -> Mapping[str, _Sealed]:
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        file = msgspec.json.decode(raw, type=_File)
        if file.version != _VERSION:
            raise ValueError(f"version {file.version} is not known here")
        return file.secrets

    def _write(self, secrets: Mapping[str, _Sealed]) -> None:
        replace(
            self._path, msgspec.json.encode(_File(version=_VERSION, secrets=dict(secrets))) + b"\n"
        )

    def _key(self, *, make: bool = False) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        if make and not self._key_path.exists():
            replace(self._key_path, os.urandom(_KEY_BYTES))
        kept = self._key_path.read_bytes()
        if len(kept) != _KEY_BYTES:
            raise ValueError("the key file is spoilt")
        salt = self._machine().encode()
        return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=salt, info=_PURPOSE).derive(kept)


def _of(name: str) -> bytes:
    return _PURPOSE + b"\0" + name.encode()


def _machine() -> str:
    from agent import platforms

    return platforms.current().machine_id()
