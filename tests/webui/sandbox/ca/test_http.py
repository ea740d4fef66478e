"""OCSP and CRL at the URLs in the certificates, asked by openssl and by pyhanko_certvalidator."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from tests.support.sandbox import Subscriber, subscriber
from tests.webui.sandbox.ca.test_authority import pem
from webui.bhxh.trust import Chain, PathJudge, Revocation
from webui.config import Trust
from webui.sandbox.ca import Authority
from webui.sandbox.service import Sandbox


async def asked_by_openssl(sandbox: Sandbox, company: Subscriber, folder: Path) -> str:
    trust = sandbox.authority.trust
    process = await asyncio.create_subprocess_exec(
        *("openssl", "ocsp", "-url", f"{sandbox.pages_url}/ca/ocsp/issuing"),
        *("-issuer", trust / "issuing.pem", "-cert", pem(company.certificate, folder / "c.pem")),
        *("-CAfile", trust / "root.pem", "-verify_other", trust / "issuing.pem"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return said.decode()


async def test_openssl_finds_a_certificate_good_and_then_revoked(sandbox, tmp_path) -> None:
    company = subscriber(sandbox.authority)

    before = await asked_by_openssl(sandbox, company, tmp_path)
    sandbox.authority.revoke(company.certificate)
    after = await asked_by_openssl(sandbox, company, tmp_path)

    assert "Response verify OK" in before
    assert "c.pem: good" in before
    assert "Response verify OK" in after
    assert "c.pem: revoked" in after
    assert "Reason: keyCompromise" in after


async def test_openssl_gets_no_answer_about_a_strangers_certificate(sandbox, tmp_path) -> None:
    stranger = subscriber(Authority.open(tmp_path / "other", url=sandbox.pages_url))

    assert "unauthorized" in await asked_by_openssl(sandbox, stranger, tmp_path)


async def test_the_backends_judge_follows_the_urls(sandbox) -> None:
    company = subscriber(sandbox.authority)
    judge = PathJudge(Trust(roots=(sandbox.authority.trust,)))

    before = await judge.judge(company.certificate, now=datetime.now(UTC))
    sandbox.authority.revoke(company.certificate)
    after = await judge.judge(company.certificate, now=datetime.now(UTC))

    assert (before.chain, before.revocation) == (Chain.TRUSTED, Revocation.GOOD)
    assert (after.chain, after.revocation) == (Chain.TRUSTED, Revocation.REVOKED)


@pytest.mark.parametrize(
    ("path", "content_type", "content"),
    [
        ("/ca/certs/root/ca.crt", "application/pkix-cert", "root"),
        ("/ca/certs/issuing/ca.crt", "application/pkix-cert", "issuing"),
    ],
)
async def test_ca_certificates_are_der(sandbox, path, content_type, content) -> None:
    async with aiohttp.ClientSession() as session, session.get(sandbox.pages_url + path) as got:
        assert got.content_type == content_type
        assert await got.read() == getattr(sandbox.authority, content)


@pytest.mark.parametrize(
    "path", ["/ca/crls/responder/latest.crl", "/ca/crls/nobody/latest.crl", "/ca/certs/x/ca.crt"]
)
async def test_an_unknown_ca_is_not_found(sandbox, path) -> None:
    async with aiohttp.ClientSession() as session, session.get(sandbox.pages_url + path) as got:
        assert got.status == 404
