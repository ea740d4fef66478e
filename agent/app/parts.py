"""Which implementation stands behind each port, by what this machine and its user offer."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from agent import platforms
from agent.app.options import Options
from agent.certificates.assess import Assessor
from agent.certificates.fetch import HttpFetcher
from agent.certificates.revocation import Limits, RevocationChecker
from agent.certificates.trust import TrustStore
from agent.config import Config, ConfigError
from agent.consent.grants import Grants
from agent.consent.nobody import NobodyToAsk
from agent.consent.prompts import Prompts
from agent.signing.desk import Judge
from agent.tokens.modules import Module

_log: Final = logging.getLogger(__name__)


def modules(config: Config) -> tuple[Module, ...]:
    """The PKCS#11 modules to load, the administrator's first."""
    return tuple(Module(path=path, name=path.stem) for path in config.modules.paths)


def prompts(options: Options) -> Prompts:
    """How the user is asked here. Raises ConfigError for a script that cannot be used."""
    if options.scripted_consent is not None:
        from agent.consent.scripted import Script, ScriptedPrompts

        try:
            script = Script.read(options.scripted_consent)
        except (OSError, ValueError) as error:
            raise ConfigError(f"scripted consent: {error}") from error
        _log.warning("consent is answered by script, for the tokens named in it alone")
        return ScriptedPrompts(script, unattended=True)
    if platforms.current().display_available():
        from agent.consent.window_prompts import WindowPrompts

        return WindowPrompts()
    _log.warning("there is no display: questions to the user will fail")
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


def sites(data: Path) -> Grants:
    return Grants(data / "sites.json")
