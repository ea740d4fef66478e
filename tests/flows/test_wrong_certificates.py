"""Certificates that will not do: each is refused with a message of its own; nothing is added.

The agent's window shows them greyed, with the reason; who can only close it is told it by the page.
"""

import pytest

from protocol.identity import printed_mst
from tests.flows.clerk import Clerk
from tests.flows.conftest import NewCertificate, PlugIn
from tests.support.sandbox import SandboxProgram, nth_mst

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _signed_in(clerk: Clerk) -> None:
    clerk.registers()


def nothing_was_added(clerk: Clerk) -> None:
    clerk.dialog.get_by_role("button", name="Hủy", exact=True).click()
    clerk.sees("Chưa có chứng thư số nào")


def test_another_company_s_certificate_is_refused_with_both_numbers(
    clerk: Clerk, issue: NewCertificate, plug_in: PlugIn
) -> None:
    other = nth_mst(7)
    plug_in(issue(mst=other), select="refuse")

    clerk.begins_to_add()

    clerk.sees(f"Mã số thuế trên chứng thư số là {other}")
    clerk.sees(clerk.mst)
    nothing_was_added(clerk)


def test_a_branch_s_certificate_is_refused_although_it_begins_alike(
    clerk: Clerk, issue: NewCertificate, plug_in: PlugIn
) -> None:
    branch = f"{clerk.mst}001"
    plug_in(issue(mst=printed_mst(branch)), select="refuse")

    clerk.begins_to_add()

    clerk.sees(f"Mã số thuế trên chứng thư số là {printed_mst(branch)}")
    nothing_was_added(clerk)


def test_an_expired_certificate_is_refused(
    clerk: Clerk, issue: NewCertificate, plug_in: PlugIn
) -> None:
    plug_in(issue(age_days=4 * 365), select="refuse")

    clerk.begins_to_add()

    clerk.sees("đã hết hạn")
    nothing_was_added(clerk)


def test_a_revoked_certificate_is_refused(
    clerk: Clerk, issue: NewCertificate, plug_in: PlugIn, sandbox: SandboxProgram
) -> None:
    company = issue()
    sandbox.revoke(company)
    plug_in(company, select="refuse")

    clerk.begins_to_add()

    clerk.sees("đã bị thu hồi")
    nothing_was_added(clerk)
