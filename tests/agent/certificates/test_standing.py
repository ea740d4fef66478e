"""A certificate when it signed and now, with authorities and responders played on loopback."""

from datetime import timedelta

import pytest
from cryptography import x509

from agent.certificates.revocation import RevocationChecker
from agent.certificates.standing import Beside, Standing, Standings
from agent.certificates.trust import TrustStore
from agent.errors import UserError
from protocol.messages import CertificateState as State
from tests.agent.certificates.conftest import LIMITS, World
from tests.support.pki import DAY, NOW, Authority, Holder, Urls, rsa_key


async def at_signing(
    world: World,
    holder: Holder,
    *,
    signed_at=NOW - timedelta(hours=2),
    proved: bool = False,
    hints: tuple[bytes, ...] = (),
) -> Standing:
    standings = Standings(world.trust, RevocationChecker(world.fetcher, limits=LIMITS))
    return await standings.at_signing(
        holder.der, signed_at=signed_at, proved=proved, now=NOW, beside=Beside(certificates=hints)
    )


class TestGood:
    async def test_then_and_now(self, world: World) -> None:
        found = await at_signing(world, world.ca.issue())

        assert (found.then, found.now) == (State.VALID, State.VALID)
        assert (found.problem, found.warnings) == ("", ())
        assert len(found.chain) == 3
        assert found.revocation is not None

    async def test_the_authority_may_come_with_the_signature(self, world: World) -> None:
        other = Authority.under(world.root, "Beside it", urls=Urls.at(world.responder.url, "other"))
        world.responder.authorities["other"] = other
        holder = other.issue()

        assert (await at_signing(world, holder)).problem == "certificate_untrusted"
        found = await at_signing(world, holder, hints=(b"junk", world.ca.der, other.der))
        assert (found.then, found.problem) == (State.VALID, "")


class TestExpired:
    async def test_since_it_signed_with_nothing_but_the_signers_word(self, world: World) -> None:
        holder = world.ca.issue(not_before=NOW - 400 * DAY, not_after=NOW - DAY)

        found = await at_signing(world, holder, signed_at=NOW - 2 * DAY)

        assert (found.then, found.now) == (State.VALID, State.EXPIRED)
        assert (found.problem, found.warnings) == ("", ("signing_time_unproved",))

    async def test_since_it_signed_with_a_time_stamp(self, world: World) -> None:
        holder = world.ca.issue(not_before=NOW - 400 * DAY, not_after=NOW - DAY)

        found = await at_signing(world, holder, signed_at=NOW - 2 * DAY, proved=True)

        assert (found.then, found.now, found.warnings) == (State.VALID, State.EXPIRED, ())

    async def test_before_it_signed(self, world: World) -> None:
        holder = world.ca.issue(not_before=NOW - 400 * DAY, not_after=NOW - DAY)

        found = await at_signing(world, holder)

        assert (found.then, found.problem) == (State.EXPIRED, "certificate_expired")
        assert world.responder.asked == []

    async def test_not_yet_valid_when_it_signed(self, world: World) -> None:
        holder = world.ca.issue(not_before=NOW - DAY)

        found = await at_signing(world, holder, signed_at=NOW - 2 * DAY)

        assert (found.then, found.now) == (State.NOT_YET_VALID, State.VALID)
        assert found.problem == "certificate_not_yet_valid"

    async def test_a_clock_that_is_minutes_off_is_no_reason(self, world: World) -> None:
        holder = world.ca.issue(not_before=NOW - DAY)

        found = await at_signing(world, holder, signed_at=NOW - DAY - timedelta(minutes=4))

        assert found.then is State.VALID


class TestRevoked:
    """The test authority revokes as of a day ago."""

    def revoked(self, world: World) -> Holder:
        holder = world.ca.issue()
        world.ca.revoked[holder.certificate.serial_number] = x509.ReasonFlags.key_compromise
        return holder

    @pytest.mark.parametrize("proved", [True, False])
    async def test_before_it_signed(self, world: World, *, proved: bool) -> None:
        found = await at_signing(world, self.revoked(world), proved=proved)

        assert (found.then, found.now) == (State.REVOKED, State.REVOKED)
        assert found.problem == "certificate_revoked"

    async def test_since_with_a_time_stamp(self, world: World) -> None:
        found = await at_signing(world, self.revoked(world), signed_at=NOW - 2 * DAY, proved=True)

        assert (found.then, found.now) == (State.VALID, State.REVOKED)
        assert (found.problem, found.warnings) == ("", ())

    async def test_since_with_nothing_but_the_signers_word(self, world: World) -> None:
        found = await at_signing(world, self.revoked(world), signed_at=NOW - 2 * DAY)

        assert (found.problem, found.warnings) == ("", ("signing_time_unproved",))

    async def test_nobody_can_say(self, world: World) -> None:
        world.responder.down("/ca/ocsp", "/ca/crl")

        found = await at_signing(world, world.ca.issue())

        assert (found.then, found.now) == (State.UNCHECKED, State.UNCHECKED)
        assert (found.problem, found.warnings) == ("", ("revocation_unknown",))


class TestUntrusted:
    async def test_another_root(self, world: World) -> None:
        stranger = Authority.under(Authority.root("Stranger root"), "Stranger", urls=Urls())

        found = await at_signing(world, stranger.issue(), hints=(stranger.der,))

        assert (found.then, found.problem) == (State.UNTRUSTED, "certificate_untrusted")

    async def test_a_root_that_comes_with_the_signature_is_not_believed(self, world: World) -> None:
        stranger = Authority.root("Stranger root")

        found = await at_signing(world, stranger.issue(), hints=(stranger.der,))

        assert found.problem == "certificate_untrusted"

    async def test_no_root_at_all(self, world: World, tmp_path) -> None:
        world.trust = TrustStore(tmp_path / "empty")

        found = await at_signing(world, world.ca.issue())

        assert (found.then, found.problem) == (State.UNCHECKED, "")
        assert found.warnings == ("no_trusted_roots",)

    async def test_unsuitable(self, world: World) -> None:
        holder = world.ca.issue(key=rsa_key("short", 1024))

        assert (await at_signing(world, holder)).problem == "certificate_unsuitable"

    async def test_unreadable(self, world: World) -> None:
        with pytest.raises(UserError, match="certificate_unsuitable"):
            await Standings(world.trust, RevocationChecker(world.fetcher)).at_signing(
                b"junk", signed_at=NOW, proved=False, now=NOW
            )
