"""Whom this machine believes, and all that follows from it.

    the judge        may this certificate sign?
    the verifier     is this signed file good?
    the evidence     what proves later that a certificate counted
    the authorities  who says when something was signed

All go by one store of roots, so that one which the user adds counts at once, and by one checker of
revocation, so that what it has learnt serves all. They are loaded when they are first needed: they
bring asn1crypto and certificate validation, which are a fifth of the start, and ten megabytes.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from agent.app.options import Options
from agent.signing.desk import Assessment, EvidenceSource, Judge, Summary

if TYPE_CHECKING:
    from agent.certificates.fetch import Fetcher
    from agent.certificates.revocation import RevocationChecker
    from agent.certificates.timestamp import TimestampAuthority
    from agent.certificates.trust import TrustStore
    from agent.formats.levels import Evidence, EvidenceNeeded
    from agent.verifying.verifier import Verifier


@asynccontextmanager
async def belief(options: Options) -> AsyncIterator["Belief"]:
    """By the administrator's roots, and those that the user added."""
    from agent.certificates.fetch import HttpFetcher

    async with HttpFetcher() as fetcher:
        yield Belief(options, fetcher)


class Belief:
    """It is the judge itself (`agent.signing.desk.Judge`), and has the others."""

    def __init__(self, options: Options, fetcher: "Fetcher") -> None:
        self._options = options
        self._fetcher = fetcher
        self.required = options.config.revocation.require
        self.evidence: EvidenceSource = _LateEvidence(self)
        urls = options.config.timestamp.all_urls
        self.authorities = _LateAuthorities(options, fetcher) if urls else None

    @cached_property
    def trust(self) -> "TrustStore":
        from agent.app.roots import store

        return store(self._options)

    @cached_property
    def revocation(self) -> "RevocationChecker":
        from agent.certificates.revocation import Limits, RevocationChecker

        limits = Limits.within(self._options.config.revocation.timeout_seconds)
        return RevocationChecker(self._fetcher, limits=limits)

    @cached_property
    def verifier(self) -> "Verifier":
        from agent.certificates.standing import Standings
        from agent.verifying.verifier import Verifier

        return Verifier(Standings(self.trust, self.revocation, required=self.required))

    @cached_property
    def _assessor(self) -> Judge:
        from agent.certificates.assess import Assessor

        return Assessor(self.trust, self.revocation, required=self.required)

    def describe(self, der: bytes, /) -> Summary:
        return self._assessor.describe(der)

    def glance(self, der: bytes, /, *, at: datetime) -> Assessment:
        return self._assessor.glance(der, at=at)

    async def assess(self, der: bytes, /, *, at: datetime) -> Assessment:
        return await self._assessor.assess(der, at=at)


class _LateEvidence:
    def __init__(self, belief: Belief) -> None:
        self._belief = belief
        self.required = belief.required

    @cached_property
    def _gatherer(self) -> EvidenceSource:
        from agent.signing.evidence import EvidenceGatherer

        belief = self._belief
        return EvidenceGatherer(belief.trust, belief.revocation, required=self.required)

    async def gather(self, need: "EvidenceNeeded", /) -> "Evidence":
        return await self._gatherer.gather(need)


class _LateAuthorities:
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
