"""The words: both languages have the same, the page uses no others, and none lies unused."""

import json
import re

import pytest
from playwright.sync_api import expect

from protocol.errors import ERRORS as AGENT_ERRORS
from protocol.errors import ProtocolError
from protocol.messages import CertificateState as StateOfCertificate
from protocol.messages import Stage as StageOfSigning
from tests.webui.static import examples
from tests.webui.static.conftest import SetTheStage
from tests.webui.static.stage import ROOT, STATIC, Stage, words
from webui.backend.texts import ERRORS as BACKEND_ERRORS
from webui.backend.texts import error_body
from webui.errors import Refused
from webui.filing.states import CertificateState, DossierState

SCRIPTS = sorted(STATIC.rglob("*.js"))
STATIONS = ["reach", "plug-in", "choose", "check"]
SITUATIONS = ["unsent", "refused", "pending", "none", "soon", "well"]
#: Those without words of their own are named by their code.
SERVICE_PROBLEMS = [
    "other",
    *(code for code in AGENT_ERRORS if f"services.problem.{code}" in words("vi")),
]
#: What the placeholder of a key made of parts may be.
PARTS = {
    "certificate.state.${state}": list(CertificateState),
    "certificate.state.${each.state}": list(CertificateState),
    "dossier.state.${state}": list(DossierState),
    "dossier.state.${each}": list(DossierState),
    "dossier.say.${dossier.state}": list(DossierState),
    "dossier.more.${dossier.state}": list(DossierState),
    "dossier.step.${name}": ["signed", "sent", "received", "decided"],
    "next.${kind}": SITUATIONS,
    "next.${kind}-text": SITUATIONS,
    "add.step.${name}": STATIONS,
    "sign.step.${one}": ["agent", "checking", "waiting-for-user", "signing", "storing"],
    "sign.step.hsm.${one}": ["waiting-for-user", "signing"],
    'stage.${stage in STAGES ? stage : "agent"}': [
        *StageOfSigning, "agent", "browser", "storing",
    ],
    "stage.hsm.${stage}": ["waiting-for-token", "waiting-for-user", "signing"],
    "services.problem.${code}": SERVICE_PROBLEMS,
    "extra-${name}": [],  # no words: a field of a provider's own
    "account-${id}": [],
    "chain.${chain}": ["trusted", "untrusted", "unknown"],
    "revocation.${revocation}": ["good", "revoked", "unknown"],
    "history.${which}": ["none", "nothing"],
    "history.${which}-how": ["none", "nothing"],
    "mst.${mistake}": ["malformed", "check-digit"],
    "xml.${name}": [],
    "verify.kind.${report.kind}": ["pdf", "xml", "cms", "jws", "asic", ""],
    "verify.verdict.${report.verdict}": ["valid", "uncertain", "invalid"],
    "verify.short.${one.verdict}": ["valid", "uncertain", "invalid"],
    "verify.state.${word}": list(StateOfCertificate),
    "verify.covers.${kind}": [
        "whole-file", "document", "content", "revision", "element", "object", "files",
    ],
    "trust.kind.${one.kind}": ["root", "intermediate"],
    "trust.by.${one.source}": ["administrator", "user"],
    "trust-${one.id}": [],  # no words: an element's name
    "openkyso.unfinished.${mst}": [],  # no words: where the browser keeps something
}  # fmt: skip
#: Names of elements have words where they are known; test_every_element_… says which must be.
NAMED = {key for key in words("vi") if re.match(r"xml\.[A-Z]", key)}


def source() -> str:
    return "\n".join(path.read_text("utf-8") for path in SCRIPTS)


def used() -> set[str]:
    """Every key in the scripts: plain strings that look like keys, and templates filled in."""
    known = set(words("vi"))
    plain = {key for key in re.findall(r'"([a-z]+(?:[.-][a-z-]+)*)"', source()) if key in known}
    asked = set(re.findall(r'\bt\(\s*"([^"]+)"', source()))
    chosen = re.findall(r'\bt\([^()`"]*\?\s*"([^"]+)"\s*:\s*"([^"]+)"', source())
    templates = set(re.findall(r"`([a-z.-]+\$\{[^`]+\}[a-z-]*)`", source()))
    unknown = {t for t in templates if t not in PARTS and t.split("${")[0].endswith((".", "-"))}
    assert unknown == set(), "a new key made of parts: tell PARTS what its parts may be"
    made = {
        re.sub(r"\$\{.*\}", str(part), template)
        for template in templates & set(PARTS)
        for part in PARTS[template]
    }
    found = plain | asked | {key for pair in chosen for key in pair} | made | NAMED
    return found | {f"{key}.one" for key in found if f"{key}.one" in known}


def test_both_languages_have_the_same_sentences_with_the_same_places() -> None:
    vi, en = words("vi"), words("en")

    assert list(vi) == list(en)
    for key in vi:
        assert set(re.findall(r"\{\w+\}", vi[key])) == set(re.findall(r"\{\w+\}", en[key])), key


def test_every_sentence_the_page_uses_is_there_and_none_is_left_over() -> None:
    assert used() - set(words("vi")) == set()
    assert set(words("vi")) - used() == set()


