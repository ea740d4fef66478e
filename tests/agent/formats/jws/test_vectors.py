"""Every case of tests/vectors/jws comes out as its expect.toml says."""

from pathlib import Path

import pytest

from agent.errors import DocumentError
from agent.formats.jws import Reason, verify
from tests.support.vectors import cases, expected, is_explained, read

CASES = cases("jws")


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_vector(case: Path) -> None:
    expect = expected(case)
    signed, content = read(case, "signed.jws"), read(case, "content")
    assert signed is not None

    if "reason" not in expect:
        assert verify(signed, content=content)
        return
    with pytest.raises(DocumentError, match="signature_invalid") as caught:
        verify(signed, content=content)
    assert caught.value.details["reason"] == expect["reason"]


def test_the_cases_are_all_there_and_explained() -> None:
    assert len(CASES) > 50
    assert all(map(is_explained, CASES))


def test_every_reason_has_a_case() -> None:
    assert {expected(case).get("reason", "") for case in CASES} - {""} == set(Reason)
