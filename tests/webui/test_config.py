from pathlib import Path

import pytest

from webui.config import ConfigError, Secret, Settings, load

FILE = """
port = 0
[gateway]
url = "https://bhxh.example"
password = "bí mật"
[trust]
roots = ["roots", "/abs/ca.pem"]
[receipts]
signers = ["bhxh.pem"]
accepted_codes = ["00"]
[delivery]
lease_seconds = 90
"""


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "kyso.toml"
    path.write_text(FILE, "utf-8")
    return path


def test_without_anything_it_is_sqlite_in_the_users_folder():
    settings = load(None, {})

    assert settings.database.startswith("sqlite+aiosqlite:///")
    assert settings.host == "127.0.0.1"
    assert settings.demo is None


def test_paths_are_relative_to_the_file(file):
    settings = load(file, {})

    assert settings.trust.roots == (file.parent / "roots", Path("/abs/ca.pem"))
    assert settings.receipts.signers == (file.parent / "bhxh.pem",)
    assert settings.receipts.accepted_codes == {"00"}
    assert settings.gateway.password.reveal() == "bí mật"
    assert settings.delivery.lease_seconds == 90


def test_the_environment_is_on_top(file, tmp_path):
    settings = load(
        None,
        {
            "KYSO_CONFIG": str(file),
            "KYSO_DATA": str(tmp_path),
            "DATABASE_URL": "postgresql://a@b/c",
            "KYSO_GATEWAY_PASSWORD": "khác",
        },
    )

    assert settings.data_dir == tmp_path
    assert settings.database == "postgresql+asyncpg://a@b/c"
    assert settings.gateway.password == Secret("khác")


@pytest.mark.parametrize(
    ("url", "used"),
    [
        ("sqlite:////x/y.db", "sqlite+aiosqlite:////x/y.db"),
        ("postgres://h/d", "postgresql+asyncpg://h/d"),
        ("postgresql+asyncpg://h/d", "postgresql+asyncpg://h/d"),
    ],
)
def test_database_urls_get_the_driver(url, used):
    assert Settings(database_url=url).database == used


@pytest.mark.parametrize(
    "text",
    [
        "prot = 1",
        "[receipts]\nsigner = []",
        "port = 'x'",
        "port = ",
        "[gateway]\nurl = 'http://bhxh.example'",
        "public_origin = 'https://a/b'",
        "public_origin = 'http://a'",
        "[delivery]\nlease_seconds = 10",
    ],
)
def test_a_mistake_is_refused_and_names_the_file_or_key(tmp_path, text):
    path = tmp_path / "kyso.toml"
    path.write_text(text)

    with pytest.raises(ConfigError):
        load(path, {})


def test_a_file_cannot_make_it_a_demo(tmp_path):
    path = tmp_path / "kyso.toml"
    path.write_text("[demo]\nscripted = true")

    with pytest.raises(ConfigError, match="demo"):
        load(path, {})


def test_a_secret_does_not_show(file):
    assert "bí mật" not in repr(load(file, {}))
