"""The HSM path of Thêm mới under a user's hands: what is asked, said and kept."""

from typing import Any

import pytest
from playwright.sync_api import expect

from protocol import messages as wire
from protocol.errors import ProtocolError
from tests.webui.static import examples_hsm as hsm
from tests.webui.static import scenes, scenes_hsm
from tests.webui.static.stage import GONE, HOLD, Stage, until
from tests.webui.static.test_screens import misfits
from webui.errors import Refused

pytestmark = pytest.mark.browser

KEPT = wire.AccountsKeepResult(account=hsm.account())
ONE = hsm.found(hsm.held())


def looked(stage: Stage) -> list[dict[str, Any]]:
    return [params for method, params in stage.agent.asked if method == "accounts.look"]


class TestTheWayThroughIt:
    def test_it_keeps_the_account_and_adds_the_chosen_certificate(self, stage: Stage) -> None:
        stage.agent.play("accounts.keep", KEPT)
        scenes_hsm.look(stage, scenes_hsm.several())
        stage.page.locator(".held").get_by_role("radio").nth(1).check()

        stage.press("confirm")

        stage.sees_key("added")
        expect(stage.dialog).to_have_count(0)
        assert looked(stage) == [
            {"host": hsm.HOST, "account": "ketoan-thu", "password": hsm.PASSWORD, "fields": []}
        ]
        (added,) = stage.asked("POST /api/certificates")
        assert added["certificate"] == "Y2VydGlmaWNhdGUgMTI="  # certificate 12
        assert added["source"] == {
            "kind": "hsm", "provider": "cyberhsm", "provider_name": "CyberHSM", "host": hsm.HOST,
        }  # fmt: skip
        keep = stage.agent.methods().index("accounts.keep")
        assert stage.agent.asked[keep] == ("accounts.keep", {"look": hsm.LOOK})

    def test_the_keyboard_alone_is_enough(self, stage: Stage) -> None:
        stage.agent.play("accounts.keep", KEPT)
        stage.agent.play("accounts.look", ONE)
        stage.agent.belongs_to_our_window()
        stage.open_our_window("#/chung-thu-so")
        keys = stage.page.keyboard
        stage.button("add.open").focus()
        keys.press("Enter")
        token = stage.page.get_by_role("radio", name="Token")
        token.focus()
        expect(token).to_be_checked()
        keys.press("ArrowUp")
        expect(stage.page.get_by_role("radio", name="HSM")).to_be_checked()
        expect(stage.field("hsm.host")).to_be_focused()
        keys.type(hsm.HOST)
        keys.press("Tab")  # Loại dịch vụ
        keys.press("Tab")
        keys.type("ketoan-thu")
        keys.press("Tab")
        keys.type(hsm.PASSWORD)
        keys.press("Enter")
        expect(stage.button("confirm")).to_be_focused()

        keys.press("Enter")

        stage.sees_key("added")
        expect(stage.button("add.open")).to_be_focused()

    def test_a_provider_has_its_own_words_and_fields(self, stage: Stage) -> None:
        stage.agent.play("accounts.look", HOLD)
        scenes_hsm.hsm_form_of_a_provider_with_fields_of_its_own(stage)
        stage.field("hsm.host").fill(" gwsca.vnpt.vn ")
        stage.page.get_by_label("Số CCCD hoặc mã số thuế").fill(" 012345678901 ")
        stage.field("hsm.password").fill(" có dấu cách ")
        stage.page.get_by_label("Mã đối tác").fill("sp1")

        stage.press("hsm.look")
        stage.sees_key("required")
        assert looked(stage) == []
        expect(stage.page.get_by_label("Mật khẩu đối tác")).to_be_focused()
        stage.page.get_by_label("Mật khẩu đối tác").fill(" bí mật ")
        stage.press("hsm.look")

        stage.agent.awaits("accounts.look")
        assert looked(stage) == [
            {
                "host": "gwsca.vnpt.vn",
                "account": "012345678901",
                "password": " có dấu cách ",
                "provider": "smartca",
                "fields": [
                    {"name": "sp_id", "value": "sp1"},
                    {"name": "sp_password", "value": " bí mật "},
                ],
            }
        ]

    def test_known_hosts_are_suggested_and_bring_their_words_along(self, stage: Stage) -> None:
        scenes_hsm.open_form(stage)
        suggested = stage.page.locator("datalist option")
        assert [option.get_attribute("value") for option in suggested.all()] == [
            "sign-hn1.vin-hsm.com",
            "gwsca.vnpt.vn",
        ]

        stage.field("hsm.host").press_sequentially("https://GWSCA.vnpt.vn/")

        expect(stage.page.get_by_label("Số CCCD hoặc mã số thuế")).to_be_visible()
        stage.page.get_by_label("Mã đối tác").fill("sp1")
        stage.field("hsm.host").press_sequentially("x")
        expect(stage.field("hsm.account")).to_be_visible()
        expect(stage.page.get_by_label("Mã đối tác")).to_have_count(0)

    def test_who_had_a_certificate_in_a_service_begins_with_hsm(self, stage: Stage) -> None:
        scenes_hsm.open_accounts(stage, hsm.account())
        stage.press("add.open")
        expect(stage.page.get_by_role("radio", name="HSM")).to_be_checked()
        expect(stage.field("hsm.host")).to_be_focused()
        assert "certificates.select" not in stage.agent.methods()

    def test_the_other_kind_gives_the_first_one_up_and_what_was_typed_stays(
        self, stage: Stage
    ) -> None:
        stage.agent.play("certificates.select", HOLD)
        scenes_hsm.open_form(stage)
        scenes_hsm.fill_in(stage)
        stage.page.get_by_role("radio", name="Token").check()
        stage.sees_key("add.choosing")
        stage.page.get_by_role("radio", name="HSM").check()

        expect(stage.field("hsm.host")).to_have_value(hsm.HOST)
        expect(stage.field("hsm.account")).to_have_value("ketoan-thu")
        expect(stage.field("hsm.password")).to_have_value("")
        expect(stage.field("hsm.password")).to_be_focused()
        until(stage.page, lambda: "cancel" in stage.agent.methods(), "the first to be given up")

    def test_a_certificate_in_the_list_already_keeps_the_account_alone(self, stage: Stage) -> None:
        """A second computer of the same unit."""
        stage.agent.play("accounts.keep", KEPT)
        scenes_hsm.hsm_a_certificate_that_is_in_the_list(stage)
        stage.press("confirm")
        stage.sees_key("hsm.kept")
        assert stage.asked("POST /api/certificates") == []

    def test_what_does_not_fit_says_why_and_cannot_be_chosen(self, stage: Stage) -> None:
        scenes_hsm.look(stage, scenes_hsm.several())
        rows = stage.page.locator(".held")
        expect(rows).to_have_count(6)

        for row in rows.all()[2:]:
            radio = row.get_by_role("radio")
            expect(radio).to_be_disabled()
            why = stage.page.locator(f"#{radio.get_attribute('aria-describedby')}")
            expect(why).to_contain_text(stage.says("hsm.unusable"))
            assert len(why.inner_text()) > 30
        stage.sees("0101300842")

    def test_hundreds_are_judged_a_few_at_a_time(self, stage: Stage) -> None:
        many = [hsm.held(11, id=f"{n:064x}") for n in range(200)]
        scenes_hsm.look(stage, hsm.found(*many))
        expect(stage.page.locator(".held")).to_have_count(200, timeout=30_000)
        assert misfits(stage.page) == []


