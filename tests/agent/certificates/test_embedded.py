"""Revocation answers that came with a signature: what they prove, and what they do not."""

from datetime import timedelta

import pytest
from cryptography import x509

from agent.certificates.describe import read
from agent.certificates.embedded import by_answers_beside
from agent.certificates.revocation import Revocation, RevocationChecker, Status, ocsp_request
from agent.certificates.standing import Beside, Standing, Standings
from protocol.messages import CertificateState as State
from tests.agent.certificates.conftest import LIMITS, World
from tests.support.pki import DAY, NOW, Authority, Holder, Urls

SIGNED_AT = NOW - 3 * DAY
SOON_AFTER = SIGNED_AT + timedelta(minutes=2)


def ocsp_of(authority: Authority, holder: Holder, **how: object) -> bytes:
    request = ocsp_request(read(holder.der), read(authority.der))
    return authority.ocsp_answer(request, **({"this_update": SOON_AFTER} | how))


def beside(world: World, holder: Holder) -> Beside:
    """As a B-LT signature has it: the holder's answer by OCSP, the authority's by CRL."""
    return Beside(
        ocsp_responses=(ocsp_of(world.ca, holder),), crls=(world.root.crl(this_update=SOON_AFTER),)
    )


async def at_signing(world: World, holder: Holder, found: Beside, **how: object) -> Standing:
    required = bool(how.pop("required", False))
    checker = RevocationChecker(world.fetcher, limits=LIMITS)
    standings = Standings(world.trust, checker, required=required)
    return await standings.at_signing(
        holder.der, **({"signed_at": SIGNED_AT, "proved": True, "now": NOW, "beside": found} | how)
    )


@pytest.fixture
def offline(world: World) -> World:
    world.responder.down("/ca/ocsp", "/ca/crl", "/root/ocsp", "/root/crl")
    return world


class TestOffline:
    async def test_they_show_that_it_was_good_when_it_signed(self, offline: World) -> None:
        holder = offline.ca.issue()

        found = await at_signing(offline, holder, beside(offline, holder))

        assert (found.then, found.now) == (State.VALID, State.UNCHECKED)
        assert (found.problem, found.warnings) == ("", ())
        assert found.embedded is not None

    async def test_also_after_it_has_expired(self, offline: World) -> None:
        holder = offline.ca.issue(not_before=NOW - 400 * DAY, not_after=NOW - DAY)

        found = await at_signing(offline, holder, beside(offline, holder))

        assert (found.then, found.now, found.warnings) == (State.VALID, State.EXPIRED, ())

    async def test_not_where_only_the_signer_says_when_that_was(self, offline: World) -> None:
        holder = offline.ca.issue()

        found = await at_signing(offline, holder, beside(offline, holder), proved=False)

        assert (found.then, found.warnings) == (State.UNCHECKED, ("revocation_unknown",))
        assert found.embedded is None

    @pytest.mark.parametrize("missing", ["ocsp_responses", "crls"])
    async def test_not_where_one_of_the_path_has_none(self, offline: World, missing: str) -> None:
        holder = offline.ca.issue()
        kept = {"ocsp_responses", "crls"} - {missing}
        whole = beside(offline, holder)

        found = await at_signing(offline, holder, Beside(**{k: getattr(whole, k) for k in kept}))

        assert found.warnings == ("revocation_unknown",)

    async def test_the_policy_may_want_to_know(self, offline: World) -> None:
        holder = offline.ca.issue()

        unknown = await at_signing(offline, holder, Beside(), required=True)
        known = await at_signing(offline, holder, beside(offline, holder), required=True)

        assert (unknown.problem, unknown.warnings) == ("revocation_unknown", ())
        assert (known.problem, known.warnings) == ("", ())


async def test_what_is_beside_does_not_hide_what_the_network_knows(world: World) -> None:
    holder = world.ca.issue()
    found_beside = beside(world, holder)
    world.ca.revoked[holder.certificate.serial_number] = x509.ReasonFlags.key_compromise

    later = await at_signing(world, holder, found_beside)
    claimed = await at_signing(world, holder, found_beside, signed_at=NOW - timedelta(hours=1))

    assert (later.then, later.now, later.problem) == (State.VALID, State.REVOKED, "")
    assert claimed.problem == "certificate_revoked"


async def test_one_that_says_revoked_is_heard(offline: World) -> None:
    holder = offline.ca.issue()
    offline.ca.revoked[holder.certificate.serial_number] = x509.ReasonFlags.key_compromise
    answer = ocsp_of(offline.ca, holder, this_update=NOW - timedelta(minutes=1))

    found = await at_signing(
        offline, holder, Beside(ocsp_responses=(answer,)), signed_at=NOW - timedelta(hours=1)
    )

    assert (found.then, found.problem) == (State.REVOKED, "certificate_revoked")


class TestWhatDoesNotCount:
    async def judged(self, world: World, holder: Holder, *answers: bytes) -> Revocation:
        path = await world.assessor._paths.find(
            holder.der, roots=[world.root.der], intermediates=[world.ca.der], at=NOW
        )
        return await by_answers_beside(
            path,
            ocsp_responses=answers,
            crls=(world.root.crl(this_update=SOON_AFTER),),
            signed_at=SIGNED_AT,
            now=NOW,
        )

    async def test_the_good_one_does(self, world: World) -> None:
        holder = world.ca.issue()
        rubbish = (b"", b"\x30\x03\x0a\x01\x06", b"junk" * 100, b"\x30" * 70_000)

        found = await self.judged(world, holder, *rubbish, ocsp_of(world.ca, holder))

        assert found.status is Status.GOOD

    async def test_of_another_certificate(self, world: World) -> None:
        answer = ocsp_of(world.ca, world.ca.issue("Another", mst=None))

        assert (await self.judged(world, world.ca.issue(), answer)).status is Status.UNKNOWN

    async def test_by_a_stranger(self, world: World) -> None:
        holder = world.ca.issue()
        stranger = Authority.under(Authority.root("Stranger root"), "Stranger", urls=Urls())

        answer = ocsp_of(world.ca, holder, signer=stranger)

        assert (await self.judged(world, holder, answer)).status is Status.UNKNOWN

    async def test_from_before_that_was_no_longer_fresh(self, world: World) -> None:
        holder = world.ca.issue()

        answer = ocsp_of(world.ca, holder, this_update=SIGNED_AT - 2 * DAY)

        assert (await self.judged(world, holder, answer)).status is Status.UNKNOWN

    async def test_from_the_future(self, world: World) -> None:
        holder = world.ca.issue()

        answer = ocsp_of(world.ca, holder, this_update=NOW + DAY)

        assert (await self.judged(world, holder, answer)).status is Status.UNKNOWN

    async def test_the_thirteenth(self, world: World) -> None:
        holder = world.ca.issue()

        answers = (b"junk",) * 12 + (ocsp_of(world.ca, holder),)

        assert (await self.judged(world, holder, *answers)).status is Status.UNKNOWN
