"""Which implementation stands behind each port, by what this machine and its user offer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from agent.app.options import Options
from agent.certificates.assess import Assessor
from agent.certificates.fetch import HttpFetcher
from agent.certificates.revocation import Limits, RevocationChecker
from agent.certificates.trust import TrustStore
from agent.config import Config
from agent.consent.nobody import NobodyToAsk
from agent.consent.prompts import Prompts
from agent.server.edge import Sites
from agent.signing.desk import Judge
from agent.tokens.modules import Module
from protocol.messages import Site


def modules(config: Config) -> tuple[Module, ...]:
    """The PKCS#11 modules to load, the administrator's first."""
    return tuple(Module(path=path, name=path.stem) for path in config.modules.paths)


def prompts(options: Options) -> Prompts:
    del options
    return NobodyToAsk()


@asynccontextmanager
async def judge(options: Options) -> AsyncIterator[Judge]:
    """Believes the administrator's roots, and those that the user added."""
    async with HttpFetcher() as fetcher:
        yield Assessor(
            TrustStore(options.directories.data / "trust", configured=options.config.trust.roots),
            RevocationChecker(
                fetcher, limits=Limits.within(options.config.revocation.timeout_seconds)
            ),
        )


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
