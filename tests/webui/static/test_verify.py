"""Kiểm tra chữ ký: what a person with a signed file does, and what they then know."""

from base64 import b64decode

import pytest
from playwright.sync_api import expect

from protocol import reports as wire
from protocol.errors import ProtocolError
from tests.webui.static import examples_verify as verify
from tests.webui.static.scenes_verify import FILE, choose, trust_listed
from tests.webui.static.stage import HOLD, Stage

pytestmark = pytest.mark.browser


def asked(stage: Stage) -> list[dict]:
    return [params for method, params in stage.agent.asked if method == "verify"]


class TestAFile:
    def test_is_found_from_every_screen_and_before_signing_in(self, stage: Stage) -> None:
        stage.signed_out()
        stage.open()
        stage.page.get_by_role("link", name=stage.says("verify.open")).click()

        stage.sees_key("verify.drop")

    def test_that_is_chosen_is_looked_at(self, stage: Stage) -> None:
        choose(stage, verify.answered())

        stage.sees_key("verify.verdict.valid")
        (params,) = asked(stage)
        assert params["name"] == "hợp đồng.pdf"
        assert b64decode(params["source"]["document"]) == b"%PDF-"

    def test_has_what_the_regulation_wants_to_be_shown(self, stage: Stage) -> None:
        choose(stage, verify.answered())

        report = stage.page.locator("article.report")
        for key in (
            "verify.integrity", "verify.signer", "verify.issuer", "verify.managed-by",
            "verify.signed-at", "verify.stamp", "verify.then", "certificate.validity",
        ):  # fmt: skip
            expect(report.get_by_text(stage.says(key), exact=True).first).to_be_visible()
        expect(report).to_contain_text("CÔNG TY TNHH THƯƠNG MẠI")
        expect(report).to_contain_text("OpenKySo Demo TSA")

    def test_says_why_in_the_agents_words(self, stage: Stage) -> None:
        choose(stage, verify.doubtful())

        stage.sees("Chứng thư số đã bị thu hồi trước khi ký.")
        stage.sees("Không kiểm tra được chứng thư số có bị thu hồi hay không.")
        stage.sees_key("verify.signature", n="2", of="2")

    def test_may_be_given_up(self, stage: Stage) -> None:
        choose(stage, HOLD)
        stage.agent.awaits("verify")
        stage.press("cancel")

        stage.sees_key("verify.drop")
        stage.agent.awaits("cancel")

    def test_is_followed_by_another(self, stage: Stage) -> None:
        choose(stage, verify.broken())
        stage.press("verify.another")
        choose(stage, verify.answered())

        stage.sees_key("verify.verdict.valid")

    def test_that_fails_can_be_tried_again(self, stage: Stage) -> None:
        choose(stage, ProtocolError("document_too_large"))
        expect(stage.page.get_by_role("alert")).to_be_visible()
        stage.agent.play("verify", verify.answered())
        stage.press("retry")

        stage.sees_key("verify.verdict.valid")

    def test_what_strangers_wrote_is_text(self, stage: Stage) -> None:
        evil = "<img src=x onerror=alert(1)>"
        choose(stage, verify.answered(name=evil, content=evil))

        stage.sees(evil)
        assert stage.page.locator("article.report img").count() == 0


class TestADetachedSignature:
    def test_asks_for_its_content(self, stage: Stage) -> None:
        choose(stage, verify.broken("content"), FILE | {"name": "a.pdf.p7s"})
        stage.sees_key("verify.detached")
        stage.agent.play("verify", verify.answered(kind="cms", content="a.pdf"))
        stage.page.locator("input[type=file]").first.set_input_files(
            {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"content"}
        )

        stage.sees_key("verify.verdict.valid")
        _, params = asked(stage)
        assert (params["name"], params["content_name"]) == ("a.pdf.p7s", "a.pdf")
        assert b64decode(params["content"]["document"]) == b"content"


class TestRoots:
    def test_are_for_our_own_window_alone(self, stage: Stage) -> None:
        stage.open("#/kiem-tra")
        stage.sees_key("verify.drop")

        assert "trust.list" not in stage.agent.methods()

    def test_are_removed_after_a_question(self, stage: Stage) -> None:
        trust_listed(stage)
        stage.agent.play("trust.remove", wire.TrustRemoveResult(removed=True))
        stage.press("remove")
        stage.dialog.get_by_role("button", name=stage.says("remove")).click()

        stage.sees_key("trust.removed")
        removed = [params for method, params in stage.agent.asked if method == "trust.remove"]
        assert removed == [{"certificate": "34" * 32}]

    def test_are_added_after_a_question(self, stage: Stage) -> None:
        trust_listed(stage)
        more = wire.TrustListResult(certificates=(verify.ROOT,))
        stage.agent.play("trust.add", more)
        stage.page.locator("input[accept]").set_input_files(
            {"name": "goc.pem", "mimeType": "application/x-pem-file", "buffer": b"PEM"}
        )
        stage.dialog.get_by_role("button", name=stage.says("trust.add-yes")).click()

        stage.sees_key("trust.known")
        added = [params for method, params in stage.agent.asked if method == "trust.add"]
        assert [b64decode(params["certificates"]) for params in added] == [b"PEM"]
