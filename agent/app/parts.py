"""Which implementation stands behind each port, by what this machine and its user offer."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
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
    from agent.certificates.timestamp import TimestampAuthority
    from agent.formats.levels import Evidence, EvidenceNeeded
    from agent.signing.desk import EvidenceSource

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Raisers:
    """Who raises signatures above B-B here."""

    authorities: "TimestampAuthority | None"
    evidence: "EvidenceSource"


@asynccontextmanager
async def raisers(options: Options) -> AsyncIterator[Raisers]:
    from agent.certificates.fetch import HttpFetcher

    async with HttpFetcher() as fetcher:
        yield Raisers(
            authorities=_LateAuthorities(options, fetcher)
            if options.config.timestamp.all_urls
            else None,
            evidence=_LateEvidence(options, fetcher),
        )


class _LateAuthorities:
    """Loaded when the first time stamp is wanted; see `_LateJudge`."""

    def __init__(self, options: Options, fetcher: "Fetcher") -> None:
        self._options = options
        self._fetcher = fetcher

    @cached_property
    def _first(self) -> "TimestampAuthority":
        from agent.certificates.timestamp import FirstToAnswer, HttpTimestampAuthority

        chosen = self._options.config.timestamp
        return FirstToAnswer(
            [
                HttpTimestampAuthority(self._fetcher, url, timeout_seconds=chosen.timeout_seconds)
                for url in chosen.all_urls
            ]
        )

    async def stamp(self, sha256: bytes) -> bytes:
        return await self._first.stamp(sha256)


class _LateEvidence:
    """Loaded when the first evidence is wanted; see `_LateJudge`."""

    def __init__(self, options: Options, fetcher: "Fetcher") -> None:
        self.required = options.config.revocation.require
        self._options = options
        self._fetcher = fetcher

    @cached_property
    def _gatherer(self) -> "EvidenceSource":
        from agent.app.roots import store
        from agent.certificates.revocation import Limits, RevocationChecker
        from agent.signing.evidence import EvidenceGatherer

        limits = Limits.within(self._options.config.revocation.timeout_seconds)
        return EvidenceGatherer(
            store(self._options),
            RevocationChecker(self._fetcher, limits=limits),
            required=self.required,
        )

    async def gather(self, need: "EvidenceNeeded", /) -> "Evidence":
        return await self._gatherer.gather(need)


@asynccontextmanager
async def judge(options: Options) -> AsyncIterator[Judge]:
    """Believes the administrator's roots, and those that the user added."""
    from agent.certificates.fetch import HttpFetcher

    async with HttpFetcher() as fetcher:
        yield _LateJudge(options, fetcher)


class _LateJudge:
    """The assessor, loaded when the first certificate is to be judged.

    It brings asn1crypto and certificate validation: a fifth of the start, and ten megabytes.
    """

    def __init__(self, options: Options, fetcher: "Fetcher") -> None:
        self._options = options
        self._fetcher = fetcher

    @cached_property
    def _assessor(self) -> Judge:
        from agent.app.roots import store
        from agent.certificates.assess import Assessor
        from agent.certificates.revocation import Limits, RevocationChecker

        options = self._options
        return Assessor(
            store(options),
            RevocationChecker(
                self._fetcher, limits=Limits.within(options.config.revocation.timeout_seconds)
            ),
        )

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
