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
        lambda: [x for x in sandbox.letters() if EMAIL in str(x) and clerk.mst in str(x)],
        "the e-mail",
    )
    assert len(letters) == 1


def test_way_2_leads_to_acceptance_and_replaces_the_old_certificate(
    clerk: Clerk, issue: NewCertificate, plug_in: PlugIn, sandbox: SandboxProgram
) -> None:
    last_year = plug_in(issue(age_days=300))
    clerk.registers()
    clerk.adds_the_certificate()
    clerk.adjusts_by_way_1()
    clerk.sees_the_outcome("Chấp nhận")
    last_year.stop()

    plug_in(issue())
    clerk.adds_the_certificate()
    clerk.adjusts_by_way_2()

    clerk.sees_the_outcome("Chấp nhận")
    clerk.opens("Chứng thư số")
    clerk.sees("Đang dùng")
    clerk.sees("Đã thay thế")
    assert len(held(sandbox, clerk.mst)) == 2


def test_a_refusal_is_shown_in_bhxh_s_own_words_and_can_be_followed_by_another_try(
    clerk: Clerk, issue: NewCertificate, plug_in: PlugIn, sandbox: SandboxProgram
) -> None:
    words = "Mã đơn vị không do cơ quan này quản lý"
    sandbox.set_faults(refuse={"ma_loi": "E17", "mo_ta": words})
    plug_in(issue())
    clerk.registers()
    clerk.adds_the_certificate()

    clerk.adjusts_by_way_2()

    clerk.sees_the_outcome("Từ chối")
    clerk.sees(f"E17: {words}")
    sandbox.set_faults(refuse=None)
    clerk.adjusts_by_way_2()
    clerk.sees_the_outcome("Chấp nhận")


def test_a_double_click_sends_once(
    clerk: Clerk, issue: NewCertificate, plug_in: PlugIn, sandbox: SandboxProgram
) -> None:
    plug_in(issue())
    clerk.registers()
    clerk.adds_the_certificate()
    clerk.opens("Thông tin đơn vị")
    clerk.page.get_by_role("button", name="Điều chỉnh IVAN").first.click()
    clerk.fills_in_the_contact()

    clerk.page.get_by_role("button", name="Ký và Gửi BH").dblclick()

    clerk.sees_the_outcome("Chấp nhận")
    assert len(held(sandbox, clerk.mst)) == 1


def test_e_mails_that_differ_are_said_before_anything_is_signed(
    clerk: Clerk, issue: NewCertificate, plug_in: PlugIn, sandbox: SandboxProgram
) -> None:
    plug_in(issue())
    clerk.registers()
    clerk.adds_the_certificate()
    clerk.opens("Thông tin đơn vị")
    clerk.page.get_by_role("button", name="Điều chỉnh IVAN").first.click()
    clerk.fills_in_the_contact(again="ketoan@thu.exmaple")
    clerk.press("Ký và Gửi BH")

    clerk.sees("Hai lần nhập email không giống nhau")
    clerk.press("Hủy bỏ")

    assert held(sandbox, clerk.mst) == []
    clerk.opens("Lịch sử giao dịch")
    clerk.sees("Chưa có hồ sơ nào")


def test_signing_in_with_the_token_needs_no_password(
    clerk: Clerk, issue: NewCertificate, plug_in: PlugIn
) -> None:
    plug_in(issue())
    clerk.registers()
    clerk.press("Đăng xuất")

    clerk.press("Đăng nhập bằng chữ ký số")

    clerk.sees("Thông tin đơn vị")


def test_a_new_unit_may_begin_with_its_token(
    clerk: Clerk, issue: NewCertificate, plug_in: PlugIn
) -> None:
    plug_in(issue())
    clerk.page.goto(clerk.url)

    clerk.press("Đăng nhập bằng chữ ký số")

    clerk.sees(f"Chữ ký số xác nhận mã số thuế {clerk.mst}")
    clerk.fills_in_the_profile()
    clerk.press("Tạo và đăng nhập")
    clerk.sees("Chưa có chứng thư số nào được đăng ký")
