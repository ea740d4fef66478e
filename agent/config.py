"""What an administrator may set, from one TOML file. Anything unknown in it is an error.

    [modules]                      # PKCS#11 modules
    discover = true                # look for the vendors' modules in their usual places
    paths = ["/opt/vendor/libp11.so"]
    allowed = ["/opt/vendor/libp11.so"]  # if given, no other file is ever loaded

    [trust]
    roots = ["/etc/openkyso/roots"]  # PEM or DER files, or directories of them; added to ours

    [revocation]
    timeout_seconds = 5.0          # for OCSP and CRL together, each time a certificate is judged
    require = false                # true: a signature that was to be B-LT and for which neither
                                   # could be had is not handed out; else it is what was reached

    [services]                     # keys in remote signing services
    ca = ["/etc/openkyso/company-ca.pem"]  # PEM or DER files, or directories of them; for TLS
    loopback_http = false          # true: a service on this very machine may do without https
    secrets = "system"             # the keyring; "file": always the encrypted file

    [timestamp]
    url = "http://tsa.example.vn"  # RFC 3161
    urls = ["http://other.example.vn/tsa"]  # asked in this order where `url` gives no token
    timeout_seconds = 150.0        # for each; some are very slow

    [server]
    ports = [14517, 17917, 21217, 27617]

    [tray]
    enabled = true
    open = ["kyso", "app"]         # what the icon's "open" starts; without it there is none

Relative paths are relative to the file's own directory. Pages can set none of this (T16, T17).
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from protocol.version import PORTS


class ConfigError(Exception):
    """The file cannot be used; the text names the file, the key and what is wrong with it."""


class _Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: a misspelt key is refused, never ignored."""


class Modules(_Section, frozen=True, kw_only=True):
    discover: bool = True
    paths: tuple[Path, ...] = ()
    allowed: tuple[Path, ...] | None = None


class Trust(_Section, frozen=True, kw_only=True):
    roots: tuple[Path, ...] = ()


class Revocation(_Section, frozen=True, kw_only=True):
    timeout_seconds: Annotated[float, Meta(gt=0, le=60)] = 5.0
    require: bool = False


class Services(_Section, frozen=True, kw_only=True):
    ca: tuple[Path, ...] = ()
    loopback_http: bool = False
    secrets: Literal["system", "file"] = "system"


class Timestamp(_Section, frozen=True, kw_only=True):
    url: Annotated[str, Meta(pattern="^(https?://.+)?$")] = ""
    urls: Annotated[
        tuple[Annotated[str, Meta(pattern="^https?://.+$")], ...], Meta(max_length=8)
    ] = ()
    timeout_seconds: Annotated[float, Meta(gt=0, le=300)] = 150.0

    @property
    def all_urls(self) -> tuple[str, ...]:
        """In the order in which they are asked, each once."""
        return tuple(dict.fromkeys(url for url in (self.url, *self.urls) if url))


class Server(_Section, frozen=True, kw_only=True):
    #: 0 means any free port: for tests, since clients could not find it.
    ports: Annotated[tuple[Annotated[int, Meta(ge=0, le=65535)], ...], Meta(min_length=1)] = PORTS


class Tray(_Section, frozen=True, kw_only=True):
    enabled: bool = True
    open: tuple[str, ...] = ()


class Config(_Section, frozen=True, kw_only=True):
    modules: Modules = Modules()
    trust: Trust = Trust()
    revocation: Revocation = Revocation()
    timestamp: Timestamp = Timestamp()
    services: Services = Services()
    server: Server = Server()
    tray: Tray = Tray()


def load(path: Path) -> Config:
    """Read `path`. Raises ConfigError."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    try:
        config = msgspec.convert(tomllib.loads(text), Config, dec_hook=_path)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_plainly(error)}") from error
    return _rooted(config, path.parent)


def _path(wanted: type, value: Any) -> Any:
    if wanted is Path and isinstance(value, str):
        return Path(value)
    raise ValueError("Expected a path as text")


def _plainly(error: msgspec.ValidationError) -> str:
    """Name the key as the file writes it: `$.modules.paths[0]` becomes `modules.paths[0]`."""
    problem, at, place = str(error).partition(" - at `$")
    return f"{place.strip('.`') if at else 'top level'}: {problem}"


def _rooted(config: Config, directory: Path) -> Config:
    def rooted(paths: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(directory / path for path in paths)

    modules = config.modules
    return replace(
        config,
        modules=replace(
            modules,
            paths=rooted(modules.paths),
            allowed=None if modules.allowed is None else rooted(modules.allowed),
        ),
        trust=replace(config.trust, roots=rooted(config.trust.roots)),
        services=replace(config.services, ca=rooted(config.services.ca)),
    )
