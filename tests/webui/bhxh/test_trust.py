import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from aiohttp import web
from cryptography import x509

from tests.support.pki import DAY, NOW, Authority, Responder, Urls
from webui.bhxh.trust import Chain, Judgement, PathJudge, Revocation
from webui.config import ConfigError, Trust

TRUSTED_GOOD = Judgement(chain=Chain.TRUSTED, revocation=Revocation.GOOD)
UNTRUSTED = Judgement(chain=Chain.UNTRUSTED, revocation=Revocation.UNKNOWN)


@asynccontextmanager
async def vietnam(tmp_path, *, fetch_seconds: float = 3.0):
    """A root, a public CA with OCSP and CRL that answer, and a judge that trusts them."""
    async with Responder() as responder:
        root = Authority.root()
        ca = Authority.under(root, urls=Urls.at(responder.url, "ca"))
        responder.authorities |= {"ca": ca, "root": root}
        (tmp_path / "root.pem").write_bytes(root.pem)
        (tmp_path / "ca.der").write_bytes(ca.der)
        judge = PathJudge(Trust(roots=(tmp_path,), fetch_seconds=fetch_seconds))
        yield SimpleNamespace(root=root, ca=ca, responder=responder, judge=judge)


async def judged(judge: PathJudge, holder) -> Judgement:
    return await judge.judge(holder.der, now=datetime.now(UTC))


async def test_a_certificate_of_a_recognised_ca_that_says_good(tmp_path):
    async with vietnam(tmp_path) as here:
        assert await judged(here.judge, here.ca.issue()) == TRUSTED_GOOD
        assert "/ca/ocsp" in here.responder.asked


async def test_a_revoked_one_is_revoked(tmp_path):
    async with vietnam(tmp_path) as here:
        holder = here.ca.issue()
        here.ca.revoked[holder.certificate.serial_number] = x509.ReasonFlags.key_compromise

        verdict = await judged(here.judge, holder)

        assert verdict == Judgement(chain=Chain.TRUSTED, revocation=Revocation.REVOKED)


async def test_without_ocsp_the_crl_answers(tmp_path):
    async with vietnam(tmp_path) as here:
        here.responder.down("/ca/ocsp")
        holder = here.ca.issue()
        assert await judged(here.judge, holder) == TRUSTED_GOOD
        here.ca.revoked[holder.certificate.serial_number] = x509.ReasonFlags.key_compromise
        assert (await judged(here.judge, holder)).revocation is Revocation.REVOKED


async def test_with_neither_it_is_unknown_and_never_good(tmp_path):
    async with vietnam(tmp_path) as here:
        here.responder.down("/ca/ocsp", "/ca/crl")

        verdict = await judged(here.judge, here.ca.issue())

        assert verdict == Judgement(chain=Chain.TRUSTED, revocation=Revocation.UNKNOWN)


async def test_a_silent_server_is_given_up_on(tmp_path):
    release = asyncio.Event()

    async def silent(_: web.Request) -> web.Response:
        await release.wait()
        return web.Response()

    async with vietnam(tmp_path, fetch_seconds=0.3) as here:
        here.responder.override |= {"/ca/ocsp": silent, "/ca/crl": silent}
        async with asyncio.timeout(10):
            verdict = await judged(here.judge, here.ca.issue())
        release.set()

        assert verdict.revocation is Revocation.UNKNOWN


async def test_a_strangers_certificate_makes_us_open_no_url(tmp_path):
    """Its AIA could name any address inside the office."""
    async with vietnam(tmp_path) as here:
        stranger = Authority.under(
            Authority.root("Stranger's root"), "Stranger", urls=Urls.at(here.responder.url, "ca")
        )

        assert await judged(here.judge, stranger.issue()) == UNTRUSTED
        assert here.responder.asked == []


async def test_a_ca_of_the_same_name_with_another_key_is_untrusted(tmp_path):
    async with vietnam(tmp_path) as here:
        fake_root = Authority.root("other key")
        fake = Authority.under(fake_root, "another", urls=Urls())
        impostor = type(here.ca)(
            certificate=here.ca.certificate, key=fake.key, urls=Urls(), issued={}, revoked={}
        )

        assert await judged(here.judge, impostor.issue("GIẢ")) == UNTRUSTED


async def test_a_self_made_certificate_is_untrusted(tmp_path):
    async with vietnam(tmp_path) as here:
        assert await judged(here.judge, Authority.root("Tự làm")) == UNTRUSTED


async def test_a_company_that_issues_certificates_is_untrusted(tmp_path):
    """A unit's certificate is no CA, whatever it signs."""
    async with vietnam(tmp_path) as here:
        unit = here.ca.issue("ĐƠN VỊ")
        false_ca = Authority(certificate=unit.certificate, key=unit.key, urls=Urls())

        assert await judged(here.judge, false_ca.issue("CON")) == UNTRUSTED


async def test_an_expired_certificate_still_has_its_chain(tmp_path):
    async with vietnam(tmp_path) as here:
        old = here.ca.issue("CŨ", not_before=NOW - 900 * DAY, not_after=NOW - DAY)

        assert (await judged(here.judge, old)).chain is Chain.TRUSTED


async def test_without_configured_trust_nothing_is_trusted():
    judge = PathJudge(Trust())
    holder = Authority.under(Authority.root(), urls=Urls()).issue()

    verdict = await judged(judge, holder)

    assert verdict == Judgement(chain=Chain.UNKNOWN, revocation=Revocation.UNKNOWN)


def test_a_file_that_is_no_certificate_is_a_configuration_error(tmp_path):
    (tmp_path / "a.pem").write_text("không phải")

    with pytest.raises(ConfigError, match=r"a\.pem"):
        PathJudge(Trust(roots=(tmp_path / "a.pem",)))
    with pytest.raises(ConfigError):
        PathJudge(Trust(roots=(tmp_path / "missing.pem",)))
