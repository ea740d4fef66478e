"""What an administrator may set: a TOML file, then a few environment variables on top.

    KYSO_CONFIG            the TOML file (else --config, else none)
    KYSO_DATA              the folder of the SQLite file
    DATABASE_URL           sqlite:///… or postgresql://…; moves everything to another database
    KYSO_GATEWAY_PASSWORD  the I-VAN's password, for those who keep secrets out of files

A file with an unknown key is refused: a misspelt `receipts.signers` must not pass silently.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Final

import msgspec
import platformdirs

DEFAULT_PORT: Final = 8620


class ConfigError(Exception):
    """The configuration cannot be used; the message says which part and why."""


class Secret:
    """A password that does not show in repr, str or logs."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """The channel to BHXH. Without a `url` dossiers wait, and the page says so."""

    url: str | None = None
    user: str | None = None  # None: the I-VAN code
    password: Secret = field(default_factory=lambda: Secret(""))
    connect_seconds: float = 10.0
    answer_seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ivan:
    """The go-between in whose name dossiers travel (facts A3: official list of I-VAN codes)."""

    code: str = "00100"
    name: str = "CÔNG TY CỔ PHẦN CYBERLOTUS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """PEM or DER files, or folders of them. Self-issued ones are anchors, others intermediates."""

    roots: tuple[Path, ...] = ()
    fetch_seconds: float = 6.0  # for one OCSP or CRL answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """The certificates with which BHXH signs receipts, themselves: an issuer's name would not do,
    since the same CAs issue to everybody. The result codes are guesses (facts A4: [U]).
    """

    signers: tuple[Path, ...] = ()
    accepted_codes: frozenset[str] = frozenset({"1"})
    refused_codes: frozenset[str] = frozenset({"0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Times in seconds. A lease must outlast one whole conversation with the gateway."""

    first_retry_seconds: float = 2.0
    longest_retry_seconds: float = 600.0
    receipt_first_seconds: float = 2.0
    receipt_longest_seconds: float = 300.0
    idle_seconds: float = 5.0  # how often to look for work that another backend left
    lease_seconds: float = 60.0
    parallel: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """Set by `kyso demo` alone, and said on every screen."""

    scripted: bool = False  # the agent's consent is answered by script
    mailbox_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    data_dir: Path = field(default_factory=lambda: Path(platformdirs.user_data_dir("openkyso")))
    database_url: str | None = None  # None: SQLite in data_dir
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT  # 0: any free one
    public_origin: str | None = None  # "https://ivan.example.vn" when run centrally
    gateway: Gateway = Gateway()
    ivan: Ivan = Ivan()
    trust: Trust = Trust()
    receipts: Receipts = Receipts()
    delivery: Delivery = Delivery()
    demo: Demo | None = None

    @property
    def database(self) -> str:
        """The URL with the driver that this program uses."""
        if self.database_url is None:
            return f"sqlite+aiosqlite:///{self.data_dir / 'kyso.db'}"
        scheme, colon, rest = self.database_url.partition(":")
        drivers = {
            "sqlite": "sqlite+aiosqlite",
            "postgres": "postgresql+asyncpg",
            "postgresql": "postgresql+asyncpg",
        }
        return drivers.get(scheme, scheme) + colon + rest


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises ConfigError, naming the key. Paths in the file are relative to the file."""
    if path is None and environment.get("KYSO_CONFIG"):
        path = Path(environment["KYSO_CONFIG"])
    settings = Settings() if path is None else _from_file(path)
    if folder := environment.get("KYSO_DATA"):
        settings = replace(settings, data_dir=Path(folder))
    if url := environment.get("DATABASE_URL"):
        settings = replace(settings, database_url=url)
    if (password := environment.get("KYSO_GATEWAY_PASSWORD")) is not None:
        settings = replace(settings, gateway=replace(settings.gateway, password=Secret(password)))
    _check(settings)
    return settings


def _from_file(path: Path) -> Settings:
    base = path.resolve().parent

    def decode(kind: type, value: object) -> object:
        if kind is Path:
            return base / str(value)
        if kind is Secret:
            return Secret(str(value))
        raise NotImplementedError(kind)

    try:
        table = tomllib.loads(path.read_text("utf-8"))
        if "demo" in table:  # only `kyso demo` is a demo
            raise ConfigError(f"{path}: unknown key 'demo'")
        _refuse_unknown(table, Settings, path)
        settings: Settings = msgspec.convert(table, Settings, dec_hook=decode)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: {error}") from error
    return settings


def _refuse_unknown(table: dict[str, object], shape: type, path: Path) -> None:
    known = {entry.name: entry.type for entry in fields(shape)}
    for key, value in table.items():
        if key not in known:
            raise ConfigError(f"{path}: unknown key {key!r}")
        part = known[key]
        if isinstance(value, dict) and isinstance(part, type) and is_dataclass(part):
            _refuse_unknown(value, part, path)


def _check(settings: Settings) -> None:
    delivery, gateway = settings.delivery, settings.gateway
    if delivery.lease_seconds <= gateway.connect_seconds + gateway.answer_seconds:
        raise ConfigError("delivery.lease_seconds must exceed the gateway's two time limits")
    if (url := gateway.url) and not url.startswith(
        ("https://", "http://127.0.0.1", "http://[::1]")
    ):
        raise ConfigError("gateway.url must be https (plain http only to this machine)")
    if (origin := settings.public_origin) and (
        not origin.startswith("https://") or origin.count("/") != 2  # noqa: PLR2004 - of "https://"
    ):
        raise ConfigError("public_origin must look like https://host, without a path")
