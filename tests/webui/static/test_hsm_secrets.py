"""Where a password never is, who may type one, and what services may write."""

import json

import pytest
from msgspec.structs import replace
from playwright.sync_api import expect

from protocol import messages as wire
from protocol.errors import ProtocolError
from protocol.version import PORTS
from tests.webui.static import examples, scenes_hsm
from tests.webui.static import examples_hsm as hsm
from tests.webui.static.conftest import SetTheStage
from tests.webui.static.stage import HOLD, ORIGIN, Stage
from tests.webui.static.test_screens import misfits
from tests.webui.static.test_use import HOSTILE

pytestmark = pytest.mark.browser

KEPT = wire.AccountsKeepResult(account=hsm.account())
ONE = hsm.found(hsm.held())


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
    def test_it_goes_to_the_agent_that_gave_its_ticket(self, stage: Stage) -> None:
        """Several users of one machine have one each: the first found may be another's."""
        stage.open(f"#ticket=abc_DEF-123&agent={PORTS[2]}")
        stage.agent.awaits("hello")
        assert stage.page.url == f"{ORIGIN}/"
        assert stage.agent.met_at == [PORTS[2]]

    @pytest.mark.parametrize("port", ["22", "0", "14517999999", f"{PORTS[1]}@evil.example"])
    def test_it_goes_nowhere_else(self, stage: Stage, port: str) -> None:
        stage.open(f"#ticket=abc_DEF-123&agent={port}")
        assert stage.page.url == f"{ORIGIN}/"
        stage.page.get_by_role("link", name=stage.says("tab.certificates"), exact=True).click()
        stage.press("add.open")
        expect(stage.button("confirm")).to_be_visible()
        assert set(stage.agent.met_at) == {PORTS[0]}

    def test_an_agent_that_is_elsewhere_now_is_looked_for(self, stage: Stage) -> None:
        stage.open(f"#ticket=abc_DEF-123&agent={PORTS[2]}")
        stage.agent.awaits("hello")
        stage.agent.gone_from = PORTS[2]
        stage.agent.hang_up()
        stage.page.get_by_role("link", name=stage.says("tab.certificates"), exact=True).click()
        stage.press("add.open")

        expect(stage.button("confirm")).to_be_visible()
        assert stage.agent.met_at == [PORTS[2], PORTS[0]]

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

    def test_linux_may_have_no_window_of_its_own_but_has_a_terminal(
        self, set_the_stage: SetTheStage
    ) -> None:
        linux = set_the_stage(user_agent="Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0")
        windows = set_the_stage(user_agent="Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/140.0")
        for stage in (linux, windows):
            scenes_hsm.hsm_in_an_ordinary_tab(stage)
        expect(linux.dialog.get_by_text("kyso-agent accounts add")).to_be_visible()
        expect(windows.dialog.get_by_text("kyso-agent accounts add")).to_have_count(0)

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


class TestWhatServicesWrite:
    @pytest.fixture(params=HOSTILE.values(), ids=HOSTILE)
    def text(self, request: pytest.FixtureRequest) -> str:
        return request.param

    def nothing_broke(self, stage: Stage) -> None:
        assert misfits(stage.page) == []
        assert stage.page.locator("main img, main script, dialog img, dialog script").count() == 0
        assert "owned" not in stage.page.title()

    def test_names_of_certificates_and_services_stay_text(self, stage: Stage, text: str) -> None:
        good = hsm.held(11, holder=text, serial=text, issuer=text)
        bad = hsm.held(13, holder=text, serial=text, issuer=text, mst=(text[:100],))
        found = replace(hsm.found(good, bad), provider_name=text, host=text)
        scenes_hsm.look(stage, found)
        expect(stage.page.locator(".held")).to_have_count(2)
        self.nothing_broke(stage)

    def test_accounts_and_news_stay_text(self, stage: Stage, text: str) -> None:
        account = hsm.account(name=text, host=text, provider_name=text, problem=text)
        service = wire.Service(provider="x", provider_name=text, host=text)
        new = hsm.held(12, holder=text, serial=text, issuer=text, service=service)
        scenes_hsm.open_accounts(stage, account, held=(new,))
        stage.sees_key("services.new")
        self.nothing_broke(stage)
        stage.page.locator(".accounts").get_by_role("button", name=stage.says("remove")).click()
        expect(stage.dialog).to_be_visible()
        self.nothing_broke(stage)

    def test_a_provider_s_words_stay_text(self, stage: Stage, text: str) -> None:
        words = wire.Words(vi=text, en=text)
        field = wire.ProviderField(name=text[:32], label=words, required=True, secret=True)
        odd = wire.Provider(
            id="odd", name=text, account=words, password=words, fields=(field,), hosts=(text,)
        )
        scenes_hsm.open_form(stage)
        stage.press("cancel")
        stage.agent.play("providers.list", wire.ProvidersListResult(providers=(odd,)))
        stage.press("add.open")
        stage.page.get_by_role("radio", name="HSM").check()
        stage.field("hsm.provider").select_option("odd")
        self.nothing_broke(stage)
        stage.press("hsm.look")
        stage.sees_key("required")
