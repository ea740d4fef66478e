"""How the page behaves under a user's hands, and under what others put into it."""

from xml.sax.saxutils import escape

import pytest
from msgspec.structs import replace
from playwright.sync_api import expect

from protocol import messages as wire
from protocol.errors import ProtocolError
from tests.webui.static import examples, scenes
from tests.webui.static.conftest import SetTheStage
from tests.webui.static.stage import GONE, HOLD, NOT_JSON, ORIGIN, Stage, until
from tests.webui.static.test_screens import misfits
from webui.backend.messages import Certificates, Dossiers
from webui.bhxh.mst import checked
from webui.errors import Refused

pytestmark = pytest.mark.browser

SIGNED = wire.SignXmlResult(
    document=b"<Hoso>signed</Hoso>",
    sha256="0" * 64,
    certificate=examples.chosen(),
    signed_at=examples.NOW,
)


def is_outlined(stage: Stage) -> bool:
    """Whether who has the focus can see it."""
    return stage.page.evaluate(
        "(() => { const s = getComputedStyle(document.activeElement);"
        " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; })()"
    )


class TestTheKeyboardAlone:
    def goes_to(self, stage: Stage, name: str, *, exact: bool = True) -> None:
        """Tab until the control of that name has the focus, which can be seen on the way."""
        for _ in range(40):
            stage.page.keyboard.press("Tab")
            if stage.page.evaluate("document.activeElement === document.body"):
                continue  # past the last control the browser itself has its turn
            focused = stage.page.evaluate(
                """() => { const e = document.activeElement;
                   return (e.labels?.[0] ?? e).textContent.trim(); }"""
            )
            assert is_outlined(stage), focused
            if focused == name or (not exact and name in focused):
                return
        raise AssertionError(f"Tab never came to {name}")

    def test_it_leads_from_the_login_to_a_dossier_that_is_sent(self, stage: Stage) -> None:
        """Only Tab, Enter and letters; the focus is always somewhere, and always visible."""
        stage.agent.play("sign.xml", SIGNED)
        stage.play("POST /api/login", examples.unit())
        stage.signed_out()
        stage.open()
        keys = stage.page.keyboard
        expect(stage.field("login.mst")).to_be_focused()
        keys.type(examples.MST)
        keys.press("Tab")
        keys.type("mat-khau-thu")
        stage.play("GET /api/session", examples.session())
        keys.press("Enter")
        expect(stage.page.locator("h1")).to_have_text(stage.says("menu.unit"))

        self.goes_to(stage, stage.says("tab.certificates"))
        keys.press("Enter")
        stage.sees_key("add.open")
        self.goes_to(stage, stage.says("add.open"))
        keys.press("Enter")
        expect(stage.button("confirm")).to_be_visible()
        self.goes_to(stage, stage.says("confirm"))
        keys.press("Enter")
        expect(stage.dialog).to_have_count(0)
        expect(stage.button("add.open")).to_be_focused()

        self.goes_to(stage, stage.says("activate"))
        keys.press("Enter")
        stage.sees_key("activate.text")
        self.goes_to(stage, stage.says("adjust.title"))
        keys.press("Enter")
        expect(stage.field("contact.email-again")).to_be_focused()
        keys.type(examples.CLERK["email"])
        keys.press("Enter")

        expect(stage.page).to_have_url(f"{ORIGIN}/#/lich-su/d1")
        (sent,) = stage.asked("POST /api/adjustments")
        assert sent["email_lap_lai"] == examples.CLERK["email"]
        assert len(stage.asked("POST /api/adjustments/draft/signed")) == 1

    def test_the_focus_stays_in_the_dialog_and_goes_back_after_escape(self, stage: Stage) -> None:
        stage.open("#/chung-thu-so")
        stage.sees_key("certificate.state.dang-dung")
        self.goes_to(stage, stage.says("activate"))
        stage.page.keyboard.press("Enter")
        for _ in range(6):
            stage.page.keyboard.press("Tab")
            assert stage.page.evaluate(
                "document.activeElement === document.body"
                " || !!document.activeElement.closest('dialog')"
            )

        stage.page.keyboard.press("Escape")

        expect(stage.dialog).to_have_count(0)
        expect(stage.button("activate").first).to_be_focused()

    def test_the_focus_goes_back_although_the_list_was_made_anew_meanwhile(
        self, stage: Stage
    ) -> None:
        stage.open("#/chung-thu-so")
        stage.press("activate")
        before = len(stage.asked("GET /api/certificates"))
        stage.news(type="certificates")
        asked = "GET /api/certificates"
        until(stage.page, lambda: len(stage.asked(asked)) > before, "the list to be asked anew")

        stage.page.keyboard.press("Escape")

        expect(stage.button("activate").first).to_be_focused()

    def test_news_do_not_take_the_focus_from_a_list(self, stage: Stage) -> None:
        stage.open("#/lich-su")
        third = stage.page.locator("a.dossier").nth(2)
        third.focus()
        stage.play("GET /api/dossiers", examples.history(total=26))
        stage.news(type="dossier", id="d1")
        until(
            stage.page,
            lambda: len(stage.asked("GET /api/dossiers")) > 1,
            "the list to be asked anew",
        )
        expect(third).to_be_focused()

    def test_escape_twice_while_the_token_signs_cancels_and_keeps_the_dialog(
        self, stage: Stage
    ) -> None:
        """Browsers let a second Escape close a dialog whatever the page says of the first."""
        scenes.signing(stage)

        stage.page.keyboard.press("Escape")
        stage.page.keyboard.press("Escape")

        until(stage.page, lambda: "cancel" in stage.agent.methods(), "the agent to be told")
        expect(stage.button("adjust.go")).to_be_focused()
        assert stage.asked("DELETE /api/adjustments/draft") == [None]
        assert stage.asked("POST /api/adjustments/draft/signed") == []


