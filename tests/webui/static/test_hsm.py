"""The HSM path under a user's hands: what is asked, what is kept, and where a password never is."""

import json
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import expect

from protocol import messages as wire
from protocol.errors import ProtocolError
from tests.webui.static import examples, scenes, scenes_hsm
from tests.webui.static import examples_hsm as hsm
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


#: Wherever a page can leave something: what is shown, typed, addressed, stored and held by name.
_EVERYWHERE = """async () => {
  const stored = (store) => Object.entries({ ...store }).flat();
  const databases = (await indexedDB.databases()).map(({ name }) => name);
  const globals = Object.getOwnPropertyNames(globalThis)
    .map((name) => { try { return globalThis[name]; } catch { return ""; } })
    .filter((value) => typeof value === "string");
  return JSON.stringify([
    document.documentElement.outerHTML,
    [...document.querySelectorAll("input")].map(({ value }) => value),
    location.href, history.state, document.cookie, document.title, name,
    stored(localStorage), stored(sessionStorage), databases, await caches.keys(), globals,
    performance.getEntries().map(({ name }) => name),
  ]);
}"""


class TestThePassword:
    def test_it_is_only_in_its_field_and_on_its_way_to_the_agent(self, stage: Stage) -> None:
        said: list[str] = []
        stage.page.on("console", lambda message: said.append(message.text))
        stage.agent.play("accounts.look", ProtocolError("service_timeout", host=hsm.HOST))
        scenes_hsm.open_form(stage)
        scenes_hsm.fill_in(stage)
        assert json.dumps(hsm.PASSWORD)[1:-1] in json.dumps(stage.page.evaluate(_EVERYWHERE))
        stage.press("hsm.look")
        expect(stage.button("hsm.look")).to_be_focused()
        stage.agent.play("accounts.look", ONE)
        stage.agent.play("accounts.keep", KEPT)
        stage.press("hsm.look")
        stage.press("confirm")
        stage.sees_key("added")

        assert hsm.PASSWORD not in stage.page.evaluate(_EVERYWHERE)
        assert not any(hsm.PASSWORD in line for line in said)
        assert hsm.PASSWORD not in json.dumps(stage._asked, ensure_ascii=False)
        told = [method for method, params in stage.agent.asked if hsm.PASSWORD in str(params)]
        assert told == ["accounts.look"] * 2

    @pytest.mark.parametrize("way", ["cancel", "Escape", "Token", "signed out"])
    def test_the_field_is_emptied_however_the_dialog_ends(self, stage: Stage, way: str) -> None:
        scenes_hsm.open_form(stage)
        scenes_hsm.fill_in(stage)
        field = stage.field("hsm.password").element_handle()
        match way:
            case "cancel":
                stage.press("cancel")
            case "Escape":
                stage.page.keyboard.press("Escape")
            case "Token":
                stage.page.get_by_role("radio", name="Token").check()
            case _:
                stage.signed_out()
                stage.page.evaluate("dispatchEvent(new Event('signed-out'))")
        expect(stage.field("hsm.password")).to_have_count(0)

        assert field.evaluate("(input) => input.value") == ""

    def test_it_is_emptied_once_the_agent_has_it(self, stage: Stage) -> None:
        scenes_hsm.hsm_one_certificate(stage)
        stage.press("hsm.another")
        expect(stage.field("hsm.host")).to_have_value(hsm.HOST)
        expect(stage.field("hsm.password")).to_have_value("")

    def test_browsers_are_told_not_to_keep_what_is_typed(self, stage: Stage) -> None:
        scenes_hsm.open_form(stage)
        for key in ("hsm.host", "hsm.account", "hsm.password"):
            expect(stage.field(key)).to_have_attribute("autocomplete", "off")
        expect(stage.field("hsm.password")).to_have_attribute("type", "password")


class TestOurWindow:
    def test_another_language_greets_anew_and_keeps_the_right(self, stage: Stage) -> None:
        """The agent's windows shall speak it; a ticket is good once."""
        scenes_hsm.open_accounts(stage, hsm.account())
        stage.agent.play("certificates.select", HOLD)
        stage.page.get_by_role("button", name="English").click()
        stage.language = "en"
        stage.sees_key("services.title")
        stage.press("add.open")
        stage.page.get_by_role("radio", name="Token").check()
        stage.sees_key("add.choosing")

        hellos = [params for method, params in stage.agent.asked if method == "hello"]
        assert [(each["language"], each.get("ticket")) for each in hellos] == [
            ("vi", "abc_DEF-123"),
            ("en", None),
        ]
        stage.press("cancel")
        stage.press("services.refresh")
        stage.sees_key("services.well")


