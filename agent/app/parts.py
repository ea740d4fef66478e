"""Which implementation stands behind each port, by what this machine and its user offer."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

from agent import platforms
from agent.app.options import Options
from agent.config import Config, ConfigError
from agent.consent.grants import Grants
from agent.consent.nobody import NobodyToAsk
from agent.consent.prompts import Prompts
from agent.hsm.accounts import Accounts, Pace
from agent.hsm.asking import Asker
from agent.hsm.https import Doors
from agent.hsm.passwords import Passwords
from agent.hsm.providers import Kinds
from agent.hsm.records import Records
from agent.platforms.secrets import secret_store
from agent.signing.desk import Assessment, Judge, Summary
from agent.tokens.modules import Finding, Module, Policy, find_modules

if TYPE_CHECKING:
    from agent.certificates.fetch import Fetcher
    from agent.certificates.revocation import RevocationChecker
    from agent.certificates.trust import TrustStore
    from agent.verifying.verifier import Verifier

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
        from agent.consent.script import Script
        from agent.consent.scripted import ScriptedPrompts

        try:
            script = Script.read(options.scripted_consent)
        except (OSError, ValueError) as error:
            raise ConfigError(f"scripted consent: {error}") from error
        _log.warning("consent is answered by script, for the tokens and services named in it alone")
        return ScriptedPrompts(script, unattended=True)
    if platforms.current().display_available():
        from agent.consent.window_prompts import WindowPrompts

        return WindowPrompts()
    from agent.consent.terminal import Terminal

    terminal = Terminal.of_this_process()
    if terminal is not None:
        from agent.consent.terminal_prompts import TerminalPrompts

        return TerminalPrompts(terminal)
    _log.warning("there is neither a display nor a terminal: questions to the user will fail")
    return NobodyToAsk()


@asynccontextmanager
async def belief(options: Options) -> AsyncIterator["Belief"]:
    """By the administrator's roots, and those that the user added."""
    from agent.certificates.fetch import HttpFetcher

    async with HttpFetcher() as fetcher:
        yield Belief(options, fetcher)


class Belief:
    """Whom this machine believes, and what follows from it: the judge of certificates, the verifier
    of signed files. All by one store, so that a root which the user adds counts at once.

    Loaded when the first certificate is to be judged: it brings asn1crypto and certificate
    validation, which are a fifth of the start, and ten megabytes.
    """

    def __init__(self, options: Options, fetcher: "Fetcher") -> None:
        self._options = options
        self._fetcher = fetcher

    @cached_property
    def trust(self) -> "TrustStore":
        from agent.app.roots import store

        return store(self._options)

    @cached_property
    def verifier(self) -> "Verifier":
        from agent.certificates.standing import Standings
        from agent.verifying.verifier import Verifier

        required = self._options.config.revocation.require
        return Verifier(Standings(self.trust, self._revocation, required=required))

    @cached_property
    def _revocation(self) -> "RevocationChecker":
        from agent.certificates.revocation import Limits, RevocationChecker

        limits = Limits.within(self._options.config.revocation.timeout_seconds)
        return RevocationChecker(self._fetcher, limits=limits)

    @cached_property
    def _assessor(self) -> Judge:
        from agent.certificates.assess import Assessor

        required = self._options.config.revocation.require
        return Assessor(self.trust, self._revocation, required=required)

    def describe(self, der: bytes, /) -> Summary:
        return self._assessor.describe(der)

    def glance(self, der: bytes, /, *, at: datetime) -> Assessment:
        return self._assessor.glance(der, at=at)

    async def assess(self, der: bytes, /, *, at: datetime) -> Assessment:
        return await self._assessor.assess(der, at=at)


def services(options: Options, *, pace: Pace | None = None) -> Accounts:
    """The accounts at signing services; without `pace` nothing is asked by itself."""
    chosen, data = options.config.services, options.directories.data
    return Accounts(
        asker=Asker(
            kinds=Kinds.known(), doors=Doors(ca=chosen.ca, loopback_http=chosen.loopback_http)
        ),
        records=Records(data / "accounts.json"),
        passwords=Passwords(secret_store(chosen.secrets, folder=data)),
        pace=pace,
    )


def sites(options: Options) -> Grants:
    return Grants(options.directories.data / "sites.json")
