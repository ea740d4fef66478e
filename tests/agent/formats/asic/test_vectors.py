"""Every case of tests/vectors/asic comes out as its expect.toml says."""

from pathlib import Path

import pytest

from agent.errors import DocumentError
from agent.formats.asic import Reason
from agent.verifying.files import AsicFile
from tests.support.vectors import cases, expected, is_explained, read

CASES = cases("asic")


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_vector(case: Path) -> None:
    expect = expected(case)
    for source in (case / "signed.asice", read(case, "signed.asice")):
        assert source is not None
        file = AsicFile(source=source)
        if "reason" not in expect:
            (found,) = file.signatures(None)
            assert found.warnings == tuple(expect["warnings"])
            continue
        with pytest.raises(DocumentError, match="signature_invalid") as caught:
            file.signatures(None)
        assert caught.value.details["reason"] == expect["reason"]


def test_the_cases_are_all_there_and_explained() -> None:
    assert len(CASES) > 30
    assert all(map(is_explained, CASES))


def test_every_reason_has_a_case() -> None:
    assert set(Reason) <= {expected(case).get("reason", "") for case in CASES}