class TestAnOrdinaryTab:
    def test_it_asks_for_no_password_and_never_speaks_of_accounts(self, stage: Stage) -> None:
        scenes_hsm.hsm_in_an_ordinary_tab(stage)
        expect(stage.page.locator("input[type=password]")).to_have_count(0)
        assert not any(method.startswith("accounts.") for method in stage.agent.methods())

    def test_it_chooses_among_what_was_added(self, stage: Stage) -> None:
        scenes_hsm.hsm_chosen_among_those_added(stage)
        asked = [params for method, params in stage.agent.asked if method == "certificates.select"]
        assert asked[-1]["filter"] == {"mst": examples.MST, "place": "service"}

        stage.press("confirm")

        stage.sees_key("added")
        (added,) = stage.asked("POST /api/certificates")
        assert added["source"]["kind"] == "hsm"
        assert "name" not in added["source"]

    def test_nothing_added_yet_is_said(self, stage: Stage) -> None:
        error = ProtocolError("no_certificate")
        stage.agent.play("certificates.select", error)
        scenes_hsm.hsm_in_an_ordinary_tab(stage)
        stage.press("hsm.choose-added")
        stage.sees(error.to_wire().data.vi)
        stage.press("retry")
        stage.sees_key("hsm.elsewhere")

    def test_a_ticket_that_came_too_late_makes_it_an_ordinary_tab(self, stage: Stage) -> None:
        stage.agent.play("hello", ProtocolError("ticket_invalid"))
        stage.open_our_window("#/chung-thu-so")
        stage.press("add.open")
        stage.page.get_by_role("radio", name="HSM").check()
        stage.sees_key("hsm.elsewhere")


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


class TestSigningInAService:
    @pytest.mark.parametrize(
        "step", ["waiting-for-token", "waiting-for-user", "waiting-for-service",
                 "waiting-for-confirmation", "signing", "verifying"],
    )  # fmt: skip
    def test_no_word_of_a_usb_token(self, stage: Stage, step: str) -> None:
        registered = hsm.certificate(7, state="dang-dung")
        new = examples.new_adjustment(registered=registered, candidates=[hsm.certificate()])
        scenes_hsm.hsm_adjust(stage)
        stage.play("GET /api/adjustments/new", new)
        scenes.adjust(stage)
        assert "usb" not in stage.dialog.inner_text().lower()
        scenes.send(stage)
        stage.agent.awaits("sign.xml")
        stage.agent.progress(step)
        until(stage.page, lambda: stage.dialog.locator(".now").count(), "a step")
        assert "usb" not in stage.dialog.inner_text().lower()
        assert "token" not in stage.dialog.inner_text().lower()

    def test_the_words_follow_the_certificate_that_is_chosen(self, stage: Stage) -> None:
        both = [hsm.certificate(11), examples.certificate(1)]
        stage.play("GET /api/adjustments/new", examples.new_adjustment(candidates=both))
        scenes.adjust(stage)
        stage.page.get_by_role("radio").first.check()
        stage.sees_key("adjust.how-hsm", name="CyberHSM", host=hsm.HOST)
        stage.page.get_by_role("radio").last.check()
        stage.sees_key("adjust.how")

    def test_the_service_is_asked_before_the_user_and_after(self, stage: Stage) -> None:
        """The list never goes back: what is done stays done."""
        reached = []
        scenes_hsm.sign_at(stage, "checking")
        for step in (
            "waiting-for-service", "waiting-for-user", "waiting-for-service",
            "waiting-for-confirmation", "signing", "verifying",
        ):  # fmt: skip
            stage.agent.progress(step)
            hsm_only = {"waiting-for-user", "signing"}
            stage.sees_key(f"stage.hsm.{step}" if step in hsm_only else f"stage.{step}")
            reached.append(stage.dialog.locator("li.done").count())

        assert reached == [1, 2, 3, 3, 3, 3]

    def test_an_account_that_this_machine_lacks_is_added_and_signing_begins_anew(
        self, stage: Stage
    ) -> None:
        stage.agent.belongs_to_our_window()
        stage.agent.play("accounts.look", ONE)
        stage.agent.play("accounts.keep", KEPT)
        stage.open_our_window()
        new = examples.new_adjustment(candidates=[hsm.certificate()])
        stage.play("GET /api/adjustments/new", new)
        stage.press("adjust.title")
        scenes.send(stage)
        stage.agent.awaits("sign.xml")
        stage.agent.progress("waiting-for-token")

        stage.press("adjust.add-account")
        expect(stage.field("hsm.host")).to_have_value(hsm.HOST)
        stage.page.get_by_label("API Key", exact=True).fill("ketoan-thu")
        stage.page.get_by_label("API Secret", exact=True).fill(hsm.PASSWORD)
        stage.play("POST /api/certificates/check", Refused("certificate_exists"))
        stage.press("hsm.look")
        stage.press("confirm")

        expect(stage.button("adjust.go")).to_be_visible()
        expect(stage.field("contact.email-again")).to_have_value(examples.CLERK["email"])
        assert stage.asked("DELETE /api/adjustments/draft") == [None]
        assert stage.asked("POST /api/certificates") == []

    @pytest.mark.parametrize("code", ["no_token", "certificate_not_found"])
    def test_a_key_that_was_waited_for_in_vain_is_no_token_s(self, stage: Stage, code: str) -> None:
        stage.agent.play("sign.xml", ProtocolError(code))
        scenes_hsm.hsm_adjust(stage)
        scenes.send(stage)
        stage.sees_key("stage.hsm.waiting-for-token")
        assert ProtocolError(code).to_wire().data.vi not in stage.dialog.inner_text()
        expect(stage.button("adjust.add-account")).to_be_visible()

    def test_a_login_tells_of_the_phone(self, stage: Stage) -> None:
        scenes.login_with_the_token(stage)
        stage.agent.progress("waiting-for-confirmation", of="login")
        stage.sees_key("stage.waiting-for-confirmation")
