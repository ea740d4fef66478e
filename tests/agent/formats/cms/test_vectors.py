"""Every case of tests/vectors/cms comes out as its expect.toml says."""

from pathlib import Path

import pytest

from agent.errors import DocumentError
from agent.formats.cms import PLAIN, Reason, verify
from tests.support.vectors import cases, expected, is_explained, read

CASES = cases("cms")


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_vector(case: Path) -> None:
    expect = expected(case)
    signed, content = read(case, "signed.p7m"), read(case, "content")
    assert signed is not None

    if "reason" in expect:
        with pytest.raises(DocumentError, match="signature_invalid") as caught:
            verify(signed, content=content)
        assert caught.value.details["reason"] == expect["reason"]
    else:
        assert verify(signed, content=content)
    if "reason" in expect and "plain" not in expect:
        with pytest.raises(DocumentError, match="signature_invalid") as caught:
            verify(signed, content=content, rules=PLAIN)
        assert caught.value.details["reason"] == expect["reason"]
    else:
        (found,) = verify(signed, content=content, rules=PLAIN)
        assert found.bound is ("certificate_not_bound" not in expect.get("plain", []))


def test_the_cases_are_all_there_and_explained() -> None:
    assert len(CASES) > 40
    assert all(map(is_explained, CASES))


def test_every_reason_has_a_case() -> None:
    """But that of time stamps, which is only told of those."""
    told = {expected(case).get("reason", "") for case in CASES} - {""}

    assert told == set(Reason) - {Reason.TIMESTAMP}
