"""CAdES B-T and B-LT before judges that know nothing of us: openssl and pyHanko, both offline."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from asn1crypto import cms, crl, ocsp, x509
from pyhanko.sign.validation import async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext

from agent.certificates.fetch import HttpFetcher
from agent.certificates.revocation import RevocationChecker
from agent.certificates.timestamp import HttpTimestampAuthority
from agent.certificates.trust import TrustStore
from agent.documents import Made
from agent.formats.cms import CmsFormat, verify
from agent.formats.levels import Level
from agent.signing.evidence import EvidenceGatherer
from agent.signing.raising import raised
from tests.support.cms import answer
from tests.support.openssl import Desk
from tests.support.pki import NOW, Authority, Holder, Responder, Urls
from tests.support.prompts import ScriptedUser
from tests.support.signing import desk_with, traced_errand
from tests.support.tokens import MemoryTokens

DOCUMENT = "Hợp đồng số 1".encode()


class Tsa:
    """A fetcher that is the authority."""

    def __init__(self, holder: Holder) -> None:
        self.holder = holder

    async def fetch(self, _url: str, *, body: bytes, **_: object) -> bytes:
        return answer(body, self.holder)


@dataclass
class World:
    judge: Desk
    responder: Responder
    unit: Holder
    directory: Path
    fetcher: HttpFetcher

    async def raised(self, way: CmsFormat, level: Level) -> Made:
        trust = TrustStore(self.directory / "trust")
        trust.add(self.judge.root.pem)
        trust.add(self.judge.ca.pem)
        tsa = self.judge.ca.stamping()
        desk = replace(
            desk_with(self.directory, tokens=MemoryTokens(), user=ScriptedUser()),
            authorities=HttpTimestampAuthority(Tsa(tsa), "http://tsa", timeout_seconds=5),
            evidence=EvidenceGatherer(trust, RevocationChecker(self.fetcher)),
        )
        prepared = way.prepare(DOCUMENT, certificate=self.unit.der, signing_time=NOW)
        signed = prepared.complete(self.unit.sign(prepared.digest))
        errand, _ = traced_errand()
        done = await raised(desk, errand, way, signed, document=DOCUMENT, level=level)
        assert (done.level, done.problem) == (level, "")
        return done.document


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with Responder() as responder, HttpFetcher() as fetcher:
        root = Authority.root()
        root.urls = Urls.at(responder.url, "root")
        ca = Authority.under(root, urls=Urls.at(responder.url, "ca"))
        responder.authorities = {"root": root, "ca": ca}
        judge = Desk(path=tmp_path, root=root, ca=ca)
        judge.write(root=root.pem)
        yield World(
            judge=judge, responder=responder, unit=ca.issue(), directory=tmp_path, fetcher=fetcher
        )


@pytest.mark.parametrize("attached", [True, False])
class TestOpenssl:
    async def test_b_lt_needs_nothing_but_the_root(self, world: World, *, attached: bool) -> None:
        """With -crl_check_all every certificate's CRL must be in the file."""
        world.responder.down("/ca/ocsp", "/root/ocsp")
        content, check = None if attached else DOCUMENT, ("-crl_check_all",)
        way = CmsFormat(attached=attached)

        stamped = await world.raised(way, Level.T)
        complete = await world.raised(way, Level.LT)

        assert len(verify(complete, content=content)[0].crls) == 2
        assert world.judge.verifies(complete, content=content, options=check)
        assert not world.judge.verifies(stamped, content=content, options=check)

    async def test_ocsp_answers_do_not_disturb_it(self, world: World, *, attached: bool) -> None:
        content = None if attached else DOCUMENT
        complete = await world.raised(CmsFormat(attached=attached), Level.LT)

        assert len(verify(complete, content=content)[0].ocsp_responses) == 3
        assert world.judge.verifies(complete, content=content)


class TestPyhanko:
    @pytest.mark.parametrize("downs", [(), ("/ca/ocsp", "/root/ocsp")], ids=["ocsp", "crl"])
    async def test_what_is_in_the_file_is_all_it_needs(
        self, world: World, downs: tuple[str, ...]
    ) -> None:
        world.responder.down(*downs)
        complete = await world.raised(CmsFormat(attached=False), Level.LT)
        data = cms.ContentInfo.load(complete, strict=True)["content"]

        status = await async_validate_detached_cms(
            DOCUMENT,
            data,
            signer_validation_context=_context(data, world.judge.root),
            ts_validation_context=_context(data, world.judge.root),
        )

        assert status.valid
        assert status.intact
        assert status.trusted
        assert status.timestamp_validity is not None
        assert status.timestamp_validity.trusted

    async def test_without_it_pyhanko_says_no(self, world: World) -> None:
        stamped = await world.raised(CmsFormat(attached=False), Level.T)
        data = cms.ContentInfo.load(stamped, strict=True)["content"]

        status = await async_validate_detached_cms(
            DOCUMENT, data, signer_validation_context=_context(data, world.judge.root)
        )

        assert not status.trusted


def _context(data: cms.SignedData, root: Authority) -> ValidationContext:
    """Everything but the root is taken from the file, and nothing may be missing."""
    crls: list[crl.CertificateList] = []
    answers: list[ocsp.OCSPResponse] = []
    for one in data["crls"] or ():
        if one.name == "other":
            answers.append(ocsp.OCSPResponse.load(one.chosen["other_rev_info"].dump()))
        else:
            crls.append(one.chosen)
    return ValidationContext(
        trust_roots=[x509.Certificate.load(root.der)],
        other_certs=[one.chosen for one in data["certificates"]],
        crls=crls,
        ocsps=answers,
        allow_fetching=False,
        revocation_mode="require",
        moment=NOW,
    )
