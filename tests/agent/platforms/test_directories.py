"""Directories that nobody else can read or replace."""

import os
import stat
from pathlib import Path

import pytest

from agent.platforms.directories import DirectoryUnsafe, default, make_private


def test_a_new_directory_is_the_users_alone(tmp_path: Path) -> None:
    make_private(tmp_path / "a" / "b")

    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    make_private(tmp_path / "a" / "b")


def test_one_that_others_can_write_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o777)

    with pytest.raises(DirectoryUnsafe, match="written by other users"):
        make_private(tmp_path / "run")


def test_a_link_to_somewhere_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "there")

    with pytest.raises(DirectoryUnsafe, match="not a directory of this user"):
        make_private(tmp_path / "run")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_one_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    os.chown(tmp_path / "run", 65534, 65534)

    with pytest.raises(DirectoryUnsafe, match="not a directory of this user"):
        make_private(tmp_path / "run")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_one_below_a_directory_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs" / "run").mkdir(parents=True, mode=0o700)
    os.chown(tmp_path / "theirs", 65534, 65534)

    with pytest.raises(DirectoryUnsafe, match="theirs"):
        make_private(tmp_path / "theirs" / "run")


def test_a_sticky_directory_above_is_as_good_as_ones_own(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o1777)

    make_private(tmp_path / "tmp" / "run")


def test_the_usual_places_are_all_below_our_name() -> None:
    places = default()

    for path in (places.data, places.config, places.runtime, places.log):
        assert "openkyso" in path.parts
