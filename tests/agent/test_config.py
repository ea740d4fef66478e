"""The administrator's file: what it sets, and the clear error for everything else."""

from pathlib import Path

import pytest

from agent.config import Config, ConfigError, load
from protocol.version import PORTS


def written(directory: Path, text: str) -> Path:
    path = directory / "agent.toml"
    path.write_text(text)
    return path


def test_time_stamping_authorities_are_asked_in_order(tmp_path: Path) -> None:
    text = """
        [timestamp]
        url = "http://a"
        urls = ["http://b", "http://a", "https://c"]
        """

    found = load(written(tmp_path, text)).timestamp

    assert found.all_urls == ("http://a", "http://b", "https://c")
    assert found.timeout_seconds == 150
    assert Config().timestamp.all_urls == ()
    assert not Config().revocation.require
    for wrong in ('urls = ["ftp://a"]', 'urls = [""]', f"urls = {['http://a'] * 9}"):
        with pytest.raises(ConfigError):
            load(written(tmp_path, f"[timestamp]\n{wrong}"))


def test_an_empty_file_is_the_default(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")) == Config()
    assert Config().server.ports == PORTS
    assert Config().modules.discover
    assert Config().modules.allowed is None
    assert not Config().services.loopback_http
    assert Config().services.secrets == "system"


def test_everything_can_be_set_and_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    config = load(
        written(
            tmp_path,
            """
            [modules]
            discover = false
            paths = ["/opt/a.so", "b.so"]
            allowed = ["b.so"]
            [trust]
            roots = ["roots"]
            [revocation]
            timeout_seconds = 2
            [services]
            ca = ["company.pem", "/etc/ca"]
            loopback_http = true
            secrets = "file"
            [server]
            ports = [0]
            """,
        )
    )

    assert not config.modules.discover
    assert config.modules.paths == (Path("/opt/a.so"), tmp_path / "b.so")
    assert config.modules.allowed == (tmp_path / "b.so",)
    assert config.trust.roots == (tmp_path / "roots",)
    assert config.revocation.timeout_seconds == 2
    assert config.services.ca == (tmp_path / "company.pem", Path("/etc/ca"))
    assert config.services.loopback_http
    assert config.services.secrets == "file"
    assert config.server.ports == (0,)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[modulez]\n", "modulez"),
        ('[modules]\npath = ["a"]', "`path`"),
        ('[modules]\npaths = "a"', "modules.paths"),
        ("[modules]\npaths = [1]", "modules.paths"),
        ("[modules]\ndiscover = 'yes'", "modules.discover"),
        ("[revocation]\ntimeout_seconds = 0", "revocation.timeout_seconds"),
        ("[revocation]\ntimeout_seconds = 'x'", "revocation.timeout_seconds"),
        ("[server]\nports = []", "server.ports"),
        ("[server]\nports = [70000]", "server.ports"),
        ("[consent]\nscripted = {}", "consent"),
        ("x = ", "not TOML"),
    ],
)
def test_what_is_wrong_is_named_with_the_file(tmp_path: Path, text: str, named: str) -> None:
    path = written(tmp_path, text)

    with pytest.raises(ConfigError) as error:
        load(path)

    assert named in str(error.value)
    assert str(path) in str(error.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.toml")


def test_consent_cannot_be_scripted_by_the_file() -> None:
    """Only the command line can: a file that malware drops must not sign."""
    assert "consent" not in Config.__struct_fields__
