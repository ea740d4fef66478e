"""SPEC.md, README.md and THREATS.md say what the code does."""

import re
from pathlib import Path

import msgspec
import pytest

from protocol import batches, documents, limits, messages
from protocol.errors import ERRORS
from protocol.methods import METHODS, NOTIFICATIONS
from protocol.publish.spec import LIMITS, filled, parts
from protocol.session import TRANSITIONS, Event, State
from protocol.version import PORTS

ROOT = Path(__file__).parents[3]
PROTOCOL = ROOT / "protocol"
SPEC = (PROTOCOL / "SPEC.md").read_text("utf-8")
README = (PROTOCOL / "README.md").read_text("utf-8")
THREATS = (PROTOCOL / "THREATS.md").read_text("utf-8")
RULES = set(re.findall(r"^(?:\*\*|#{2,3} )(\d+(?:\.\d+)?)(?:\*\*| )", SPEC, re.MULTILINE)) | set(
    re.findall(r"^\*\*(\d+\.\d+) ", SPEC, re.MULTILINE)
)


class TestTheSpecification:
    def test_has_every_generated_part_once_and_as_the_code_would_write_it(self):
        begun = re.findall(r"<!-- begin: (\S+) -->", SPEC)

        assert sorted(begun) == sorted(parts())
        assert filled(SPEC) == SPEC

    def test_names_every_limit(self):
        assert set(LIMITS) == {name for name in vars(limits) if name.isupper()}

    def test_has_a_section_for_every_method_in_the_order_of_the_table(self):
        sections = re.findall(r"^### 5\.\d+ (\S+)$", SPEC, re.MULTILINE)

        assert sections == [*METHODS, "Objects"]

    def test_says_which_errors_there_are_and_names_no_others(self):
        section = SPEC[SPEC.index("## 5 ") : SPEC.index("## 6 ")]
        named = set(re.findall(r"`([a-z]+_[a-z_]+)`", section))

        assert named - FIELDS - {"certificate_"} <= set(ERRORS)
        for code in ERRORS:
            assert f"| `{code}` |" in SPEC

    def test_names_the_errors_of_clients(self):
        texts = (PROTOCOL / "js" / "texts.js").read_text("utf-8")
        known = dict(re.findall(r'^  (\w+): \{\n    group: "(\w+)"', texts, re.MULTILINE))
        known.pop("cancelled")

        section = SPEC[SPEC.index("**7.4**") : SPEC.index("**7.5**")]
        assert dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", section, re.MULTILINE)) == known

    def test_draws_every_transition(self):
        drawing = parts()["states"]

        assert drawing.count(" --> ") == sum(map(len, TRANSITIONS.values())) + 2
        for state in State:
            assert f'"{state}"' in drawing
        for event in Event:
            assert f": {event}" in drawing

    def test_explains_every_notification(self):
        for name in NOTIFICATIONS:
            assert f"`{name}`" in SPEC[SPEC.index("**4.5**") : SPEC.index("## 5 ")]

    def test_refers_to_rules_that_there_are(self):
        for reference in re.findall(r"\((\d+\.\d+)[,;)]", SPEC):
            assert reference in RULES, reference


#: They look like codes.
FIELDS = {
    field
    for module in (messages, documents, batches)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    for field in kind.__struct_fields__
}

CITING = sorted(
    path
    for pattern in ("protocol/**/*.py", "protocol/js/*.js", "protocol/vectors/**/README.md")
    for path in ROOT.glob(pattern)
)


@pytest.mark.parametrize("path", CITING, ids=lambda path: str(path.relative_to(PROTOCOL)))
def test_the_rules_that_code_and_vectors_cite_are_there(path: Path):
    for cited in re.findall(
        r"SPEC ((?:\d+(?:\.\d+)?)(?:(?:, | and )\d+(?:\.\d+)?)*)", path.read_text("utf-8")
    ):
        for rule in re.findall(r"\d+(?:\.\d+)?", cited):
            assert rule in RULES, f"{path.name} cites {rule}"


class TestTheReadme:
    def test_lists_the_addresses_for_a_content_security_policy(self):
        for port in PORTS:
            for host in ("127.0.0.1", "localhost"):
                assert f"http://{host}:{port}/ping" in README
                assert f"ws://{host}:{port}" in README

    def test_shows_calls_that_there_are(self):
        source = (PROTOCOL / "js" / "openkyso.js").read_text("utf-8")

        for call in set(re.findall(r"`?agent\.(\w+)\(", README)) - {
            "sign_xml",
            "sign_document",
            "signing_document",
        }:
            assert re.search(rf"^  async {call}\(", source, re.MULTILINE), call

    @pytest.mark.parametrize("document", [README, SPEC, THREATS])
    def test_links_to_what_there_is(self, document: str):
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document):
            assert (PROTOCOL / target).exists(), target

    def test_links_to_headings_that_there_are(self):
        headings = re.findall(r"^#+ (.+)$", SPEC, re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}

        for anchor in re.findall(r"SPEC\.md#([^)]+)\)", README):
            assert anchor in anchors, anchor

    def test_names_every_module(self):
        for module in PROTOCOL.glob("*.py"):
            assert module.stem == "__init__" or f"{module.name}" in README, module.name


class TestTheThreats:
    ROWS = re.findall(r"^\| T(\d+) \|.*\| (.+) \|$", THREATS, re.MULTILINE)

    def test_are_numbered_without_a_gap(self):
        assert [int(number) for number, _ in self.ROWS] == list(range(1, 35))

    @pytest.mark.parametrize(("number", "where"), ROWS)
    def test_say_where_they_are_answered(self, number: str, where: str):
        assert where.startswith("when ") or (ROOT / where).exists()

    def test_that_the_specification_cites_are_there(self):
        numbers = {int(number) for number in re.findall(r"\bT(\d+)\b", SPEC)}

        assert max(numbers) <= len(self.ROWS)
