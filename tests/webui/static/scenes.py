"""Every screen and dialog, in every state that a user can meet: how to get there."""

from collections.abc import Callable
from typing import Final

from playwright.sync_api import expect

from protocol import messages as wire
from protocol.errors import ProtocolError
from tests.webui.static import examples
from tests.webui.static.stage import GONE, HOLD, Stage
from webui.backend.texts import error_body
from webui.errors import Refused

SCENES: Final[dict[str, Callable[[Stage], None]]] = {}


def scene(play: Callable[[Stage], None]) -> Callable[[Stage], None]:
    SCENES[play.__name__] = play
    return play


# --- Đăng nhập


@scene
def login(stage: Stage) -> None:
    stage.signed_out()
    stage.open()


@scene
def login_in_the_demo(stage: Stage) -> None:
    session = examples.session(
        unit=None, demo=True, scripted=True, mailbox_url="http://127.0.0.1:8621/mailbox"
    )
    stage.play("GET /api/session", session)
    stage.open()


@scene
def login_refused(stage: Stage) -> None:
    stage.play("POST /api/login", Refused("login_failed"))
    login(stage)
    stage.field("login.mst").fill(examples.MST)
    stage.field("login.password").fill("sai mật khẩu")
    stage.press("login.enter")
    expect(stage.page.get_by_role("alert")).to_be_visible()


@scene
def login_without_anything(stage: Stage) -> None:
    login(stage)
    stage.press("login.enter")
    stage.sees_key("required")


@scene
def login_with_the_token(stage: Stage) -> None:
    login(stage)
    stage.press("login.token")
    stage.sees_key("login.token-wait")


@scene
def login_without_an_agent(stage: Stage) -> None:
    stage.agent.running = False
    login(stage)
    stage.press("login.token")
    stage.sees_key("agent.absent")


@scene
def the_backend_is_not_there(stage: Stage) -> None:
    stage.play("GET /api/session", GONE)
    stage.page.goto("http://127.0.0.1:8620/")
    stage.sees_key("error.offline")


@scene
def register(stage: Stage) -> None:
    login(stage)
    stage.page.get_by_role("link", name=stage.says("register.title")).click()
    expect(stage.page.locator("h1")).to_have_text(stage.says("register.title"))


def fill_in(stage: Stage, *, mst: str) -> None:
    for input_ in stage.page.locator("main input[required]").all():
        input_.fill("1")
    stage.field("login.mst").fill(mst)


@scene
def register_with_a_wrong_mst(stage: Stage) -> None:
    refusal = Refused("mst_check_digit", field="mst", mst="9900000144")
    stage.play("POST /api/register", refusal)
    register(stage)
    fill_in(stage, mst="9900000144")
    stage.press("register.send")
    stage.sees(error_body(refusal).vi if stage.language == "vi" else error_body(refusal).en)


@scene
def register_after_the_token_has_proven_the_mst(stage: Stage) -> None:
    unknown = Refused("unit_unknown", mst=examples.MST, mst_printed=examples.MST, proof="p")
    stage.play("POST /api/login/token", unknown)
    stage.agent.play(
        "login",
        wire.LoginResult(certificate=examples.chosen(), signature=b"s", algorithm="RS256"),
    )
    login(stage)
    stage.press("login.token")
    stage.sees_key("register.proven", mst=examples.MST)


# --- the three tabs


@scene
def profile(stage: Stage) -> None:
    stage.open()
    stage.sees_key("registered.title")
    stage.sees_key("next.unsent")


@scene
def profile_empty(stage: Stage) -> None:
    stage.nothing_yet()
    stage.open()
    stage.sees_key("registered.none")


@scene
def profile_cannot_load(stage: Stage) -> None:
    stage.play("GET /api/certificates", GONE)
    stage.open()
    stage.sees_key("error.offline")