class TestPressingTwice:
    """The second click of a double click never does anything."""

    def test_login(self, stage: Stage) -> None:
        stage.play("POST /api/login", HOLD)
        scenes.login(stage)
        stage.field("login.mst").fill(examples.MST)
        stage.field("login.password").fill("x")
        stage.button("login.enter").dblclick()
        until(stage.page, lambda: stage.asked("POST /api/login"), "the page to ask")
        assert len(stage.asked("POST /api/login")) == 1

    def test_register(self, stage: Stage) -> None:
        stage.play("POST /api/register", HOLD)
        scenes.register(stage)
        scenes.fill_in(stage, mst=examples.MST)
        stage.button("register.send").dblclick()
        assert len(stage.asked("POST /api/register")) == 1

    def test_logout(self, stage: Stage) -> None:
        stage.play("POST /api/logout", HOLD)
        stage.open()
        stage.button("logout").dblclick()
        assert len(stage.asked("POST /api/logout")) == 1

    def test_save(self, stage: Stage) -> None:
        stage.play("PUT /api/unit", HOLD)
        stage.open()
        stage.press("unit.change")
        stage.button("save").dblclick()
        assert len(stage.asked("PUT /api/unit")) == 1

    def test_add_opens_one_dialog(self, stage: Stage) -> None:
        stage.open("#/chung-thu-so")
        stage.button("add.open").dblclick()
        expect(stage.button("confirm")).to_be_visible()
        expect(stage.dialog).to_have_count(1)
        assert stage.agent.methods().count("certificates.select") == 1

    def test_confirm(self, stage: Stage) -> None:
        stage.play("POST /api/certificates", HOLD)
        scenes.add_preview(stage)
        stage.button("confirm").dblclick()
        assert len(stage.asked("POST /api/certificates")) == 1

    def test_activate_and_what_opens_under_the_mouse(self, stage: Stage) -> None:
        """The next dialog may have its Hủy bỏ just where the second click falls."""
        stage.play("GET /api/adjustments/new", HOLD)
        scenes.activate(stage)
        stage.dialog.get_by_role("button", name=stage.says("adjust.title")).dblclick()
        expect(stage.dialog).to_have_count(1)
        stage.sees_key("loading")

    def test_sign_and_send(self, stage: Stage) -> None:
        stage.agent.play("sign.xml", SIGNED)
        stage.play("POST /api/adjustments/draft/signed", HOLD)
        scenes.adjust(stage)
        stage.field("contact.email-again").fill(examples.CLERK["email"])
        stage.button("adjust.go").dblclick()
        stage.sees_key("stage.storing")
        assert len(stage.asked("POST /api/adjustments")) == 1
        assert stage.agent.methods().count("sign.xml") == 1
        assert len(stage.asked("POST /api/adjustments/draft/signed")) == 1

    def test_send_now(self, stage: Stage) -> None:
        stage.play("POST /api/dossiers/d1/send-now", HOLD)
        scenes.open_dossier(stage, examples.dossier("cho-gui-lai"))
        stage.button("dossier.send-now").dblclick()
        assert len(stage.asked("POST /api/dossiers/d1/send-now")) == 1

    def test_remove(self, stage: Stage) -> None:
        stage.play(f"DELETE /api/certificates/{examples.certificate().id}", HOLD)
        stage.open("#/chung-thu-so")
        stage.press("remove")
        stage.dialog.get_by_role("button", name=stage.says("remove")).dblclick()
        path = f"DELETE /api/certificates/{examples.certificate().id}"
        until(stage.page, lambda: stage.asked(path), "the removal")
        assert len(stage.asked(path)) == 1


