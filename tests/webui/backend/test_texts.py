import ast
import string
from pathlib import Path

import webui
from webui.backend.texts import ERRORS, TIMELINE, error_body
from webui.errors import Refused
from webui.filing.states import DossierEvent

SOURCES = [
    path
    for part in ("bhxh", "store", "filing", "backend")
    for path in (Path(webui.__file__).parent / part).rglob("*.py")
]


def codes_raised() -> set[str]:
    """Every string that is the first argument of Refused(…), conditional ones too."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused":
                first = node.args[0]
                parts = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                found |= {p.value for p in parts if isinstance(p, ast.Constant)}
    return found


def test_every_refusal_has_words_and_no_words_are_left_over():
    made_from_a_status = {"not_found", "method_not_allowed"}

    assert codes_raised() | made_from_a_status == set(ERRORS)


def test_every_event_has_words():
    written = {
        node.value
        for path in SOURCES
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "event" and isinstance(node := keyword.value, ast.Constant)
    }
    suspicious = {
        node.value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and str(node.value).startswith("suspicious_")
    }

    assert written | suspicious | set(DossierEvent) | {"created", "signed"} == set(TIMELINE)


def test_both_languages_have_the_same_placeholders_and_a_status_of_refusal():
    def names(template):
        return {name for _, name, _, _ in string.Formatter().parse(template) if name}

    for code, text in ERRORS.items():
        # The reason of a malformed request is for developers, in English alone.
        assert names(text.vi) | ({"reason"} & names(text.en)) == names(text.en), code
        assert 400 <= text.status <= 503, code


def test_details_fill_the_words_and_a_missing_one_does_no_harm():
    body = error_body(Refused("mst_mismatch", found="1", expected="2"))

    assert "1" in body.vi
    assert "2" in body.en
    assert "…" in error_body(Refused("mst_mismatch")).vi