@scene
def profile_changing(stage: Stage) -> None:
    refusal = Refused("phone_malformed", field="dien_thoai")
    stage.play("PUT /api/unit", refusal)
    stage.open()
    stage.press("unit.change")
    stage.press("save")
    stage.sees(error_body(refusal).vi if stage.language == "vi" else error_body(refusal).en)


@scene
def certificates(stage: Stage) -> None:
    stage.open("#/chung-thu-so")
    stage.sees_key("certificate.state.dang-dung")


@scene
def certificates_empty(stage: Stage) -> None:
    stage.nothing_yet()
    stage.open("#/chung-thu-so")
    stage.sees_key("certificates.none")


@scene
def certificate_removing(stage: Stage) -> None:
    certificates(stage)
    stage.press("remove")
    stage.sees_key("remove.title")


@scene
def history(stage: Stage) -> None:
    stage.open("#/lich-su")
    expect(stage.page.locator("a.dossier").first).to_be_visible()


@scene
def history_empty(stage: Stage) -> None:
    stage.nothing_yet()
    stage.open("#/lich-su")
    stage.sees_key("history.none")


@scene
def history_nothing_found(stage: Stage) -> None:
    stage.nothing_yet()
    stage.open("#/lich-su")
    stage.page.get_by_role("searchbox").fill("không có")
    stage.sees_key("history.nothing")


# --- Thêm mới


def _add(stage: Stage) -> None:
    stage.open("#/chung-thu-so")
    stage.press("add.open")


@scene
def add_looking_for_the_agent(stage: Stage) -> None:
    stage.agent.play("hello", HOLD)
    _add(stage)
    stage.sees_key("agent.looking")


@scene
def add_without_an_agent(stage: Stage) -> None:
    stage.agent.running = False
    _add(stage)
    stage.sees_key("agent.absent")


@scene
def add_without_a_token(stage: Stage) -> None:
    none = wire.EventsSubscribeResult(topics=("tokens",), tokens=())
    stage.agent.play("events.subscribe", none)
    _add(stage)
    stage.sees_key("add.plug-in")


@scene
def add_choosing_in_the_agent_s_window(stage: Stage) -> None:
    stage.agent.play("certificates.select", HOLD)
    _add(stage)
    stage.sees_key("add.choosing")


@scene
def add_checking(stage: Stage) -> None:
    stage.play("POST /api/certificates/check", HOLD)
    _add(stage)
    stage.sees_key("add.checking")


@scene
def add_preview(stage: Stage) -> None:
    _add(stage)
    expect(stage.button("confirm")).to_be_visible()


@scene
def add_preview_with_unknown_revocation(stage: Stage) -> None:
    stage.play("POST /api/certificates/check", examples.certificate(revocation="unknown"))
    _add(stage)
    stage.sees_key("add.unknown")


@scene
def add_refused_by_mst(stage: Stage) -> None:
    refusal = Refused("mst_mismatch", found="0101300842", expected=examples.MST)
    stage.play("POST /api/certificates/check", refusal)
    _add(stage)
    stage.sees("0101300842")


@scene
def add_refused_by_the_user(stage: Stage) -> None:
    stage.agent.play("certificates.select", ProtocolError("user_refused", origin="x"))
    _add(stage)
    expect(stage.button("retry")).to_be_visible()


# --- Kích hoạt, Điều chỉnh IVAN


@scene
def activate(stage: Stage) -> None:
    certificates(stage)
    stage.press("activate")
    stage.sees_key("activate.text")


def open_adjust(stage: Stage) -> None:
    stage.open()
    stage.press("adjust.title")


@scene
def adjust(stage: Stage) -> None:
    open_adjust(stage)
    expect(stage.button("adjust.go")).to_be_visible()


@scene
def adjust_with_several_to_choose_from(stage: Stage) -> None:
    several = [
        examples.certificate(1),
        examples.certificate(3, state="bi-tu-choi"),
        examples.IN_USE,
    ]
    stage.play("GET /api/adjustments/new", examples.new_adjustment(candidates=several))
    open_adjust(stage)
    stage.sees_key("adjust.choose")


