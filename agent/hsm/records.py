"""What is remembered of accounts, without their secrets: one file, for its user alone.

    accounts.json    {"version": 1, "accounts": [{id, provider, base, name, certificates, …}]}

The agent and `kyso-agent accounts` both write it, under a lock, and each reads it afresh before it
changes something: what the other did is never undone. Certificates are in it too, so that they are
known at the start and while a service is down. A file that cannot be read is put aside, so that
nothing is lost, and said in the log; the secrets stay in the keyring until the accounts are added
again.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Self

import msgspec
from msgspec import Meta, Struct

from agent.hsm.api import Account
from agent.keys import (
    AccountId,
    CertificateId,
    Confirmation,
    KeyType,
    ServiceCertificate,
    ServiceInfo,
)
from agent.platforms.files import locked, replace

_log: Final = logging.getLogger(__name__)

_VERSION: Final = 1
_Hex32 = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
_Hex64 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Held(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A certificate that an account holds."""

    id: _Hex64
    der: bytes
    credential: str
    confirmation: Confirmation
    key_type: KeyType
    key_bits: int

    @classmethod
    def of(cls, certificate: ServiceCertificate) -> Self:
        return cls(
            id=certificate.id,
            der=certificate.der,
            credential=certificate.credential,
            confirmation=certificate.confirmation,
            key_type=certificate.key_type,
            key_bits=certificate.key_bits,
        )

    def certificate(self, service: ServiceInfo) -> ServiceCertificate:
        return ServiceCertificate(
            id=CertificateId(self.id),
            der=self.der,
            service=service,
            credential=self.credential,
            confirmation=self.confirmation,
            key_type=self.key_type,
            key_bits=self.key_bits,
        )


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account. `fields` are those that the provider's row does not call secret."""

    id: _Hex32
    provider: str
    provider_name: str
    base: str
    host: str
    name: str
    fields: dict[str, str] = {}
    certificates: tuple[Held, ...] = ()
    problem: str = ""
    checked_at: Annotated[datetime, Meta(tz=True)] | None = None

    @property
    def account(self) -> Account:
        return Account(
            id=AccountId(self.id),
            provider=self.provider,
            provider_name=self.provider_name,
            host=self.host,
            name=self.name,
            certificates=tuple(CertificateId(held.id) for held in self.certificates),
            problem=self.problem,
            checked_at=self.checked_at,
        )

    @property
    def service(self) -> ServiceInfo:
        return ServiceInfo(
            account=AccountId(self.id),
            provider=self.provider,
            provider_name=self.provider_name,
            host=self.host,
            name=self.name,
        )

    def __repr__(self) -> str:
        return f"Record({self.host!r}, …)"


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int
    accounts: tuple[Record, ...]


#: What tells one state of the file from another without reading it.
Stamp = tuple[int, int, int] | None


class Records:
    """The file `path`. Its methods block for some milliseconds."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime] | None = None) -> None:
        self._path = path
        self._clock = clock or (lambda: datetime.now(UTC))

    def stamp(self) -> Stamp:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def read(self) -> Mapping[str, Record]:
        """In the order in which they were added. Raises OSError."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        try:
            return {record.id: record for record in _decoded(raw)}
        except ValueError as error:
            aside = self._path.with_suffix(f".unreadable-{self._clock():%Y%m%dT%H%M%S%f}")
            self._path.replace(aside)
            _log.error("accounts could not be read (%s); kept as %s", type(error).__name__, aside)
            return {}

    @contextmanager
    def changing(self) -> Iterator[dict[str, Record]]:
        """The accounts of this moment; what they are at the end is written. Raises OSError."""
        with locked(self._path):
            before = self.read()
            records = dict(before)
            yield records
            if records != before:
                file = _File(version=_VERSION, accounts=tuple(records.values()))
                replace(self._path, msgspec.json.format(msgspec.json.encode(file)) + b"\n")


def _decoded(raw: bytes) -> tuple[Record, ...]:
    """Raises ValueError; msgspec's errors are such."""
    file = msgspec.json.decode(raw, type=_File)
    if file.version != _VERSION:
        raise ValueError(f"version {file.version} is not known here")
    return file.accounts
