"""Keys in signing services: every state of the HSM path that a user can meet."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from playwright.sync_api import expect

from protocol import messages as wire
from protocol.errors import ProtocolError
from tests.webui.static import examples, scenes
from tests.webui.static import examples_hsm as hsm
from tests.webui.static.scenes import scene
from tests.webui.static.stage import GONE, HOLD, Stage
from webui.errors import Refused

#: What the backend says of the certificates of `several`.
VERDICTS: Mapping[int, Any] = {
    11: examples.certificate(11),
    12: examples.certificate(12, revocation="unknown"),
    13: Refused("mst_mismatch", found="0101300842", expected=examples.MST),
    14: Refused("certificate_expired", date="01/02/2026"),
    15: Refused("certificate_revoked"),
    16: Refused("certificate_untrusted"),
}


def judging(verdicts: Mapping[int, Any]) -> Callable[[dict[str, str]], Any]:
    def judge(asked: dict[str, str]) -> Any:
        number = b64decode(asked["certificate"]).split()[-1]
        return verdicts[int(number)] if number.isdigit() else examples.certificate()

    return judge


def several() -> wire.AccountsLookResult:
    return hsm.found(
        hsm.held(13, holder="CÔNG TY KHÁC", mst=("0101300842",)),
        hsm.held(14, not_after=examples.NOW - timedelta(days=90)),
        hsm.held(11),
        hsm.held(15),
        hsm.held(16),
        hsm.held(12),
    )


# --- Thêm mới → HSM: the form


def open_form(stage: Stage) -> None:
    stage.agent.belongs_to_our_window()
    stage.open_our_window("#/chung-thu-so")
    stage.press("add.open")
    stage.page.get_by_role("radio", name="HSM").check()
    expect(stage.field("hsm.host")).to_be_focused()


def fill_in(stage: Stage, *, host: str = hsm.HOST) -> None:
    stage.field("hsm.host").fill(host)
    stage.field("hsm.account").fill("ketoan-thu")
    stage.field("hsm.password").fill(hsm.PASSWORD)


def look(stage: Stage, answer: Any, verdicts: Mapping[int, Any] = VERDICTS) -> None:
    stage.play("POST /api/certificates/check", judging(verdicts))
    stage.agent.play("accounts.look", answer)
    open_form(stage)
    fill_in(stage)
    stage.press("hsm.look")


@scene
def hsm_form(stage: Stage) -> None:
    open_form(stage)


@scene
def hsm_form_of_a_provider_with_fields_of_its_own(stage: Stage) -> None:
    open_form(stage)
    stage.field("hsm.provider").select_option("smartca")
    label = "Mã đối tác" if stage.language == "vi" else "Partner ID"
    expect(stage.page.get_by_label(label, exact=True)).to_be_visible()


@scene
def hsm_form_without_anything(stage: Stage) -> None:
    open_form(stage)
    stage.press("hsm.look")
    stage.sees_key("required")


@scene
def hsm_in_an_ordinary_tab(stage: Stage) -> None:
    stage.open("#/chung-thu-so")
    stage.press("add.open")
    stage.page.get_by_role("radio", name="HSM").check()
    stage.sees_key("hsm.elsewhere")


@scene
def hsm_chosen_among_those_added(stage: Stage) -> None:
    chosen = wire.CertificatesSelectResult(certificate=hsm.held())
    stage.agent.play("certificates.select", chosen)
    hsm_in_an_ordinary_tab(stage)
    stage.press("hsm.choose-added")
    stage.sees("HSM – CyberHSM (api.cyberhsm.vn)")


@scene
def hsm_asking(stage: Stage) -> None:
    look(stage, HOLD)
    stage.sees_key("hsm.asking", host=hsm.HOST)


def _refused_with(code: str) -> None:
    def play(stage: Stage) -> None:
        error = ProtocolError(code, host=hsm.HOST)
        look(stage, error)
        said = error.to_wire().data
        stage.sees(said.vi if stage.language == "vi" else said.en)

    scenes.SCENES[f"hsm_{code}"] = play


for _code in (
    "account_refused", "account_expired", "service_unknown", "service_tls",
    "service_timeout", "service_not_recognised",
):  # fmt: skip
    _refused_with(_code)


# --- what the account holds


@scene
def hsm_one_certificate(stage: Stage) -> None:
    look(stage, hsm.found(hsm.held()))
    expect(stage.button("confirm")).to_be_focused()


@scene
def hsm_several_certificates(stage: Stage) -> None:
    look(stage, several())
    expect(stage.page.get_by_role("radio", checked=True)).to_be_focused()


@scene
def hsm_no_certificate_that_fits(stage: Stage) -> None:
    look(stage, hsm.found(hsm.held(13, mst=("0101300842",))))
    stage.sees_key("hsm.none-fits")


@scene
def hsm_no_certificate(stage: Stage) -> None:
    look(stage, hsm.found())
    stage.sees_key("hsm.none")


@scene
def hsm_a_certificate_that_is_in_the_list(stage: Stage) -> None:
    look(stage, hsm.found(hsm.held()), {11: Refused("certificate_exists")})
    stage.sees_key("hsm.known")


@scene
def hsm_keeping(stage: Stage) -> None:
    stage.agent.play("accounts.keep", HOLD)
    hsm_one_certificate(stage)
    stage.press("confirm")
    stage.sees_key("hsm.keeping")


@scene
def hsm_kept_but_not_added(stage: Stage) -> None:
    stage.agent.play("accounts.keep", wire.AccountsKeepResult(account=hsm.account()))
    stage.play("POST /api/certificates", GONE)
    hsm_one_certificate(stage)
    stage.press("confirm")
    stage.sees_key("error.offline")


# --- the tab Chứng thư số


def open_accounts(
    stage: Stage, *accounts: wire.Account, held: tuple[wire.Certificate, ...] = ()
) -> None:
    listed = examples.told.Certificates(certificates=[hsm.certificate()])
    stage.play("GET /api/certificates", listed)
    stage.agent.belongs_to_our_window(*accounts, held=held)
    stage.open_our_window("#/chung-thu-so")
    stage.sees_key("services.title")


@scene
def hsm_accounts(stage: Stage) -> None:
    refused = hsm.account(2, problem="account_refused", name="minhhoa", certificates=())
    stuck = hsm.account(3, problem="service_tls", checked_at=None, host="[::1]:9444")
    open_accounts(stage, hsm.account(), refused, stuck)


@scene
def hsm_account_forgetting(stage: Stage) -> None:
    open_accounts(stage, hsm.account())
    stage.page.locator(".accounts").get_by_role("button", name=stage.says("remove")).click()
    stage.sees_key("services.forget")


@scene
def hsm_a_new_certificate_at_the_service(stage: Stage) -> None:
    open_accounts(stage, hsm.account(), held=(hsm.held(), hsm.held(12)))
    stage.sees_key("services.new")


@scene
def hsm_adding_the_new_certificate(stage: Stage) -> None:
    hsm_a_new_certificate_at_the_service(stage)
    stage.play("POST /api/certificates/check", judging(VERDICTS))
    stage.press("services.add")
    expect(stage.button("confirm")).to_be_visible()


@scene
def hsm_certificates_in_an_ordinary_tab(stage: Stage) -> None:
    listed = examples.told.Certificates(certificates=[hsm.certificate()])
    stage.play("GET /api/certificates", listed)
    stage.open("#/chung-thu-so")
    stage.sees_key("services.elsewhere")


# --- Kích hoạt, Điều chỉnh IVAN with a key in a service


@scene
def hsm_activate(stage: Stage) -> None:
    hsm_certificates_in_an_ordinary_tab(stage)
    stage.press("activate")
    stage.sees_key("activate.next-hsm")


@scene
def hsm_adjust(stage: Stage) -> None:
    new = examples.new_adjustment(candidates=[hsm.certificate()])
    stage.play("GET /api/adjustments/new", new)
    scenes.adjust(stage)


def sign_at(stage: Stage, step: str) -> None:
    hsm_adjust(stage)
    scenes.send(stage)
    stage.agent.awaits("sign.xml")
    stage.agent.progress(step)


@scene
def hsm_signing_without_its_account(stage: Stage) -> None:
    sign_at(stage, "waiting-for-token")
    stage.sees_key("stage.hsm.waiting-for-token")


@scene
def hsm_signing_waits_for_the_user(stage: Stage) -> None:
    sign_at(stage, "waiting-for-user")
    stage.sees_key("stage.hsm.waiting-for-user")


@scene
def hsm_signing_waits_for_the_service(stage: Stage) -> None:
    sign_at(stage, "waiting-for-service")
    stage.sees_key("stage.waiting-for-service")


@scene
def hsm_signing_waits_for_the_phone(stage: Stage) -> None:
    sign_at(stage, "waiting-for-confirmation")
    stage.sees_key("stage.waiting-for-confirmation")


def _signing_failed_with(code: str) -> None:
    def play(stage: Stage) -> None:
        stage.agent.play("sign.xml", ProtocolError(code, host=hsm.HOST))
        hsm_adjust(stage)
        scenes.send(stage)
        stage.sees_key("hsm.nothing-signed")

    scenes.SCENES[f"hsm_signing_{code}"] = play


for _code in ("otp_incorrect", "phone_rejected", "phone_timeout", "service_wrong_signature"):
    _signing_failed_with(_code)