@scene
def adjust_with_the_one_in_use(stage: Stage) -> None:
    same = examples.new_adjustment(candidates=[examples.IN_USE])
    stage.play("GET /api/adjustments/new", same)
    adjust(stage)


@scene
def adjust_for_the_first_time(stage: Stage) -> None:
    stage.play("GET /api/adjustments/new", examples.new_adjustment(registered=None))
    adjust(stage)


@scene
def adjust_with_e_mails_that_differ(stage: Stage) -> None:
    refusal = Refused("email_differs", field="email_lap_lai")
    stage.play("POST /api/adjustments", refusal)
    adjust(stage)
    send(stage)
    stage.sees(error_body(refusal).vi if stage.language == "vi" else error_body(refusal).en)


@scene
def adjust_with_nothing_to_register(stage: Stage) -> None:
    blocked = error_body(Refused("no_certificate_to_register"))
    nothing = examples.new_adjustment(candidates=[], blocked=blocked)
    stage.play("GET /api/adjustments/new", nothing)
    open_adjust(stage)
    stage.sees(blocked.vi if stage.language == "vi" else blocked.en)


@scene
def adjust_while_another_waits(stage: Stage) -> None:
    blocked = error_body(Refused("adjustment_pending", dossier="d1"))
    waits = examples.new_adjustment(candidates=[], blocked=blocked)
    stage.play("GET /api/adjustments/new", waits)
    open_adjust(stage)
    stage.sees(blocked.vi if stage.language == "vi" else blocked.en)


def send(stage: Stage) -> None:
    stage.field("contact.email-again").fill(examples.CLERK["email"])
    stage.press("adjust.go")


@scene
def signing(stage: Stage) -> None:
    adjust(stage)
    send(stage)
    stage.agent.awaits("sign.xml")
    stage.agent.progress("waiting-for-user")
    stage.sees_key("stage.waiting-for-user")


@scene
def signing_failed(stage: Stage) -> None:
    stage.agent.play("sign.xml", ProtocolError("token_removed"))
    adjust(stage)
    send(stage)
    expect(stage.page.locator("dialog [role=alert]")).to_be_visible()


@scene
def signed_but_not_saved(stage: Stage) -> None:
    signed = wire.SignXmlResult(
        document=b"<Hoso>signed</Hoso>",
        sha256="0" * 64,
        certificate=examples.chosen(),
        signed_at=examples.NOW,
    )
    stage.agent.play("sign.xml", signed)
    stage.play("POST /api/adjustments/draft/signed", GONE)
    adjust(stage)
    send(stage)
    stage.sees_key("adjust.unsaved")


# --- a dossier


def open_dossier(stage: Stage, detail: examples.told.DossierDetail) -> None:
    stage.play("GET /api/dossiers/d1", detail)
    stage.open("#/lich-su/d1")
    stage.sees_key("dossier.timeline")


def _in_state(state: str) -> None:
    def play(stage: Stage) -> None:
        open_dossier(stage, examples.dossier(state))

    SCENES[f"dossier_{state}"] = play


for _state in examples.STATES:
    _in_state(_state)


@scene
def dossier_with_a_suspicious_receipt(stage: Stage) -> None:
    open_dossier(stage, examples.suspicious())
    stage.sees_key("receipt.aside")


@scene
def dossier_that_is_not_there(stage: Stage) -> None:
    stage.play("GET /api/dossiers/d1", Refused("dossier_unknown"))
    stage.open("#/lich-su/d1")
    expect(stage.page.get_by_role("alert")).to_be_visible()


@scene
def xml_view(stage: Stage) -> None:
    xml = "<Hoso><NoiDung><TenDonVi>CÔNG TY</TenDonVi></NoiDung><CKy_Dvi/></Hoso>"
    stage.play("GET /api/dossiers/d1/signed.xml", xml.encode())
    open_dossier(stage, examples.dossier())
    stage.press("file.open")
    expect(stage.page.locator(".paper")).to_contain_text("CÔNG TY")
