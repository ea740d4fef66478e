"""A signed file is whole or not there, and never over another."""

from pathlib import Path

import pytest

from agent.app.files.output import OutputExists, place_for
from agent.formats.content import filed


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("in_a_file", [False, True])
def test_it_is_there_when_all_went_well(
    tmp_path: Path, *, in_a_file: bool, overwrite: bool
) -> None:
    path = tmp_path / "signed"
    if overwrite:
        path.write_bytes(b"old")

    with place_for(path, overwrite=overwrite) as place:
        place.put(filed(place.scratch(), (b"new",)) if in_a_file else b"new")

    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("overwrite", [False, True])
def test_otherwise_all_is_as_it_was(tmp_path: Path, *, overwrite: bool) -> None:
    path = tmp_path / "signed"
    if overwrite:
        path.write_bytes(b"old")

    def fail() -> None:
        with place_for(path, overwrite=overwrite) as place:
            filed(place.scratch(), (b"half",))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert list(tmp_path.iterdir()) == ([path] if overwrite else [])


def test_another_file_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "signed"
    path.write_bytes(b"old")

    with pytest.raises(OutputExists), place_for(path, overwrite=False):
        raise AssertionError

    assert path.read_bytes() == b"old"


def test_one_that_appears_meanwhile_was_ours(tmp_path: Path) -> None:
    """The name is taken before anybody is asked, so nobody signs for nothing."""
    path = tmp_path / "signed"

    with place_for(path, overwrite=False) as place:
        assert path.exists()
        with pytest.raises(OutputExists), place_for(path, overwrite=False):
            raise AssertionError
        place.put(b"new")
