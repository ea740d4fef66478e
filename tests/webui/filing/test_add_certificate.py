import pytest

from tests.support.pki import DAY, NOW
from tests.webui.world import (
    BRANCH,
    MST,
    OTHER,
    SOURCE,
    added,
    authority,
    registered,
    submitted,
    unit_holder,
)
from webui.bhxh.gateway import RefusedAtTheDoor
from webui.bhxh.trust import Chain, Judgement, Revocation
from webui.errors import Refused
from webui.filing import add_certificate, courier
from webui.filing.inventory import certificates_of
from webui.store import certificates, outbox


async def refused(office, unit, holder) -> Refused:
    with pytest.raises(Refused) as caught:
        await add_certificate.add(office, unit.id, holder.der, source=SOURCE)
    assert (await certificates_of(office, unit.id)).rows == []
    return caught.value


async def test_an_added_certificate_says_that_bhxh_was_not_told(office):
    unit = await registered(office)
    row = await added(office, unit)

    assert (row.state, row.chain, row.revocation) == ("chua-gui", "trusted", "good")
    assert row.der == unit_holder().der


async def test_checking_stores_nothing(office):
    unit = await registered(office)
    checked = await add_certificate.check(office, unit.id, unit_holder().der)

    assert checked.facts.mst == (MST,)
    assert (await certificates_of(office, unit.id)).rows == []


class TestEachReasonHasItsOwnWords:
    async def test_another_companys_names_both_numbers(self, office):
        unit = await registered(office)
        problem = await refused(office, unit, authority().issue("KHÁC", mst=OTHER))

        assert problem.code == "mst_mismatch"
        assert problem.details == {"expected": MST, "found": OTHER}

    async def test_a_branchs(self, office):
        unit = await registered(office)
        problem = await refused(office, unit, authority().issue("CHI NHÁNH", mst=BRANCH))

        assert problem.code == "mst_branch"
        assert problem.details == {"expected": MST, "found": BRANCH}

    async def test_the_parents_when_the_branch_is_signed_in(self, office):
        unit = await registered(office, BRANCH)
        problem = await refused(office, unit, unit_holder())

        assert problem.code == "mst_branch"
        assert problem.details == {"expected": BRANCH, "found": MST}

    async def test_without_an_mst(self, office):
        unit = await registered(office)
        problem = await refused(office, unit, authority().issue("CÁ NHÂN", mst=None))

        assert problem.code == "certificate_without_mst"

    async def test_expired(self, office):
        unit = await registered(office)
        old = authority().issue("CŨ", not_before=NOW - 900 * DAY, not_after=NOW - 3 * DAY)

        assert (await refused(office, unit, old)).code == "certificate_expired"

    async def test_not_yet_valid(self, office):
        unit = await registered(office)
        early = authority().issue("SỚM", not_before=NOW + DAY)

        assert (await refused(office, unit, early)).code == "certificate_not_yet_valid"

    @pytest.mark.parametrize(
        ("verdict", "code"),
        [
            ((Chain.TRUSTED, Revocation.REVOKED), "certificate_revoked"),
            ((Chain.UNTRUSTED, Revocation.UNKNOWN), "certificate_untrusted"),
            ((Chain.UNKNOWN, Revocation.UNKNOWN), "trust_not_configured"),
        ],
    )
    async def test_revoked_untrusted_or_nobody_to_trust(self, office, judge, verdict, code):
        unit = await registered(office)
        judge.verdict = Judgement(chain=verdict[0], revocation=verdict[1])

        assert (await refused(office, unit, unit_holder())).code == code

    async def test_there_already(self, office):
        unit = await registered(office)
        await added(office, unit)
        with pytest.raises(Refused, match="certificate_exists"):
            await added(office, unit)


async def test_revocation_that_could_not_be_asked_is_kept_as_unknown(office, judge):
    unit = await registered(office)
    judge.verdict = Judgement(chain=Chain.TRUSTED, revocation=Revocation.UNKNOWN)

    assert (await added(office, unit)).revocation == "unknown"


async def test_two_msts_in_one_certificate_serve_both(office):
    holder = authority().issue("HAI SỐ", mst=OTHER, uids=(f"MST:{MST}",))
    unit = await registered(office)

    assert await add_certificate.add(office, unit.id, holder.der, source=SOURCE)


class TestRemoving:
    async def test_one_that_was_never_sent_goes(self, office):
        unit = await registered(office)
        row = await added(office, unit)
        await add_certificate.remove(office, unit.id, row.sha256)

        assert (await certificates_of(office, unit.id)).rows == []
        assert await added(office, unit)

    async def test_one_that_waits_stays(self, office):
        unit = await registered(office)
        row = await added(office, unit)
        await submitted(office, unit, row)

        with pytest.raises(Refused, match="certificate_kept"):
            await add_certificate.remove(office, unit.id, row.sha256)

    async def test_a_refused_one_goes_from_the_list_and_comes_back_as_it_was(self, office, gateway):
        unit = await registered(office)
        row = await added(office, unit)
        await submitted(office, unit, row)
        gateway.answers = [RefusedAtTheDoor(code="E1", text="Sai")]
        async with office.database.writing() as tx:
            work = await outbox.lease_next(tx, owner="me", now=office.clock(), lasting=DAY)
        await courier.step(office, work, "me")

        await add_certificate.remove(office, unit.id, row.sha256)
        assert (await certificates_of(office, unit.id)).rows == []
        again = await added(office, unit)
        assert (again.id, again.state, again.reason) == (row.id, "bi-tu-choi", "Sai")

    async def test_anothers_is_unknown(self, office):
        unit, other = await registered(office), await registered(office, OTHER)
        row = await added(office, unit)

        with pytest.raises(Refused, match="certificate_unknown"):
            await add_certificate.remove(office, other.id, row.sha256)
        async with office.database.reading() as tx:
            assert await certificates.get(tx, row.id)
