"""What goes wrong outside: no agent, no BHXH, no answer, a browser that is closed."""

import pytest
from playwright.sync_api import expect

from tests.flows.clerk import Clerk
from tests.flows.conftest import NewCertificate, PlugIn
from tests.support.backend_process import BackendProcess
from tests.support.sandbox import SandboxProgram

pytestmark = pytest.mark.browser


def held(sandbox: SandboxProgram, mst: str) -> int:
    return sum(dossier["mst"] == mst for dossier in sandbox.dossiers())


@pytest.fixture
def ready(clerk: Clerk, issue: NewCertificate, plug_in: PlugIn) -> Clerk:
    """The certificate is added and waits to be sent."""
    plug_in(issue())
    clerk.registers()
    clerk.adds_the_certificate()
    return clerk


def test_without_an_agent_the_page_says_so_and_goes_on_by_itself_when_it_is_there(
    clerk: Clerk, issue: NewCertificate, plug_in: PlugIn
) -> None:
    clerk.registers()
    clerk.begins_to_add()
    clerk.sees("Chưa thấy phần mềm ký")

    plug_in(issue())

    clerk.press("Xác nhận")
    clerk.sees("Đã thêm, CHƯA gửi BHXH")


def test_a_dossier_waits_while_bhxh_is_down_and_goes_by_itself_when_it_is_back(
    ready: Clerk, sandbox: SandboxProgram
) -> None:
    sandbox.set_faults(down=True)
    ready.adjusts_by_way_1()
    ready.sees_that_it_waits()
    assert held(sandbox, ready.mst) == 0

    sandbox.set_faults(down=False)

    ready.sees_the_outcome("Chấp nhận")
    assert held(sandbox, ready.mst) == 1


def test_an_answer_lost_after_acceptance_makes_one_dossier_on_both_sides(
    ready: Clerk, sandbox: SandboxProgram
) -> None:
    sandbox.set_faults(drop_answers=1)

    ready.adjusts_by_way_1()

    ready.sees_the_outcome("Chấp nhận")
    ready.sees("Chưa rõ BHXH đã nhận hay chưa")
    assert held(sandbox, ready.mst) == 1
    ready.opens("Lịch sử giao dịch")
    expect(ready.page.locator("a.dossier")).to_have_count(1)


def test_a_browser_closed_after_signing_loses_nothing(
    ready: Clerk, sandbox: SandboxProgram
) -> None:
    sandbox.set_faults(decide_after=2)
    ready.adjusts_by_way_1()
    ready.sees("Quá trình")

    ready.page.goto("about:blank")

    ready.comes_back()
    ready.opens("Lịch sử giao dịch")
    ready.page.locator("a.dossier").click()
    ready.sees_the_outcome("Chấp nhận")
    assert held(sandbox, ready.mst) == 1


def test_a_browser_closed_before_signing_leaves_the_certificate_unsent_and_says_so(
    ready: Clerk, sandbox: SandboxProgram
) -> None:
    ready.opens("Thông tin đơn vị")
    ready.page.get_by_role("button", name="Điều chỉnh IVAN").first.click()
    ready.fills_in_the_contact()
    ready.page.goto("about:blank")

    ready.comes_back()

    ready.sees("Chứng thư số mới CHƯA gửi BHXH")
    assert held(sandbox, ready.mst) == 0
    ready.adjusts_by_way_1()
    ready.sees_the_outcome("Chấp nhận")


def test_a_power_cut_after_signing_delays_the_dossier_and_no_more(
    ready: Clerk, sandbox: SandboxProgram, backend: BackendProcess
) -> None:
    sandbox.set_faults(down=True)
    ready.adjusts_by_way_1()
    ready.sees_that_it_waits()

    backend.kill()
    sandbox.set_faults(down=False)
    backend.start()

    ready.comes_back()
    ready.opens("Lịch sử giao dịch")
    ready.page.locator("a.dossier").click()
    ready.sees_the_outcome("Chấp nhận")
    assert held(sandbox, ready.mst) == 1


@pytest.mark.parametrize(
    ("receipt", "words"),
    [
        ("bad-signature", "chữ ký không hợp lệ"),
        ("other-dossier", "của một hồ sơ khác"),
    ],
)
def test_a_receipt_that_cannot_be_believed_is_shown_as_suspicious_and_not_applied(
    ready: Clerk, sandbox: SandboxProgram, receipt: str, words: str
) -> None:
    sandbox.set_faults(receipt=receipt)

    ready.adjusts_by_way_1()

    ready.sees("Thông báo đáng ngờ")
    ready.sees(words)
    ready.sees_the_outcome("BHXH đã nhận")
