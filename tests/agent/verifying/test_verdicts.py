"""Every case of tests/vectors/verdict comes out as its expect.toml says."""

import tomllib
from pathlib import Path

import pytest

from agent.certificates.fetch import FetchError
from agent.certificates.revocation import RevocationChecker
from agent.certificates.standing import Standings
from agent.certificates.trust import TrustStore
from agent.verifying.verifier import Verifier

VECTORS = Path(__file__).parents[2] / "vectors" / "verdict"
CASES = sorted(path.parent for path in VECTORS.glob("*/expect.toml"))


class Folder:
    """A Fetcher whose answers are files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def fetch(self, url: str, **_: object) -> bytes:
        try:
            return self._folder.joinpath(url.rpartition("/")[2]).read_bytes()
        except FileNotFoundError as error:
            raise FetchError(url) from error


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
async def test_verdict(case: Path, tmp_path: Path) -> None:
    expect = tomllib.loads(case.joinpath("expect.toml").read_text("utf-8"))
    trust = TrustStore(tmp_path / "none", configured=[case / "roots.pem"])
    checker = RevocationChecker(Folder(case))
    standings = Standings(trust, checker, required=expect["required"])
    verifier = Verifier(standings, now=lambda: expect["looked_at"])
    content = case / "content"

    found = await verifier.report(
        case.joinpath("signed").read_bytes(),
        name=case.name,
        content=content.read_bytes() if content.exists() else None,
    )

    (one,) = found.signatures
    assert (found.verdict, one.problem) == (expect["verdict"], expect["problem"])
    assert list(one.warnings) == expect["warnings"]
    if one.problem != "certificate_unsuitable":
        assert (one.then, one.now) == (expect["then"], expect["now"])


def test_the_cases_are_all_there_and_explained() -> None:
    assert len(CASES) >= 18
    for case in CASES:
        assert case.joinpath("README.md").read_text("utf-8").strip()
