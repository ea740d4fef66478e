"""Evidence is all there, as it was received, or there is none."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

from agent.certificates.fetch import HttpFetcher
from agent.certificates.revocation import Limits, RevocationChecker
from agent.certificates.trust import TrustStore
from agent.errors import ServiceError
from agent.formats.levels import Evidence, EvidenceNeeded
from agent.signing.evidence import EvidenceGatherer
from tests.support.pki import NOW, Authority, Holder, Responder, Urls

LIMITS = Limits(ocsp_seconds=0.5, crl_seconds=0.5, all_seconds=3.0)


@dataclass
class World:
    responder: Responder
    root: Authority
    ca: Authority
    unit: Holder
    tsa: Holder
    gatherer: EvidenceGatherer

    async def of(self, *holders: Holder, hints: tuple[bytes, ...] | None = None) -> Evidence:
        return await self.gatherer.gather(
            EvidenceNeeded(
                certificates=tuple(one.der for one in holders),
                hints=(self.ca.der,) if hints is None else hints,
                at=NOW,
            )
        )


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The intermediate authority is known by what stands beside signatures alone."""
    async with Responder() as responder, HttpFetcher() as fetcher:
        root = Authority.root()
        root.urls = Urls.at(responder.url, "root")
        ca = Authority.under(root, urls=Urls.at(responder.url, "ca"))
        responder.authorities = {"root": root, "ca": ca}
        trust = TrustStore(tmp_path / "trust")
        trust.add(root.pem)
        yield World(
            responder=responder,
            root=root,
            ca=ca,
            unit=ca.issue(),
            tsa=ca.stamping(),
            gatherer=EvidenceGatherer(trust, RevocationChecker(fetcher, limits=LIMITS)),
        )


async def test_paths_to_the_root_each_certificate_once(world: World) -> None:
    found = await world.of(world.unit, world.tsa)

    assert found.certificates == (world.unit.der, world.ca.der, world.root.der, world.tsa.der)


async def test_an_answer_for_each_certificate_below_the_root(world: World) -> None:
    found = await world.of(world.unit, world.tsa)

    assert len(found.ocsp_responses) == 3  # the unit, the authority (once), the stamping authority
    assert found.crls == ()
    for answer in found.ocsp_responses:
        parsed = x509.ocsp.load_der_ocsp_response(answer)
        assert parsed.certificate_status is x509.ocsp.OCSPCertStatus.GOOD


async def test_crls_where_there_is_no_responder(world: World) -> None:
    world.responder.down("/ca/ocsp")

    found = await world.of(world.unit, world.tsa)

    assert len(found.crls) == 1  # one list for both
    assert len(found.ocsp_responses) == 1  # of the root's


@pytest.mark.parametrize("downs", [("/ca/ocsp", "/ca/crl"), ("/root/ocsp", "/root/crl")])
async def test_half_of_it_is_none(world: World, downs: tuple[str, ...]) -> None:
    world.responder.down(*downs)

    with pytest.raises(ServiceError, match="evidence_unavailable"):
        await world.of(world.unit)


async def test_of_a_revoked_certificate_there_is_none(world: World) -> None:
    world.ca.revoked[world.unit.certificate.serial_number] = x509.ReasonFlags.key_compromise

    with pytest.raises(ServiceError, match="evidence_unavailable"):
        await world.of(world.unit)


async def test_without_a_path_nobody_is_asked(world: World) -> None:
    for holder, hints in ((world.unit, ()), (Authority.root("Another"), (world.ca.der,))):
        with pytest.raises(ServiceError, match="evidence_unavailable"):
            await world.of(holder, hints=hints)

    assert world.responder.asked == []


async def test_junk_for_a_certificate(world: World) -> None:
    need = EvidenceNeeded(certificates=(b"junk",), at=NOW)

    with pytest.raises(ServiceError, match="evidence_unavailable"):
        await world.gatherer.gather(need)