HOSTILE = {
    "markup": "<img src=x onerror=\"document.title='owned'\"><script>alert(1)</script>",
    "right to left": "\u202egnp.TYGNOC\u202c \u2066\u202eHSHB\u2069",
    "one long word": "W" * 400,
    "many lines": "a\n" * 300 + "\u0000\ufeff",
    "combining": "e" + "\u0301" * 200,
}


class TestWhatOthersWrite:
    @pytest.fixture(params=HOSTILE.values(), ids=HOSTILE)
    def text(self, request: pytest.FixtureRequest) -> str:
        return request.param

    def test_it_stays_text_and_breaks_no_screen(self, stage: Stage, text: str) -> None:
        """From certificates, from BHXH, from the profile."""
        certificate = examples.certificate(
            state="bi-tu-choi", holder=text, issuer=text, serial=text, reason=text,
            source=examples.told.TokenSource(label=text[:100]),
        )  # fmt: skip
        in_xml = text.replace("\u0000", "")
        unit = examples.unit(ten_don_vi=text, dia_chi=text, nguoi_lien_he=text, email=text)
        words = examples.step("refused", 4, text)
        detail = replace(
            examples.dossier("tu-choi"),
            certificate=certificate, so_ho_so=text, result_text=text, timeline=[words],
        )  # fmt: skip
        history = Dossiers(dossiers=[examples.brief(detail)], total=1, page=1, page_size=20)
        stage.play("GET /api/session", examples.session(unit=unit))
        stage.play("GET /api/certificates", Certificates(certificates=[certificate]))
        stage.play("GET /api/dossiers", history)
        stage.play("GET /api/dossiers/d1", detail)
        stage.play("GET /api/dossiers/d1/signed.xml", f"<a><b>{escape(in_xml)}</b></a>".encode())
        stage.play(
            "GET /api/adjustments/new",
            examples.new_adjustment(registered=certificate, candidates=[certificate]),
        )
        for place in ("#/don-vi", "#/chung-thu-so", "#/lich-su", "#/lich-su/d1"):
            stage.open(place)
            expect(stage.page.locator("main .waiting")).to_have_count(0)
            assert misfits(stage.page) == [], place
            assert stage.page.locator("main img, main script").count() == 0
        stage.open("#/don-vi")
        stage.press("adjust.title")
        expect(stage.button("adjust.go")).to_be_visible()
        assert misfits(stage.page) == []
        stage.page.keyboard.press("Escape")
        stage.open("#/lich-su/d1")
        stage.press("file.open")
        expect(stage.page.locator(".paper")).to_be_visible()
        assert misfits(stage.page) == []
        stage.press("file.plain")
        expect(stage.page.locator("pre.xml")).to_be_visible()
        assert misfits(stage.page) == []
        assert "owned" not in stage.page.title()

    def test_a_receipt_that_is_no_xml_is_shown_as_the_text_it_is(
        self, stage: Stage, text: str
    ) -> None:
        stage.play("GET /api/dossiers/d1/signed.xml", f"<a>{text}".encode())
        scenes.open_dossier(stage, examples.dossier())
        stage.press("file.open")
        expect(stage.page.locator("pre.xml")).to_contain_text("<a>")
        assert stage.page.locator("dialog img, dialog script").count() == 0
        # The browser's own report of the parser's error has a style, which our policy refuses.
        assert all("style-src-attr" in mistake for mistake in stage.mistakes)
        stage.mistakes.clear()

    def test_an_error_from_the_agent_stays_text(self, stage: Stage, text: str) -> None:
        stage.agent.play("certificates.select", ProtocolError("user_refused", origin=text))
        stage.open("#/chung-thu-so")
        stage.press("add.open")
        expect(stage.button("retry")).to_be_visible()
        assert misfits(stage.page) == []
        assert stage.page.locator("dialog img, dialog script").count() == 0

    def test_an_address_stays_an_address(self, stage: Stage) -> None:
        for tricky in ("..%2F..%2Flogout", "%E0%A4%A", "d1?x=1", "<b>"):
            stage.open(f"#/lich-su/{tricky}")
            expect(stage.page.locator("a.dossier").first).to_be_visible()
        paths = {asked for asked, _ in stage._asked if "dossiers" in asked}
        assert paths == {"GET /api/dossiers"}


