"""The kinds of signing services, by providers.toml; what speaks one is loaded at its first use."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Final, Literal, Self

import msgspec

from agent.errors import UserError
from agent.hsm.api import ProviderField, ProviderInfo, Words
from agent.hsm.provider import Provider

_FILE: Final = "providers.toml"


class _Host(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    host: str
    confidence: Literal["confirmed", "single", "inferred"]


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    name: str
    adapter: str
    account: Words
    password: Words
    hosts: tuple[_Host, ...] = ()
    fields: tuple[ProviderField, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A row: what is told of it, and who speaks it."""

    info: ProviderInfo
    adapter: str  # module:class

    def provider(self) -> Provider:
        return _made(self.adapter)


class Kinds:
    """In the order in which an unknown host is asked which one it is."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self._kinds: Mapping[str, Kind] = {kind.info.id: kind for kind in kinds}

    @classmethod
    def known(cls) -> Self:
        """Those of the table."""
        return cls(_table())

    def infos(self) -> tuple[ProviderInfo, ...]:
        return tuple(kind.info for kind in self._kinds.values())

    def all(self) -> tuple[Kind, ...]:
        return tuple(self._kinds.values())

    def named(self, provider: str, *, host: str) -> Kind:
        """Raises UserError service_not_recognised: a newer version may have kept its account."""
        kind = self._kinds.get(provider)
        if kind is None:
            raise UserError("service_not_recognised", host=host)
        return kind

    def of_host(self, host: str) -> Kind | None:
        """Whose known host it is."""
        return next((kind for kind in self._kinds.values() if host in kind.info.hosts), None)


@cache
def _table() -> tuple[Kind, ...]:
    source = files(__package__).joinpath(_FILE).read_text("utf-8")
    rows = msgspec.convert(tomllib.loads(source)["provider"], tuple[_Row, ...])
    return tuple(
        Kind(
            ProviderInfo(
                id=row.id,
                name=row.name,
                account=row.account,
                password=row.password,
                fields=row.fields,
                hosts=tuple(each.host for each in row.hosts),
            ),
            row.adapter,
        )
        for row in rows
    )


@cache
def _made(adapter: str) -> Provider:
    module, _, name = adapter.partition(":")
    made: Provider = getattr(import_module(module), name)()
    return made
