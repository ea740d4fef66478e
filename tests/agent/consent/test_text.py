import json
import re
from importlib import resources
from pathlib import Path

import pytest

import agent
from agent.consent.text import LANGUAGES, Texts
from protocol.messages import CertificateState, Stage


def sentences(language):
    text = resources.files("agent.consent.text").joinpath(f"{language}.json").read_text("utf-8")
    return json.loads(text)


def test_both_languages_say_the_same_things():
    assert list(sentences("vi")) == list(sentences("en"))


@pytest.mark.parametrize("key", sentences("vi"))
def test_both_languages_have_the_same_placeholders(key):
    holes = [sorted(re.findall(r"{(\w+)}", sentences(language)[key])) for language in LANGUAGES]

    assert holes[0] == holes[1]


#: What stands beside the buttons of a batch: over its list, and over a document.
LIST = ("batch.only_warned", "batch.view")
LOOK = ("batch.back", "batch.sign_this", "batch.previous", "batch.next")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "keys",
    [
        ("button.refuse", "site.once", "site.always"),
        ("button.refuse", "button.sign", "pin.label"),
        ("button.refuse", "button.login", "pin.label_bare"),
        ("button.cancel", "button.select"),
        ("button.refuse", "button.sign", "service.pin"),
        ("button.cancel", "button.otp", "otp.label"),
        ("button.refuse", "batch.confirm", "pin.label", *LIST, "batch.untick_all"),
        ("button.refuse", "batch.confirm", "service.pin", *LIST, "batch.untick_shown"),
        ("button.refuse", "button.sign", "pin.label", *LIST, "batch.tick_all"),
        ("button.refuse", "batch.confirm.one", "pin.label_bare", *LIST, "batch.tick_shown"),
        ("button.refuse", "batch.confirm", "pin.label", *LOOK),
        ("button.refuse", "batch.confirm", "service.pin", *LOOK),
        ("button.refuse", "digests.confirm", "pin.label"),
        ("button.refuse", "digests.confirm", "service.pin"),
        ("button.refuse", "pick.choose"),
    ],
)
def test_no_two_accelerators_of_a_window_are_the_same(language, keys):
    letters = [re.search("&(.)", Texts(language)(key))[1].lower() for key in keys]

    assert len(set(letters)) == len(letters)


def test_an_error_is_said_in_the_protocols_words():
    told = Texts("vi").error("mst_mismatch", found="0101", expected="0102")

    assert told == "Mã số thuế trên chứng thư số là 0101, không phải 0102."


def test_an_unknown_error_is_shown_as_itself():
    assert Texts("en").error("no_such_code") == "no_such_code"


def test_an_unknown_language_is_vietnamese():
    assert Texts("fr")("button.cancel") == "&Hủy"


def test_values_are_put_in_as_they_are():
    """A page's text with braces is text, not a template."""
    assert "{client.__class__}" in Texts("en")("origin.claims", client="{client.__class__}")


#: Keys that are put together from a name and a value, with the values there are.
MADE_UP = {
    "state.": {state.value for state in CertificateState},
    "stage.": {stage.value for stage in Stage} | {"pin-pad"},
    "kind.": {"xml", "pdf", "digest", "other"},
    "type.": {
        *("bhxh-hoso", "bhxh-tokhai", "etax", "einvoice", "einvoice-buyer"),
        *("pdf", "xml", "other"),
    },
    "warning.": {"pdf_changed"},
    "warned.": {"pdf_changed"},
}
#: What is said of a program, of one thing, of all and of those that are shown.
ENDINGS = ("_native", ".one", "_all", "_shown")


def test_every_state_and_stage_has_its_words():
    for prefix, values in MADE_UP.items():
        present = {key.removeprefix(prefix) for key in sentences("vi") if key.startswith(prefix)}
        assert present == values


def used(key, code):
    """Also where an ending of it depends on what it is said of."""
    if f'"{key}"' in code or f'"{key}{{' in code:
        return True
    return any(used(key.removesuffix(end), code) for end in ENDINGS if key.endswith(end))


def test_no_text_is_left_over():
    root = Path(agent.__file__).parent
    code = "".join(path.read_text("utf-8") for path in root.rglob("*.py"))
    spoken = {key for key in sentences("vi") if used(key, code)}
    made_up = {prefix + value for prefix, values in MADE_UP.items() for value in values}

    assert set(sentences("vi")) - spoken - made_up == set()