class TestWhatGoesWrong:
    @pytest.mark.parametrize(
        ("code", "field"),
        [
            ("service_address", "hsm.host"),
            ("service_unknown", "hsm.host"),
            ("service_tls", "hsm.host"),
            ("service_redirected", "hsm.host"),
            ("service_malformed", "hsm.host"),
            ("service_not_recognised", "hsm.provider"),
            ("account_refused", "hsm.password"),
            ("account_without_certificate", "hsm.account"),
        ],
    )
    def test_it_is_said_where_it_can_be_mended_and_the_fields_stay(
        self, stage: Stage, code: str, field: str
    ) -> None:
        error = ProtocolError(code, host=hsm.HOST)
        scenes_hsm.look(stage, error)
        stage.sees(error.to_wire().data.vi)

        expect(stage.field(field)).to_be_focused()
        expect(stage.field("hsm.host")).to_have_value(hsm.HOST)
        expect(stage.field("hsm.account")).to_have_value("ketoan-thu")
        kept = "" if code == "account_refused" else hsm.PASSWORD
        expect(stage.field("hsm.password")).to_have_value(kept)

    @pytest.mark.parametrize(
        "code",
        [
            "service_timeout", "service_unreachable", "service_failed", "service_clock",
            "account_blocked", "account_expired", "account_quota",
        ],
    )  # fmt: skip
    def test_what_no_field_mends_can_be_tried_again_at_once(self, stage: Stage, code: str) -> None:
        error = ProtocolError(code, host=hsm.HOST)
        scenes_hsm.look(stage, error)
        stage.sees(error.to_wire().data.vi)
        expect(stage.button("hsm.look")).to_be_focused()

        stage.agent.play("accounts.look", ONE)
        stage.page.keyboard.press("Enter")

        expect(stage.button("confirm")).to_be_visible()
        assert len(looked(stage)) == 2

    def test_a_host_that_is_not_recognised_is_asked_by_hand(self, stage: Stage) -> None:
        scenes.SCENES["hsm_service_not_recognised"](stage)
        stage.agent.play("accounts.look", ONE)
        stage.field("hsm.provider").select_option("csc")
        stage.press("hsm.look")

        expect(stage.button("confirm")).to_be_visible()
        assert [params.get("provider") for params in looked(stage)] == [None, "csc"]
        assert looked(stage)[1]["password"] == hsm.PASSWORD

    def test_the_asking_can_be_stopped_and_the_form_is_there_again(self, stage: Stage) -> None:
        scenes_hsm.hsm_asking(stage)
        stage.press("hsm.stop")

        until(stage.page, lambda: "cancel" in stage.agent.methods(), "the agent to be told")
        expect(stage.field("hsm.host")).to_be_focused()
        expect(stage.field("hsm.password")).to_have_value(hsm.PASSWORD)
        expect(stage.dialog.get_by_role("alert")).to_have_count(0)

    def test_escape_while_asking_gives_it_up(self, stage: Stage) -> None:
        scenes_hsm.hsm_asking(stage)
        stage.page.keyboard.press("Escape")
        expect(stage.dialog).to_have_count(0)
        until(stage.page, lambda: "cancel" in stage.agent.methods(), "the agent to be told")

    def test_a_second_enter_while_asking_does_nothing(self, stage: Stage) -> None:
        scenes_hsm.hsm_asking(stage)
        stage.page.keyboard.press("Enter")
        stage.sees_key("hsm.asking", host=hsm.HOST)
        assert "cancel" not in stage.agent.methods()
        assert len(looked(stage)) == 1

    def test_a_connection_lost_while_asking_is_said(self, stage: Stage) -> None:
        scenes_hsm.hsm_asking(stage)
        stage.agent.hang_up()
        stage.sees_key("agent.lost")
        expect(stage.field("hsm.host")).to_have_value(hsm.HOST)

    def test_an_agent_started_anew_knows_this_window_no_more(self, stage: Stage) -> None:
        """Its ticket was good once: another window has to be opened."""
        stage.agent.play("accounts.look", ProtocolError("not_allowed"))
        scenes_hsm.open_form(stage)
        scenes_hsm.fill_in(stage)
        stage.press("hsm.look")
        stage.sees_key("hsm.elsewhere-how")

    def test_a_keyring_that_stays_shut_is_said_and_tried_again(self, stage: Stage) -> None:
        error = ProtocolError("secrets_unavailable")
        stage.agent.play("accounts.keep", error)
        scenes_hsm.hsm_one_certificate(stage)
        stage.press("confirm")
        stage.sees(error.to_wire().data.vi)
        assert stage.asked("POST /api/certificates") == []

        stage.agent.play("accounts.keep", KEPT)
        stage.press("confirm")

        stage.sees_key("added")
        assert len(stage.asked("POST /api/certificates")) == 1

    def test_what_the_agent_has_forgotten_is_asked_anew(self, stage: Stage) -> None:
        stage.agent.play("accounts.keep", ProtocolError("account_unknown"))
        scenes_hsm.hsm_one_certificate(stage)
        stage.press("confirm")
        expect(stage.button("hsm.look")).to_be_visible()
        expect(stage.field("hsm.host")).to_have_value(hsm.HOST)
        expect(stage.field("hsm.password")).to_have_value("")

    def test_a_check_that_fails_is_no_verdict_on_a_certificate(self, stage: Stage) -> None:
        scenes_hsm.look(stage, ONE, {11: Refused("internal_error")})
        expect(stage.dialog.get_by_role("alert")).to_be_visible()
        expect(stage.button("confirm")).to_have_count(0)
        expect(stage.field("hsm.password")).to_have_value(hsm.PASSWORD)