class TestTheBackendGoesAway:
    def test_a_stream_that_drops_comes_back_and_the_screen_is_fresh(self, stage: Stage) -> None:
        """Every answer of the stage ends the stream, so that each line here is a new connection."""
        scenes.open_dossier(stage, examples.dossier("da-nhan"))
        for state in ("tu-choi", "chap-nhan"):
            stage.play("GET /api/dossiers/d1", examples.dossier(state))
            stage.news(type="dossier", id="d1")
            expect(stage.page.locator("main .badge").first).to_have_text(
                stage.says(f"dossier.state.{state}")
            )

    def test_a_stream_that_the_browser_gave_up_is_begun_anew(self, stage: Stage) -> None:
        """As after "too many windows": a status other than 200 ends it for good."""
        stage.play("GET /api/events", Refused("too_many_streams"))
        stage.open("#/lich-su/d1")
        stage.sees_key("dossier.timeline")
        stage.play("GET /api/dossiers/d1", examples.dossier("chap-nhan"))

        stage.play("GET /api/events", None)

        expect(stage.page.locator("main .badge").first).to_have_text(
            stage.says("dossier.state.chap-nhan")
        )

    @pytest.mark.parametrize("failure", [GONE, NOT_JSON, Refused("internal_error")])
    def test_a_screen_that_could_not_load_loads_by_try_again(
        self, stage: Stage, failure: object
    ) -> None:
        stage.play("GET /api/certificates", failure)
        stage.open("#/chung-thu-so")
        expect(stage.page.get_by_role("alert")).to_be_visible()

        stage.play("GET /api/certificates", examples.CERTIFICATES)
        stage.press("retry")

        stage.sees_key("certificate.state.dang-dung")

    @pytest.mark.parametrize("failure", [GONE, NOT_JSON, Refused("internal_error")])
    def test_what_was_signed_is_kept_until_it_is_saved(self, stage: Stage, failure: object) -> None:
        stage.agent.play("sign.xml", SIGNED)
        stage.play("POST /api/adjustments/draft/signed", failure)
        scenes.adjust(stage)
        scenes.send(stage)
        stage.sees_key("adjust.unsaved")

        stage.play("POST /api/adjustments/draft/signed", examples.brief(examples.dossier()))
        stage.press("retry")

        expect(stage.page).to_have_url(f"{ORIGIN}/#/lich-su/d1")
        assert stage.agent.methods().count("sign.xml") == 1
        first, second = stage.asked("POST /api/adjustments/draft/signed")
        assert first == second
        assert stage.asked("DELETE /api/adjustments/draft") == []

    def test_a_session_that_is_over_leads_to_the_login(self, stage: Stage) -> None:
        stage.open()
        stage.signed_out()
        stage.play("GET /api/certificates", Refused("not_signed_in"))
        stage.page.get_by_role("link", name=stage.says("tab.certificates"), exact=True).click()
        expect(stage.page.locator("h1")).to_have_text(stage.says("login.title"))


