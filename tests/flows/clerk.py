"""The clerk: what a user of the page does and sees, in the user guide's own words."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.support.agent_process import AgentProcess
from tests.support.sandbox import HsmAccount
from webui.ticket import with_ticket

PASSWORD = "mat-khau-thu"
EMAIL = "ketoan@thu.example"


@dataclass(kw_only=True)
class Clerk:
    page: Page
    url: str
    mst: str

    # --- Bước 1: đăng nhập, menu Đơn vị

    def registers(self) -> None:
        """First use: the unit's profile is made."""
        self.page.goto(self.url)
        self.page.get_by_role("link", name="Tạo thông tin đơn vị").click()
        self.page.get_by_label("Mã số thuế", exact=True).fill(self.mst)
        self.page.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
        self.fills_in_the_profile()
        self.press("Tạo và đăng nhập")
        expect(self.page.get_by_role("heading", name="Đơn vị", exact=True)).to_be_visible()

    def fills_in_the_profile(self) -> None:
        for label, value in (
            ("Tên đơn vị", "CÔNG TY TNHH THỬ NGHIỆM"),
            ("Địa chỉ", "Số 1 phố Thử"),
            ("Mã đơn vị BHXH", "TS12345"),
            ("Mã cơ quan BHXH quản lý", "09901"),
            ("Người liên hệ", "Trần Thị Thử"),
            ("Điện thoại", "0912345678"),
            ("Email", EMAIL),
            ("Nhập lại email", EMAIL),
        ):
            self.page.get_by_label(label, exact=True).fill(value)

    def signs_in(self) -> None:
        self.page.goto(self.url)
        self.page.get_by_label("Mã số thuế").fill(self.mst)
        self.page.get_by_label("Mật khẩu").fill(PASSWORD)
        self.page.get_by_role("button", name="Đăng nhập", exact=True).click()
        expect(self.page.get_by_role("heading", name="Đơn vị", exact=True)).to_be_visible()

    def comes_back(self) -> None:
        """The page is opened anew; the session is still there."""
        self.page.goto(self.url)
        expect(self.page.get_by_role("heading", name="Đơn vị", exact=True)).to_be_visible()

    def opens_our_window(self, agent: AgentProcess) -> None:
        """As the agent's tray does: with the rights that no other page has."""
        self.page.goto("about:blank")
        asking = with_ticket(self.url, agent.runtime / "agent.json")
        with ThreadPoolExecutor(1) as elsewhere:  # Playwright's own loop runs in this thread
            url = elsewhere.submit(asyncio.run, asking).result()
        assert "#ticket=" in url
        self.page.goto(url)
        expect(self.page.get_by_role("heading", name="Đơn vị", exact=True)).to_be_visible()

    def opens(self, tab: str) -> None:
        self.page.get_by_role("link", name=tab, exact=True).click()
        expect(self.page.get_by_role("heading", name=tab, exact=True)).to_be_visible()

    # --- Bước 2: thêm chứng thư số

    def begins_to_add(self) -> None:
        self.opens("Chứng thư số")
        self.page.get_by_role("button", name="Thêm mới", exact=True).first.click()

    def adds_the_certificate(self) -> None:
        self.begins_to_add()
        self.press("Xác nhận")
        expect(self.dialog).to_have_count(0)
        self.sees("Đã thêm, CHƯA gửi BHXH")

    def adds_the_certificate_in_the_service(
        self, account: HsmAccount, *, provider: str = ""
    ) -> None:
        self.asks_the_service(account, provider=provider)
        self.press("Xác nhận")
        expect(self.dialog).to_have_count(0)
        self.sees("Đã thêm, CHƯA gửi BHXH")

    def asks_the_service(self, account: HsmAccount, *, provider: str = "") -> None:
        """Máy chủ, tài khoản, mật khẩu → Lấy dữ liệu chứng thư."""
        self.begins_to_add()
        self.page.get_by_role("radio", name="HSM").check()
        self.fills_in_the_account(account, provider=provider)

    def fills_in_the_account(self, account: HsmAccount, *, provider: str = "") -> None:
        self.page.get_by_label("Máy chủ dịch vụ").fill(account.host)
        self.page.get_by_label("Loại dịch vụ").select_option(label=provider or "Tự nhận biết")
        # The other labels are the provider's own words.
        self.dialog.locator('[name="account"]').fill(account.account)
        self.dialog.locator('[name="password"]').fill(account.password)
        for name, value in account.fields.items():
            self.dialog.locator(f'[name="extra-{name}"]').fill(value)
        self.press("Lấy dữ liệu chứng thư")

    # --- Bước 3: Điều chỉnh IVAN

    def adjusts_by_way_1(self) -> None:
        """From Thông tin đơn vị."""
        self.opens("Thông tin đơn vị")
        self.page.get_by_role("button", name="Điều chỉnh IVAN").first.click()
        self.fills_in_the_contact()
        self.press("Ký và Gửi BH")

    def adjusts_by_way_2(self) -> None:
        """By Kích hoạt on the certificate."""
        self.opens("Chứng thư số")
        self.press("Kích hoạt")
        self.dialog.get_by_role("button", name="Điều chỉnh IVAN").click()
        self.fills_in_the_contact()
        self.press("Ký và Gửi BH")

    def fills_in_the_contact(self, *, again: str = EMAIL) -> None:
        self.page.get_by_label("Nhập lại email").fill(again)

    # --- what the screen says

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()

    def sees(self, text: str, *, seconds: float = 5.0) -> None:
        found = self.page.locator("main, dialog").get_by_text(text).first
        expect(found).to_be_visible(timeout=seconds * 1000)

    def sees_the_outcome(self, state: str) -> None:
        """Of the dossier that is open."""
        expect(self.page.locator("main .badge").first).to_have_text(state, timeout=30_000)

    def sees_that_it_waits(self) -> None:
        """Not delivered, or not known whether: either way it is kept and goes on by itself."""
        either = re.compile("Chờ gửi lại|Đang hỏi lại BHXH")
        expect(self.page.locator("main .badge").first).to_have_text(either, timeout=30_000)
