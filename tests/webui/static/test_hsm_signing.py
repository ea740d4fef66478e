"""Điều chỉnh IVAN and the login with a key in a service: in its own words."""

import pytest
from playwright.sync_api import expect

from protocol import messages as wire
from protocol.errors import ProtocolError
from tests.webui.static import examples, scenes, scenes_hsm
from tests.webui.static import examples_hsm as hsm
from tests.webui.static.stage import Stage, until
from webui.errors import Refused

pytestmark = pytest.mark.browser

KEPT = wire.AccountsKeepResult(account=hsm.account())
ONE = hsm.found(hsm.held())


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