class TestTheAgent:
    def test_the_ticket_leaves_the_address_at_once_and_is_used_once(self, stage: Stage) -> None:
        stage.open("#ticket=abc_DEF-123")
        assert stage.page.url == f"{ORIGIN}/"
        assert stage.page.evaluate("history.length") <= 2
        stage.agent.awaits("hello")  # at once, since it is good for a minute only
        assert stage.agent.methods() == ["hello"]  # nobody is asked before the user wants something

        stage.page.get_by_role("link", name=stage.says("tab.certificates"), exact=True).click()
        stage.press("add.open")
        expect(stage.button("confirm")).to_be_visible()
        stage.agent.hang_up()
        stage.press("cancel")
        stage.press("add.open")
        expect(stage.button("confirm")).to_be_visible()

        hellos = [params for method, params in stage.agent.asked if method == "hello"]
        assert [params.get("ticket") for params in hellos] == ["abc_DEF-123", None]

    def test_a_token_plugged_in_lights_the_dialog_up(self, stage: Stage) -> None:
        scenes.add_without_a_token(stage)
        stage.agent.plug_in(examples.token())
        expect(stage.button("confirm")).to_be_visible()

    def test_a_connection_lost_while_signing_is_said_and_can_be_tried_again(
        self, stage: Stage
    ) -> None:
        scenes.signing(stage)
        stage.agent.hang_up()
        expect(stage.page.locator("dialog [role=alert]")).to_be_visible()
        assert stage.asked("DELETE /api/adjustments/draft") == [None]

        stage.agent.play("sign.xml", SIGNED)
        stage.press("adjust.go")

        expect(stage.page).to_have_url(f"{ORIGIN}/#/lich-su/d1")

    def test_cancel_while_choosing_closes_the_agent_s_window(self, stage: Stage) -> None:
        scenes.add_choosing_in_the_agent_s_window(stage)
        stage.press("cancel")
        until(stage.page, lambda: "cancel" in stage.agent.methods(), "the agent to be told")
        expect(stage.dialog).to_have_count(0)

    def test_cancel_while_asked_about_the_site_closes_that_question_too(self, stage: Stage) -> None:
        stage.agent.play(
            "hello",
            wire.HelloResult(
                protocol=1, product="OpenKySo", version="1", rights=wire.Rights.NONE,
                origin=ORIGIN, capabilities=(),
            ),
        )  # fmt: skip
        stage.agent.play("site.request", HOLD)
        scenes.login(stage)
        stage.press("login.token")
        stage.agent.awaits("site.request")
        stage.press("cancel")
        until(stage.page, lambda: "cancel" in stage.agent.methods(), "the agent to be told")
        expect(stage.button("login.token")).to_be_focused()


