"""The right to have digests signed: who asks for it, who has it, and what it opens (SPEC 6.9)."""

import base64
import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils
from cryptography.x509 import load_der_x509_certificate

from agent.consent.prompts import Grant, SignQuestion, SiteQuestion
from tests.support.edge import Page, running
from tests.support.prompts import Allow, Approve, Refuse, ScriptedUser
from tests.support.signing import ORIGIN
from tests.support.tokens import Card, MemoryTokens

DIGEST = hashlib.sha256(b"nobody sees this").digest()
ORDER = {"digest": DIGEST, "hash": "sha256", "name": "Tờ khai 01/GTGT"}


async def may(page: Page) -> bool:
    """Whether a digest gets as far as looking for a certificate: there is none of this MST."""
    error = await page.refused("sign.digest", **ORDER, mst="9999999999")
    return error["code"] != "digests_not_allowed"


class TestAsking:
    async def test_is_a_question_of_its_own_to_a_site_that_is_allowed(self, tmp_path: Path):
        user = ScriptedUser(Allow(Grant.ALWAYS))
        async with running(tmp_path, user=user, tokens=MemoryTokens(Card())) as agent:
            async with agent.page() as page:
                await page.hello()
                before = await page.call("site.request")
                assert not await may(page)
                granted = await page.call("site.request", digests=True, reason="Ký lô")
                again = await page.call("site.request", digests=True)
            async with agent.page() as later:
                await later.hello()
                assert await may(later)
                plain = await later.call("site.request")

        assert before == {"granted": "always", "digests": False}
        assert granted == again == plain == {"granted": "always", "digests": True}
        [question] = user.asked
        assert isinstance(question, SiteQuestion)
        assert (question.digests, question.reason) == (True, "Ký lô")

    async def test_once_is_for_the_connection(self, tmp_path: Path):
        user = ScriptedUser(Allow(Grant.ONCE))
        async with running(tmp_path, user=user, tokens=MemoryTokens(Card())) as agent:
            async with agent.page() as page:
                await page.hello()
                granted = await page.call("site.request", digests=True)
                again = await page.call("site.request", digests=True)
                plain = await page.call("site.request")
                assert await may(page)
            async with agent.page() as other:
                await other.hello()
                assert not await may(other)
                assert agent.edge.sites.allows(ORIGIN)

        assert granted == again == {"granted": "once", "digests": True}
        assert plain == {"granted": "always", "digests": True}

    async def test_allows_an_unknown_site_with_it(self, tmp_path: Path):
        user = ScriptedUser(Allow(Grant.ONCE))
        async with (
            running(tmp_path, user=user, allowed=(), tokens=MemoryTokens(Card())) as agent,
            agent.page() as page,
        ):
            await page.hello()
            await page.call("site.request", digests=True)

            assert await page.call("tokens.list")
            assert await may(page)

    async def test_refused_leaves_the_site_what_it_had(self, tmp_path: Path):
        user = ScriptedUser(Allow(Grant.REFUSED))
        async with running(tmp_path, user=user) as agent, agent.page() as page:
            await page.hello()
            error = await page.refused("site.request", digests=True)

            assert error["code"] == "user_refused"
            assert await page.call("tokens.list") == {"tokens": []}

    @pytest.mark.parametrize("who", ["native", "own_window"])
    async def test_is_for_programs_and_our_own_window_too(self, tmp_path: Path, who: str):
        user = ScriptedUser(Allow(Grant.ONCE))
        async with (
            running(tmp_path, user=user, tokens=MemoryTokens(Card())) as agent,
            getattr(agent, who)() as page,
        ):
            assert not await may(page)
            granted = await page.call("site.request", digests=True)

            assert granted == {"granted": "once", "digests": True}
            assert await may(page)

    async def test_ends_when_the_site_is_forgotten(self, tmp_path: Path):
        user = ScriptedUser(Allow(Grant.ALWAYS), Allow(Grant.ALWAYS))
        async with (
            running(tmp_path, user=user, tokens=MemoryTokens(Card())) as agent,
            agent.page() as page,
        ):
            await page.hello()
            await page.call("site.request", digests=True)
            agent.edge.sites.forget(ORIGIN)
            assert (await page.call("site.request"))["digests"] is False

            assert not await may(page)


class TestSigning:
    async def test_is_confirmed_each_time_without_a_document_to_show(self, tmp_path: Path):
        user = ScriptedUser(Allow(Grant.ONCE), Approve(), Approve())
        async with (
            running(tmp_path, user=user, tokens=MemoryTokens(Card())) as agent,
            agent.page() as page,
        ):
            await page.hello()
            await page.call("site.request", digests=True)
            signed = await page.call("sign.digest", **ORDER)
            again = await page.call("sign.digest", **ORDER)

        key = load_der_x509_certificate(base64.b64decode(signed["certificate"]["der"])).public_key()
        hashed = utils.Prehashed(hashes.SHA256())
        key.verify(base64.b64decode(signed["signature"]), DIGEST, padding.PKCS1v15(), hashed)
        assert again["signature"] == signed["signature"]
        assert signed["algorithm"] == "rsa-pkcs1-sha256"
        assert [type(one) for one in user.asked] == [SiteQuestion, SignQuestion, SignQuestion]
        question = user.asked[1]
        assert isinstance(question, SignQuestion)
        assert question.description is not None
        assert (question.name, question.description.kind) == ("Tờ khai 01/GTGT", "digest")
        assert question.description.preview_cut
        entries = agent.edge.desk.journal.latest(limit=9)
        assert [stored.entry.sha256 for stored in entries] == [DIGEST.hex()] * 2

    async def test_needs_a_digest_of_the_hash(self, tmp_path: Path):
        user = ScriptedUser(Allow(Grant.ONCE))
        async with (
            running(tmp_path, user=user, tokens=MemoryTokens(Card())) as agent,
            agent.page() as page,
        ):
            await page.hello()
            await page.call("site.request", digests=True)
            error = await page.refused("sign.digest", **ORDER | {"hash": "sha512"})

        assert error["code"] == "option_unsupported"

    async def test_may_be_refused(self, tmp_path: Path):
        user = ScriptedUser(Allow(Grant.ONCE), Refuse())
        async with (
            running(tmp_path, user=user, tokens=MemoryTokens(Card())) as agent,
            agent.page() as page,
        ):
            await page.hello()
            await page.call("site.request", digests=True)
            error = await page.refused("sign.digest", **ORDER)

        assert error["code"] == "user_refused"
