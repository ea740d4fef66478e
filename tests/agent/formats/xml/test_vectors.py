"""Every case of tests/vectors/xml comes out as its expect.toml says."""

import tomllib
from pathlib import Path

import pytest

from agent.errors import DocumentError
from agent.formats.registry import format_for
from agent.formats.xml import PROFILES, Reason, general, verify
from protocol.errors import ERRORS
from tests.support.pki import NOW, Holder

VECTORS = Path(__file__).parents[3] / "vectors" / "xml"
CASES = sorted(path.parent for path in VECTORS.glob("*/expect.toml"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_vector(case: Path, unit: Holder) -> None:
    expect = tomllib.loads(case.joinpath("expect.toml").read_text("utf-8"))
    document = case.joinpath("document.xml").read_bytes()

    def act() -> None:
        if expect["act"] == "general":
            apart = case / "content.bin"
            general.verify(document, content=apart.read_bytes() if apart.exists() else None)
        elif expect["act"] == "verify":
            verify(document, PROFILES["bhxh-hoso"])
        else:
            made = format_for("bhxh-hoso").prepare(document, certificate=unit.der, signing_time=NOW)
            verify(made.complete(unit.sign(made.digest)), PROFILES["bhxh-hoso"])

    if "code" not in expect:
        act()
        return
    with pytest.raises(DocumentError) as caught:
        act()
    assert caught.value.code == expect["code"]
    if "reason" in expect:
        assert caught.value.details["reason"] == expect["reason"]


def test_the_cases_are_all_there_and_explained() -> None:
    assert len(CASES) > 80
    for case in CASES:
        assert case.joinpath("README.md").read_text("utf-8").strip()


def test_every_reason_and_every_code_of_documents_has_a_case() -> None:
    expected = [tomllib.loads(c.joinpath("expect.toml").read_text("utf-8")) for c in CASES]

    assert {e["reason"] for e in expected if "reason" in e} == {r.value for r in Reason}
    codes = {code for code in ERRORS if code.startswith(("document_", "container_"))}
    assert codes <= {e.get("code") for e in expected}
