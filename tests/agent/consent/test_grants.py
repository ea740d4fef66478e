import json
import os
import stat
from datetime import UTC, datetime, timedelta

import pytest

from agent.consent.grants import LIFETIME, USE_PRECISION, Grants

ORIGIN = "https://ketoan.example.vn"


class Clock:
    def __init__(self):
        self.now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    def __call__(self):
        return self.now

    def pass_(self, **time):
        self.now += timedelta(**time)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "sites.json"


@pytest.fixture
def grants(path, clock):
    return Grants(path, clock=clock)


class TestRemembering:
    def test_nobody_is_allowed_at_first(self, grants):
        assert not grants.allows(ORIGIN)
        assert grants.all() == ()

    def test_a_grant_outlives_the_agent(self, grants, path, clock):
        grants.remember(ORIGIN)

        assert Grants(path, clock=clock).allows(ORIGIN)

    @pytest.mark.parametrize(
        "other",
        [
            "http://ketoan.example.vn",
            "https://ketoan.example.vn:8443",
            "https://a.ketoan.example.vn",
            "https://ketoan.example.vn.evil.example",
            "https://ketoan.example.v",
            "null",
            "",
        ],
    )
    def test_an_origin_is_exact(self, grants, other):
        grants.remember(ORIGIN)

        assert not grants.allows(other)

    @pytest.mark.parametrize("origin", ["http://ketoan.example.vn", "null", "", "file://"])
    def test_what_can_be_forged_on_the_way_is_never_stored(self, grants, path, origin):
        with pytest.raises(ValueError, match="not an origin to remember"):
            grants.remember(origin)
        assert not path.exists()

    def test_a_page_of_this_machine_can_be_stored(self, grants):
        grants.remember("http://127.0.0.1:8080")

        assert grants.allows("http://127.0.0.1:8080")

    def test_forgetting_is_at_once_and_for_good(self, grants, path, clock):
        grants.remember(ORIGIN)

        assert grants.forget(ORIGIN)
        assert not grants.forget(ORIGIN)
        assert not grants.allows(ORIGIN)
        assert not Grants(path, clock=clock).allows(ORIGIN)


class TestDigests:
    def test_are_a_right_of_their_own(self, grants):
        grants.remember(ORIGIN)

        assert grants.allows(ORIGIN)
        assert not grants.allows_digests(ORIGIN)
        assert not grants.allows_digests("https://other.example")

    def test_are_remembered_with_the_site(self, grants, path, clock):
        grants.remember(ORIGIN)
        grants.remember(ORIGIN, digests=True)

        again = Grants(path, clock=clock)
        assert again.allows_digests(ORIGIN)
        assert [site.digests for site in again.all()] == [True]

    def test_end_with_the_grant(self, grants, clock):
        grants.remember(ORIGIN, digests=True)
        clock.now += LIFETIME

        assert not grants.allows_digests(ORIGIN)

    def test_a_file_of_an_earlier_version_has_none(self, grants, path, clock):
        grants.remember(ORIGIN, digests=True)
        file = json.loads(path.read_text())
        del file["sites"][0]["digests"]
        path.write_text(json.dumps(file))

        assert Grants(path, clock=clock).allows(ORIGIN)
        assert not Grants(path, clock=clock).allows_digests(ORIGIN)


class TestTime:
    def test_a_grant_ends_after_its_lifetime(self, grants, clock):
        grants.remember(ORIGIN)
        clock.now += LIFETIME - timedelta(seconds=1)
        assert grants.allows(ORIGIN)
        clock.pass_(seconds=1)

        assert not grants.allows(ORIGIN)
        assert grants.all() == ()

    def test_the_last_use_is_noted_but_not_at_every_request(self, grants, path, clock):
        grants.remember(ORIGIN)
        written = path.stat().st_ino
        clock.pass_(seconds=1)
        grants.allows(ORIGIN)
        assert path.stat().st_ino == written

        clock.now += USE_PRECISION
        grants.allows(ORIGIN)

        (site,) = Grants(path, clock=clock).all()
        assert site.last_used_at == clock.now


class TestTheFile:
    @pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
    def test_it_is_for_its_user_alone(self, grants, path):
        grants.remember(ORIGIN)

        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{",
            b"\xff\xfe",
            b'{"version": 2, "sites": []}',
            b'{"version": 1, "sites": [{"origin": 1}]}',
            b'{"version": 1, "sites": [], "more": 1}',
        ],
    )
    def test_what_cannot_be_read_allows_nobody_and_is_kept(self, path, clock, content):
        path.parent.mkdir()
        path.write_bytes(content)

        grants = Grants(path, clock=clock)

        assert grants.all() == ()
        (kept,) = path.parent.iterdir()
        assert kept.read_bytes() == content
        assert kept != path

    def test_a_grant_that_could_not_be_written_is_not_in_force(self, grants, path, monkeypatch):
        grants.remember(ORIGIN)
        before = path.read_bytes()
        monkeypatch.setattr(os, "fsync", _disk_full)

        with pytest.raises(OSError, match="no space"):
            grants.remember("https://other.example")
        assert not grants.allows("https://other.example")
        assert path.read_bytes() == before
        assert list(path.parent.iterdir()) == [path]

    def test_a_full_disk_takes_no_permission_away(self, grants, clock, monkeypatch):
        grants.remember(ORIGIN)
        clock.pass_(days=1)
        monkeypatch.setattr(os, "fsync", _disk_full)

        assert grants.allows(ORIGIN)

    def test_it_can_be_read_by_people(self, grants, path):
        grants.remember(ORIGIN)

        assert json.loads(path.read_text())["sites"][0]["origin"] == ORIGIN


def _disk_full(_handle):
    raise OSError("no space left")
