"""Standings with authorities and responders played on loopback."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.certificates.fetch import HttpFetcher
from agent.certificates.revocation import Limits, RevocationChecker
from agent.certificates.standing import Standings
from agent.certificates.trust import TrustStore
from tests.support.pki import Authority, Responder, Urls

LIMITS = Limits(ocsp_seconds=0.5, crl_seconds=0.5, all_seconds=3.0)


@dataclass
class World:
    responder: Responder
    root: Authority
    ca: Authority
    trust: TrustStore
    standings: Standings


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The intermediate authority is known by what comes with signatures alone."""
    async with Responder() as responder, HttpFetcher() as fetcher:
        root = Authority.root()
        root.urls = Urls.at(responder.url, "root")
        ca = Authority.under(root, urls=Urls.at(responder.url, "ca"))
        responder.authorities = {"root": root, "ca": ca}
        trust = TrustStore(tmp_path / "trust")
        trust.add(root.pem)
        standings = Standings(trust, RevocationChecker(fetcher, limits=LIMITS))
        yield World(responder=responder, root=root, ca=ca, trust=trust, standings=standings)