class TestNotices:
    @pytest.mark.parametrize("state", ["chap-nhan", "tu-choi"])
    def test_a_decision_is_told_on_the_desktop_once(
        self, set_the_stage: SetTheStage, state: str
    ) -> None:
        """The permission is real; only the display is the test's."""
        stage = set_the_stage(permissions=["notifications"])
        stage.page.add_init_script(
            """globalThis.shown = [];
            globalThis.Notification = class extends Notification {
              constructor(title, options) {
                super(title, options);
                shown.push([title, options.body]);
              }
            };"""
        )
        stage.open()
        assert stage.page.evaluate("Notification.permission") == "granted"
        stage.play("GET /api/dossiers/d1", examples.dossier(state))

        stage.news(type="dossier", id="d1")

        until(stage.page, lambda: stage.page.evaluate("shown.length"), "the notice")
        stage.news(type="dossier", id="d1")
        until(stage.page, lambda: len(stage.asked("GET /api/certificates")) >= 3, "the second news")
        ((title, body),) = stage.page.evaluate("shown")
        key = "decision.accepted" if state == "chap-nhan" else "decision.refused"
        assert title == "OpenKySo"
        assert body == stage.says(key, words=examples.dossier(state).result_text or "")
        stage.sees(body)


class TestTheMstAtRegistration:
    @pytest.mark.parametrize(
        "typed",
        [
            "0101300842", "0100233488", "0101300842-001", "0101300842001", "012345678901",
            "0101300843", "010130084", "01013008420", "abc", "0101300842-01", " 0101300842 ",
            "9900000143", "9900000144",
        ],
    )  # fmt: skip
    def test_it_judges_as_the_backend_does(self, stage: Stage, typed: str) -> None:
        scenes.login(stage)
        said = stage.page.evaluate(
            "async (typed) => (await import('/lib/mst.js')).mistakeInMst(typed)", typed
        )
        assert said == _backend_s_verdict(typed)

    def test_it_is_said_as_the_user_leaves_the_field_and_not_before(self, stage: Stage) -> None:
        scenes.register(stage)
        field = stage.field("login.mst")
        field.press_sequentially("9900000144")
        expect(field).not_to_have_attribute("aria-invalid", "true")

        stage.page.keyboard.press("Tab")

        expect(field).to_have_attribute("aria-invalid", "true")
        stage.sees_key("mst.check-digit")
        field.fill("9900000143")
        stage.page.keyboard.press("Tab")
        expect(field).not_to_have_attribute("aria-invalid", "true")
        expect(stage.page.get_by_text(stage.says("mst.check-digit"))).to_have_count(0)


def _backend_s_verdict(typed: str) -> str | None:
    try:
        checked(typed)
    except Refused as refused:
        return refused.code.removeprefix("mst_").replace("_", "-")
    return None


class TestWhichCertificate:
    def test_a_new_one_is_chosen_before_the_one_in_use(self, stage: Stage) -> None:
        both = [examples.IN_USE, examples.certificate(1)]
        stage.play("GET /api/adjustments/new", examples.new_adjustment(candidates=both))
        stage.nothing_yet()
        stage.open()
        stage.press("adjust.title")

        expect(stage.page.get_by_role("radio").nth(1)).to_be_checked()

    def test_that_it_is_the_one_in_use_is_said_plainly(self, stage: Stage) -> None:
        both = [examples.IN_USE, examples.certificate(1)]
        stage.play("GET /api/adjustments/new", examples.new_adjustment(candidates=both))
        scenes.adjust(stage)
        expect(stage.page.get_by_text(stage.says("adjust.same"))).to_have_count(0)

        stage.page.get_by_role("radio").first.check()

        stage.sees_key("adjust.same")
        stage.sees_key("adjust.same-text")
        expect(stage.dialog.get_by_text(stage.says("adjust.new"), exact=True)).to_have_count(0)
