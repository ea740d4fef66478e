"""Which implementation stands behind each port, by what this machine and its user offer."""

from datetime import UTC, datetime
from pathlib import Path

from agent.app.judge import ByDates, by_dates
from agent.app.options import Options
from agent.config import Config
from agent.consent.nobody import NobodyToAsk
from agent.consent.prompts import Prompts
from agent.server.edge import Sites
from agent.signing.desk import Judge, Summary
from agent.tokens.modules import Module
from protocol.messages import Site


def modules(config: Config) -> tuple[Module, ...]:
    """The PKCS#11 modules to load, the administrator's first."""
    return tuple(Module(path=path, name=path.stem) for path in config.modules.paths)


def prompts(options: Options) -> Prompts:
    del options
    return NobodyToAsk()


def judge(config: Config) -> Judge:
    del config
    return _Judge()


class _Judge:
    def describe(self, certificate: bytes) -> Summary:
        from agent.certificates.describe import describe

        return describe(certificate)

    def glance(self, certificate: bytes, *, at: datetime) -> ByDates:
        told = self.describe(certificate)
        return by_dates(told.not_before, told.not_after, at=at)

    async def assess(self, certificate: bytes, *, at: datetime) -> ByDates:
        return self.glance(certificate, at=at)


def sites(data: Path) -> Sites:
    del data
    return _Remembered()


class _Remembered:
    def __init__(self) -> None:
        self._origins: dict[str, datetime] = {}

    def allows(self, origin: str) -> bool:
        return origin in self._origins

    def remember(self, origin: str) -> None:
        self._origins[origin] = datetime.now(UTC)

    def forget(self, origin: str) -> bool:
        return self._origins.pop(origin, None) is not None

    def all(self) -> tuple[Site, ...]:
        return tuple(
            Site(origin=origin, granted_at=at, expires_at=None)
            for origin, at in self._origins.items()
        )
