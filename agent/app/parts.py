"""Which implementation stands behind each port, by what this machine and its user offer."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
from agent.tokens.modules import Finding, Module, Policy, find_modules

_log: Final = logging.getLogger(__name__)


def findings(config: Config) -> tuple[Finding, ...]:
    """The PKCS#11 modules of this machine, and whether each may be loaded."""
    chosen = config.modules
    return find_modules(
        Policy(paths=chosen.paths, discover=chosen.discover, allowed=chosen.allowed)
    )


def modules(config: Config) -> tuple[Module, ...]:
    """Those that are loaded, the administrator's first."""
    found = findings(config)
    for finding in found:
        if finding.module is None:
            _log.warning("module %s is not loaded: %s", finding.path, finding.verdict)
    return tuple(finding.module for finding in found if finding.module is not None)


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


def sites(options: Options) -> Grants:
    return Grants(options.directories.data / "sites.json")
