"""Kiểm tra chữ ký in every state: how to get there."""

from typing import Any

from playwright.sync_api import expect

from protocol import reports as wire
from protocol.errors import ProtocolError
from tests.webui.static import examples_verify as verify
from tests.webui.static.scenes import scene
from tests.webui.static.stage import HOLD, Stage

FILE: dict[str, Any] = {"name": "hợp đồng.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-"}


def choose(stage: Stage, answer: Any, file: dict[str, Any] = FILE) -> None:
    stage.agent.play("verify", answer)
    if not stage.page.url.endswith("#/kiem-tra"):
        stage.open("#/kiem-tra")
    stage.page.locator("input[type=file]").first.set_input_files(file)


@scene
def verify_nothing_yet(stage: Stage) -> None:
    stage.open("#/kiem-tra")
    stage.sees_key("verify.drop")


@scene
def verify_without_being_signed_in(stage: Stage) -> None:
    stage.signed_out()
    stage.open("#/kiem-tra")
    stage.sees_key("verify.drop")


@scene
def verify_waiting(stage: Stage) -> None:
    choose(stage, HOLD)
    expect(stage.button("cancel")).to_be_visible()


@scene
def verify_valid(stage: Stage) -> None:
    choose(stage, verify.answered())
    stage.sees_key("verify.verdict.valid")


@scene
def verify_several_and_one_revoked(stage: Stage) -> None:
    choose(stage, verify.doubtful())
    stage.sees_key("verify.verdict.invalid")


@scene
def verify_broken(stage: Stage) -> None:
    choose(stage, verify.broken())
    stage.sees_key("verify.broken")


@scene
def verify_detached(stage: Stage) -> None:
    choose(stage, verify.broken("content", "Thiếu nội dung được ký."))
    stage.sees_key("verify.detached")


@scene
def verify_unreadable(stage: Stage) -> None:
    choose(stage, ProtocolError("pdf_encrypted"))
    expect(stage.page.get_by_role("alert")).to_be_visible()


@scene
def verify_without_an_agent(stage: Stage) -> None:
    stage.agent.running = False
    choose(stage, HOLD)
    stage.sees_key("agent.absent")


@scene
def trust_listed(stage: Stage) -> None:
    stage.agent.belongs_to_our_window()
    ours = wire.TrustedCertificate(
        **{
            **{name: getattr(verify.ROOT, name) for name in verify.ROOT.__struct_fields__},
            "id": "34" * 32,
            "kind": "intermediate",
            "source": "user",
            "holder": "OpenKySo Demo CA",
        }
    )
    stage.agent.play("trust.list", wire.TrustListResult(certificates=(verify.ROOT, ours)))
    stage.open_our_window("#/kiem-tra")
    stage.sees_key("trust.title")


@scene
def trust_empty(stage: Stage) -> None:
    stage.agent.belongs_to_our_window()
    stage.agent.play("trust.list", wire.TrustListResult(certificates=()))
    stage.open_our_window("#/kiem-tra")
    stage.sees_key("trust.none")
