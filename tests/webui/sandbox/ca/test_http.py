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
    said = await said_by(
        *("openssl", "ocsp", "-url", f"{sandbox.pages_url}/ca/ocsp/issuing"),
        *("-issuer", trust / "issuing.pem", "-cert", pem(company.certificate, folder / "c.pem")),
        *("-CAfile", trust / "root.pem", "-verify_other", trust / "issuing.pem"),
    )
    return said.decode()


async def said_by(*command: str | Path) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    return said


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


async def test_openssl_gets_a_time_stamp_that_it_verifies(sandbox, tmp_path) -> None:
    (tmp_path / "data").write_bytes(b"data")
    query = tmp_path / "query"
    await said_by(
        *("openssl", "ts", "-query", "-sha256", "-cert"),
        *("-data", tmp_path / "data", "-out", query),
    )

    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.pages_url}/ca/tsa", data=query.read_bytes()) as got,
    ):
        assert got.content_type == "application/timestamp-reply"
        (tmp_path / "reply").write_bytes(await got.read())

    trust = sandbox.authority.trust
    said = await said_by(
        *("openssl", "ts", "-verify", "-data", tmp_path / "data", "-in", tmp_path / "reply"),
        *("-CAfile", trust / "root.pem", "-untrusted", trust / "issuing.pem"),
    )
    assert b"Verification: OK" in said


@pytest.mark.parametrize("query", [b"", b"no request", bytes(1000)])
async def test_a_spoilt_request_for_a_time_stamp_is_rejected(sandbox, tmp_path, query) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.pages_url}/ca/tsa", data=query) as got,
    ):
        (tmp_path / "reply").write_bytes(await got.read())

    said = await said_by("openssl", "ts", "-reply", "-in", tmp_path / "reply", "-text")
    assert b"Status: Rejected" in said


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
