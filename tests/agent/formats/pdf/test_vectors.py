"""Every case of tests/vectors/pdf comes out as its expect.toml says."""

import tomllib
from pathlib import Path

import pytest

from agent.errors import DocumentError
from agent.verifying.files import recognise
from tests.support.pdf_levels import World

VECTORS = Path(__file__).parents[3] / "vectors" / "pdf"
CASES = sorted(each.parent for each in VECTORS.glob("*/expect.toml"))
WORLD = World()


def of(act):
    return [each for each in CASES if each.name.startswith(f"{act}-")]


def expected(case):
    return tomllib.loads((case / "expect.toml").read_text("utf-8"))


def outcome(act, document):
    """In the form of an expectation."""
    try:
        warnings = ACTS[act](document)
    except DocumentError as error:
        reason = {"reason": error.details["reason"]} if error.code == "signature_invalid" else {}
        return {"act": act, "code": error.code} | reason
    return {"act": act} | ({"warnings": warnings} if warnings else {})


def sign(document):
    """Our own verifier must be content with it, and what was there must still be there."""
    prepared = WORLD.format.prepare(document, certificate=WORLD.unit.der, signing_time=WORLD.at)
    signed = prepared.complete(WORLD.unit.sign(prepared.digest))
    assert signed.startswith(document)
    if not prepared.description.warnings:
        recognise(signed).signatures(None)
    return list(prepared.description.warnings)


def verify(document):
    found = recognise(document).signatures(None)
    return [warning for one in found for warning in one.warnings]


ACTS = {"sign": sign, "verify": verify}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_comes_out_as_expected(case) -> None:
    told = expected(case)

    assert outcome(told["act"], (case / "document.pdf").read_bytes()) == told


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_says_why_it_is_there(case) -> None:
    assert (case / "README.md").read_text("utf-8").strip()