class TestNothingIsKeptByAccident:
    def test_cancel_before_confirming_keeps_nothing(self, stage: Stage) -> None:
        scenes_hsm.hsm_one_certificate(stage)
        stage.press("cancel")
        expect(stage.dialog).to_have_count(0)
        assert "accounts.keep" not in stage.agent.methods()
        assert stage.asked("POST /api/certificates") == []

    def test_cancel_after_a_failure_in_between_forgets_the_new_account(self, stage: Stage) -> None:
        scenes_hsm.hsm_kept_but_not_added(stage)
        stage.press("cancel")
        stage.agent.awaits("accounts.forget")
        assert stage.agent.asked[-1] == ("accounts.forget", {"account": hsm.account().id})

    def test_but_not_one_that_was_there_before(self, stage: Stage) -> None:
        scenes_hsm.hsm_one_certificate(stage)
        stage.agent.accounts_are(hsm.account())
        stage.agent.play("accounts.keep", KEPT)
        stage.play("POST /api/certificates", GONE)
        stage.press("confirm")
        stage.sees_key("error.offline")
        stage.press("cancel")
        expect(stage.dialog).to_have_count(0)
        stage.page.wait_for_function("() => !document.querySelector('dialog')")
        assert "accounts.forget" not in stage.agent.methods()

    def test_trying_again_keeps_the_account_once(self, stage: Stage) -> None:
        scenes_hsm.hsm_kept_but_not_added(stage)
        stage.play("POST /api/certificates", hsm.certificate())
        stage.press("confirm")
        stage.sees_key("added")
        assert stage.agent.methods().count("accounts.keep") == 1
        assert "accounts.forget" not in stage.agent.methods()

    def test_confirm_twice_keeps_and_adds_once(self, stage: Stage) -> None:
        stage.agent.play("accounts.keep", KEPT)
        stage.play("POST /api/certificates", HOLD)
        scenes_hsm.hsm_one_certificate(stage)
        stage.button("confirm").dblclick()
        until(stage.page, lambda: stage.asked("POST /api/certificates"), "the certificate")
        stage.page.keyboard.press("Escape")  # neither half done nor unsaid
        expect(stage.dialog).to_have_count(1)
        assert stage.agent.methods().count("accounts.keep") == 1
        assert len(stage.asked("POST /api/certificates")) == 1