def test_every_element_of_form_05_has_words() -> None:
    schema = ROOT / "webui" / "bhxh" / "form05.xsd"
    names = set(re.findall(r'element name="(\w+)"', schema.read_text("utf-8")))
    frames = {"Hoso", "NoiDung", "CKy_Dvi"}

    assert "Serial" in names
    assert {f"xml.{name}" for name in names - frames} <= NAMED


def test_no_script_has_words_of_its_own() -> None:
    """But the languages' own names, and the product's and the tokens'."""
    vietnamese = re.compile(
        r'"[^"\n]*[ăâđêôơưàáảãạèéẻẽẹìíỉĩịòóỏõọùúủũụỳýỷỹỵấầậắằặếềệốồộớờợứừự][^"\n]*"'
    )
    found = {
        match
        for path in SCRIPTS
        for match in vietnamese.findall(
            re.sub(r"//.*|/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        )
    }
    assert found <= {'"Tiếng Việt"'}


def test_the_scan_sees_templates_and_choices() -> None:
    """It would be worthless if it found nothing."""
    found = used()
    assert {"certificate.state.chua-gui", "stage.signing", "banner.scripted", "retry"} <= found


# --- errors: every one can be shown, in both languages

DETAILS = {"mst": "1", "mst_printed": "1", "found": "1", "expected": "2", "date": "3"}


@pytest.mark.browser
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_error_of_backend_and_agent_can_be_shown(
    set_the_stage: SetTheStage, language: str
) -> None:
    """Through the page's own modules, as the screens do, one under another."""
    stage = set_the_stage(language=language)
    stage.open()
    backend = [error_body(Refused(code, **DETAILS)) for code in BACKEND_ERRORS]
    agent = [ProtocolError(code, **DETAILS).to_wire().data for code in AGENT_ERRORS]
    show = """async ([backend, agent]) => {
      const { ApiError } = await import("/lib/api.js");
      const { OpenKySoError } = await import("/protocol/openkyso.js");
      const { trouble } = await import("/components/trouble.js");
      const errors = [
        ...backend.map((body) => new ApiError(body)),
        ...agent.map((data) => OpenKySoError.fromWire({ data })),
      ];
      const nodes = errors.map((error) => trouble(error));
      document.querySelector("main").replaceChildren(...nodes);
      return nodes.map((node) => node.textContent);
    }"""
    plain = [{"code": e.code, "vi": e.vi, "en": e.en, "details": dict(e.details)} for e in backend]
    wires = [
        {"code": e.code, "group": e.group, "retriable": e.retriable, "vi": e.vi, "en": e.en}
        for e in agent
    ]

    shown = stage.page.evaluate(show, [plain, wires])

    for error, text in zip([*backend, *agent], shown, strict=True):
        assert (error.vi if language == "vi" else error.en) in text, error.code
        assert len(text) > 10, error.code
        assert "{" not in text, error.code
    width = stage.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0


@pytest.mark.browser
class TestTheSwitch:
    def test_it_changes_every_word_and_is_remembered(self, stage: Stage) -> None:
        stage.open("#/chung-thu-so")
        stage.sees("Đã thêm, CHƯA gửi BHXH")

        stage.page.get_by_role("button", name="English").click()

        english = words("en")
        stage.sees(english["certificate.state.chua-gui"])
        expect(stage.page.locator("html")).to_have_attribute("lang", "en")
        expect(stage.page.get_by_role("button", name="Tiếng Việt")).to_be_focused()
        only_vietnamese = {
            vi for vi, en in zip(words("vi").values(), english.values(), strict=True) if vi != en
        }
        seen = stage.page.locator("main").inner_text().splitlines()
        assert only_vietnamese & set(seen) == set()
        stage.page.reload()
        stage.sees(english["certificate.state.chua-gui"])

    def test_what_was_typed_stays(self, stage: Stage) -> None:
        stage.signed_out()
        stage.open("#/tao-don-vi")
        stage.field("unit.name").fill("CÔNG TY THỬ")
        stage.field("login.password").fill("mat-khau-thu")

        stage.page.get_by_role("button", name="English").click()

        stage.language = "en"
        expect(stage.field("unit.name")).to_have_value("CÔNG TY THỬ")
        expect(stage.field("login.password")).to_have_value("mat-khau-thu")

    @pytest.mark.parametrize("language", ["vi", "en"])
    def test_a_dossier_s_history_is_told_in_the_language(
        self, set_the_stage: SetTheStage, language: str
    ) -> None:
        stage = set_the_stage(language=language)
        dossier = examples.dossier("tu-choi")
        stage.play("GET /api/dossiers/d1", dossier)
        stage.open("#/lich-su/d1")
        told = stage.page.locator(".timeline li > div:first-child")

        expect(told).to_have_text([e.text if language == "vi" else e.en for e in dossier.timeline])


def test_the_icon_is_the_agent_s() -> None:
    agent = STATIC.parents[1] / "agent" / "consent" / "windows" / "icon.svg"
    assert (STATIC / "icon.svg").read_text() == agent.read_text()


def test_the_files_are_json_without_keys_twice() -> None:
    def once(pairs: list[tuple[str, str]]) -> dict[str, str]:
        assert len({key for key, _ in pairs}) == len(pairs)
        return dict(pairs)

    for language in ("vi", "en"):
        text = (STATIC / "text" / f"{language}.json").read_text("utf-8")
        json.loads(text, object_pairs_hook=once)
