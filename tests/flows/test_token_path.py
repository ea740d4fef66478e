"""The user guide's token path, by both ways, to BHXH's acceptance; and what else BHXH may say."""

import pytest

from tests.flows.clerk import EMAIL, Clerk
from tests.flows.conftest import NewCertificate, PlugIn
from tests.support.sandbox import SandboxProgram
from tests.support.waiting import wait_for

pytestmark = pytest.mark.browser


def held(sandbox: SandboxProgram, mst: str) -> list[dict[str, object]]:
    return [dossier for dossier in sandbox.dossiers() if dossier["mst"] == mst]


def test_way_1_leads_to_acceptance_by_bhxh(
    clerk: Clerk, issue: NewCertificate, plug_in: PlugIn, sandbox: SandboxProgram
) -> None:
    plug_in(issue())
    clerk.registers()
    clerk.adds_the_certificate()

    clerk.adjusts_by_way_1()

    clerk.sees_the_outcome("Chấp nhận")
    assert len(held(sandbox, clerk.mst)) == 1
    clerk.opens("Chứng thư số")
    clerk.sees("Đang dùng")
    letters = wait_for(
        lambda: [x for x in sandbox.letters() if EMAIL in str(x) and clerk.mst in str(x)], "the e-mail"
    )
    assert len(letters) == 1


def test_way_2_leads_to_acceptance_and_replaces_the_old_certificate(
    clerk: Clerk, issue: NewCertificate, plug_in: PlugIn
) -> None:
    old = plug_in(issue())
    clerk.registers()
    clerk.adds_the_certificate()
    clerk.adjusts_by_way_1()
    clerk.sees_the_outcome("Chấp nhận")
    old.__exit__()
