"""Authorities whose answers a responder on loopback serves."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.certificates.assess import Assessment, Assessor
from agent.certificates.fetch import HttpFetcher
from agent.certificates.revocation import Limits, RevocationChecker
from agent.certificates.trust import TrustStore
from tests.support.pki import NOW, Authority, Responder, Urls

#: A responder on loopback answers in milliseconds; a test of slowness waits for these at most.
LIMITS = Limits(ocsp_seconds=0.5, crl_seconds=0.5, all_seconds=3.0)


@dataclass
class World:
    responder: Responder
    root: Authority
    ca: Authority
    trust: TrustStore
    fetcher: HttpFetcher
    assessor: Assessor = field(init=False)

    def __post_init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """As after a restart of the agent: nothing is remembered of earlier answers."""
        self.limit(LIMITS)

    def limit(self, limits: Limits) -> None:
        self.assessor = Assessor(self.trust, RevocationChecker(self.fetcher, limits=limits))

    async def assess(self, der: bytes, *, at=NOW) -> Assessment:
        return await self.assessor.assess(der, at=at)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with Responder() as responder, HttpFetcher() as fetcher:
        root = Authority.root()
        root.urls = Urls.at(responder.url, "root")
        ca = Authority.under(root, urls=Urls.at(responder.url, "ca"))
        responder.authorities = {"root": root, "ca": ca}
        trust = TrustStore(tmp_path / "trust")
        trust.add(root.pem + ca.pem)
        yield World(responder=responder, root=root, ca=ca, trust=trust, fetcher=fetcher)
