"""Paths are searched for once, and never outlive what they rest on."""

import pytest

from agent.certificates import chain
from agent.certificates.chain import NoPath, Paths
from tests.support.pki import DAY, NOW, Authority, Urls


@pytest.fixture
def root() -> Authority:
    return Authority.root()


@pytest.fixture
def ca(root: Authority) -> Authority:
    return Authority.under(root, urls=Urls())


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The serial numbers that were searched a path for."""
    made = []
    search = chain.find_path

    def counted(certificate, **rest):
        made.append(certificate.serial_number)
        return search(certificate, **rest)

    monkeypatch.setattr(chain, "find_path", counted)
    return made


async def test_a_path_is_searched_for_once(root, ca, searches) -> None:
    unit, paths = ca.issue(), Paths()

    for moment in NOW, NOW + DAY, NOW:
        found = await paths.find(unit.der, roots=[root.der], intermediates=[ca.der], at=moment)
        assert [c.dump() for c in found.certificates] == [unit.der, ca.der, root.der]

    assert len(searches) == 1


async def test_a_remembered_path_ends_with_the_first_certificate_on_it(root, ca) -> None:
    """The unit's own certificate is in its period still; its authority's is not."""
    unit, paths = ca.issue(not_after=NOW + 5000 * DAY), Paths()
    store = {"roots": [root.der], "intermediates": [ca.der]}
    await paths.find(unit.der, **store, at=NOW)

    with pytest.raises(NoPath):
        await paths.find(unit.der, **store, at=NOW + 3651 * DAY)

    await paths.find(unit.der, **store, at=NOW)


@pytest.mark.parametrize("missing", ["roots", "intermediates"])
async def test_a_remembered_path_ends_with_the_store_that_it_was_found_in(
    root, ca, missing
) -> None:
    unit, paths = ca.issue(), Paths()
    store = {"roots": [root.der], "intermediates": [ca.der]}
    await paths.find(unit.der, **store, at=NOW)

    with pytest.raises(NoPath):
        await paths.find(unit.der, **(store | {missing: []}), at=NOW)


async def test_having_no_path_is_not_remembered(root, ca) -> None:
    unit, paths = ca.issue(), Paths()
    with pytest.raises(NoPath):
        await paths.find(unit.der, roots=[], intermediates=[ca.der], at=NOW)

    assert await paths.find(unit.der, roots=[root.der], intermediates=[ca.der], at=NOW)


async def test_not_more_paths_are_remembered_than_a_pc_has_certificates(root, ca, searches) -> None:
    paths = Paths()
    units = [ca.issue(name=f"CÔNG TY {number}") for number in range(chain._REMEMBERED + 1)]
    store = {"roots": [root.der], "intermediates": [ca.der]}
    for unit in units:
        await paths.find(unit.der, **store, at=NOW)

    await paths.find(units[-1].der, **store, at=NOW)
    assert len(searches) == len(units)
    await paths.find(units[0].der, **store, at=NOW)
    assert len(searches) == len(units) + 1
