"""Accounts of this machine, and what was renewed at their services."""

import json

import pytest
from msgspec.structs import replace
from playwright.sync_api import expect

from protocol import messages as wire
from protocol.errors import ProtocolError
from tests.webui.static import examples, scenes_hsm
from tests.webui.static import examples_hsm as hsm
from tests.webui.static.stage import Stage

pytestmark = pytest.mark.browser


class TestTheAccountsOfThisMachine:
    def test_each_is_shown_with_what_is_wrong_and_what_to_do(self, stage: Stage) -> None:
        scenes_hsm.hsm_accounts(stage)
        rows = stage.page.locator(".accounts > li")
        expect(rows).to_have_count(3)
        expect(rows.nth(0)).not_to_contain_text(stage.says("services.problem"))
        expect(rows.nth(1)).to_contain_text(stage.says("services.problem.account_refused"))
        expect(rows.nth(2)).to_contain_text(stage.says("services.problem.service_tls"))
        expect(rows.nth(2)).to_contain_text(stage.says("services.never"))

    def test_a_code_that_is_not_known_is_named(self, stage: Stage) -> None:
        scenes_hsm.open_accounts(stage, hsm.account(problem="service_on_strike"))
        stage.sees_key("services.problem.other", code="service_on_strike")

    def test_checking_again_asks_that_service_and_says_the_answer(self, stage: Stage) -> None:
        scenes_hsm.open_accounts(stage, hsm.account(problem="service_timeout"), hsm.account(2))
        stage.agent.play("accounts.refresh", wire.AccountsListResult(accounts=(hsm.account(),)))
        stage.press("services.refresh")
        stage.sees_key("services.well")
        assert ("accounts.refresh", {"account": hsm.account().id}) in stage.agent.asked

    def test_news_of_an_account_are_shown_at_once(self, stage: Stage) -> None:
        scenes_hsm.open_accounts(stage, hsm.account(problem="account_expired"))
        stage.sees_key("services.problem.account_expired")
        stage.agent.accounts_are(hsm.account())
        expect(stage.page.locator(".accounts .note")).to_have_count(0)

    def test_forgetting_asks_first(self, stage: Stage) -> None:
        scenes_hsm.hsm_account_forgetting(stage)
        stage.press("cancel")
        assert "accounts.forget" not in stage.agent.methods()

        stage.page.locator(".accounts").get_by_role("button", name=stage.says("remove")).click()
        stage.dialog.get_by_role("button", name=stage.says("remove")).click()

        stage.sees_key("services.forgotten")
        assert ("accounts.forget", {"account": hsm.account().id}) in stage.agent.asked

    def test_a_changed_password_is_typed_again_with_the_rest_filled_in(self, stage: Stage) -> None:
        scenes_hsm.open_accounts(stage, hsm.account(problem="account_refused"))
        stage.press("services.retype")
        expect(stage.page.get_by_label("API Secret", exact=True)).to_be_focused()
        expect(stage.field("hsm.host")).to_have_value(hsm.HOST)
        expect(stage.field("hsm.provider")).to_have_value("cyberhsm")

    def test_an_account_not_asked_for_long_is_asked_by_itself(self, stage: Stage) -> None:
        old = hsm.account(checked_at=examples.NOW.replace(year=examples.NOW.year - 1))
        scenes_hsm.open_accounts(stage, old)
        stage.agent.awaits("accounts.refresh")

    def test_one_asked_just_now_is_left_alone(self, stage: Stage) -> None:
        scenes_hsm.open_accounts(stage, hsm.account())
        stage.press("add.open")
        expect(stage.field("hsm.host")).to_be_focused()
        assert "accounts.refresh" not in stage.agent.methods()

    def test_the_right_that_is_lost_takes_them_from_the_screen(self, stage: Stage) -> None:
        scenes_hsm.open_accounts(stage, hsm.account())
        stage.agent.play("events.subscribe", ProtocolError("not_allowed"))
        stage.agent.hang_up()
        expect(stage.page.locator(".accounts")).to_have_count(0)


class TestACertificateRenewedAtItsService:
    def test_it_is_said_and_added(self, stage: Stage) -> None:
        scenes_hsm.hsm_adding_the_new_certificate(stage)
        stage.press("confirm")
        stage.sees_key("added")
        (added,) = stage.asked("POST /api/certificates")
        assert added["source"]["kind"] == "hsm"

    def test_the_agent_is_asked_for_this_unit_s_alone(self, stage: Stage) -> None:
        scenes_hsm.hsm_a_new_certificate_at_the_service(stage)
        asked = [params for method, params in stage.agent.asked if method == "certificates.list"]
        assert {json.dumps(each["filter"], sort_keys=True) for each in asked} == {
            json.dumps({"mst": examples.MST, "place": "service"})
        }

    def test_what_is_in_the_list_is_not_news(self, stage: Stage) -> None:
        scenes_hsm.open_accounts(stage, hsm.account(), held=(hsm.held(),))
        expect(stage.page.get_by_text(stage.says("services.new"))).to_have_count(0)

    def test_it_is_noticed_while_the_tab_is_open(self, stage: Stage) -> None:
        scenes_hsm.open_accounts(stage, hsm.account(), held=(hsm.held(),))
        both = wire.CertificatesListResult(certificates=(hsm.held(), hsm.held(12)))
        stage.agent.play("certificates.list", both)
        renewed = replace(hsm.account(), certificates=(hsm.held().id, hsm.held(12).id))
        stage.agent.accounts_are(renewed)
        stage.sees_key("services.new")
