"""May this signer speak for this unit? Each reason against has its own words."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.sandbox import Subscriber, form_for, subscriber
from webui.bhxh.trust import Chain, Judgement, Revocation
from webui.sandbox.ca import Authority
from webui.sandbox.gateway import verdict
from webui.sandbox.gateway.refusal import Code, Refusal

NOW = datetime.now(UTC)
GOOD = Judgement(chain=Chain.TRUSTED, revocation=Revocation.GOOD)


@dataclass
class Judges:
    """A CertificateJudge that says what it is told to."""

    says: Judgement = GOOD

    async def judge(self, der: bytes, *, now: datetime) -> Judgement:
        return self.says


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder: Path = tmp_path_factory.mktemp("ca")
    return Authority.open(folder, url="http://127.0.0.1:1")


@pytest.fixture(scope="module")
def company(authority: Authority) -> Subscriber:
    return subscriber(authority)


async def refused(company: Subscriber, says: Judgement = GOOD, at=NOW, **form) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await verdict.judge(
            replace(form_for(company), **form),
            company.certificate,
            arrived=at,
            judges=Judges(says),
        )
    return caught.value


async def test_all_is_well(company) -> None:
    await verdict.judge(form_for(company), company.certificate, arrived=NOW, judges=Judges())


class TestStanding:
    async def test_a_chain_that_ends_elsewhere(self, company) -> None:
        says = Judgement(chain=Chain.UNTRUSTED, revocation=Revocation.UNKNOWN)

        assert (await refused(company, says)).code is Code.CERTIFICATE_UNTRUSTED

    async def test_revoked(self, company) -> None:
        says = Judgement(chain=Chain.TRUSTED, revocation=Revocation.REVOKED)

        assert (await refused(company, says)).code is Code.CERTIFICATE_REVOKED

    async def test_revocation_that_cannot_be_learnt_is_no_verdict(self, company) -> None:
        says = Judgement(chain=Chain.TRUSTED, revocation=Revocation.UNKNOWN)

        with pytest.raises(verdict.UndecidedError):
            await verdict.judge(
                form_for(company), company.certificate, arrived=NOW, judges=Judges(says)
            )

    async def test_expired_names_the_day(self, company) -> None:
        refusal = await refused(company, at=company.facts.not_after + timedelta(seconds=1))

        assert refusal.code is Code.CERTIFICATE_EXPIRED
        assert f"{company.facts.not_after.year}" in refusal.words

    async def test_not_yet_valid(self, company) -> None:
        refusal = await refused(company, at=company.facts.not_before - timedelta(seconds=1))

        assert refusal.code is Code.CERTIFICATE_EARLY

    async def test_the_last_second_counts(self, company) -> None:
        await verdict.judge(
            form_for(company),
            company.certificate,
            arrived=company.facts.not_after,
            judges=Judges(),
        )

    async def test_what_is_no_certificate(self, company) -> None:
        with pytest.raises(Refusal) as caught:
            await verdict.judge(form_for(company), b"0\x00", arrived=NOW, judges=Judges())

        assert caught.value.code is Code.CERTIFICATE_UNREADABLE


class TestUnit:
    async def test_another_companys_number_is_named_beside_the_units(self, company) -> None:
        refusal = await refused(company, mst="9900000016")

        assert refusal.code is Code.OTHER_MST
        assert "9900000143" in refusal.words
        assert "9900000016" in refusal.words

    @pytest.mark.parametrize(
        ("on_certificate", "in_form"),
        [("9900000143-001", "9900000143"), ("9900000143", "9900000143001")],
    )
    async def test_a_parent_is_not_its_branch(self, authority, on_certificate, in_form) -> None:
        holder = subscriber(authority, mst=on_certificate)

        assert (await refused(holder, mst=in_form)).code is Code.OTHER_MST

    async def test_a_person_of_the_company_may_sign(self, authority) -> None:
        person = subscriber(authority, uids=("CCCD:001099000001", "MST:9900000143"))

        await verdict.judge(form_for(person), person.certificate, arrived=NOW, judges=Judges())

    async def test_a_certificate_without_a_number(self, authority) -> None:
        nobody = subscriber(authority, uids=("CCCD:001099000001",))

        assert (await refused(nobody)).code is Code.NO_MST


class TestNamedCertificate:
    async def test_another_serial(self, company) -> None:
        form = form_for(company)

        refusal = await refused(company, new=replace(form.new, serial="0A"))

        assert refusal.code is Code.OTHER_SERIAL
        assert "0A" in refusal.words

    @pytest.mark.parametrize("side", ["begin", "end"])
    async def test_other_days(self, company, side) -> None:
        new = form_for(company).new
        moved = replace(new, **{side: getattr(new, side) + timedelta(days=1)})

        assert (await refused(company, new=moved)).code is Code.OTHER_VALIDITY
