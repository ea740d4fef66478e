"""The system's keyring: used where there is one, never replaced by less while it is locked."""

import asyncio
import logging
import threading

import keyring.backend
import keyring.backends.fail
import keyring.errors
import pytest

from agent.platforms import keyring as ours
from agent.platforms.keyring import KeyringOrFile, usable_keyring
from agent.platforms.secret_file import SecretFile
from agent.platforms.secrets import SecretsUnavailable, secret_store

SECRET = "5x9q"


class FakeKeyring(keyring.backend.KeyringBackend):
    """As keyring's backends are: what fails raises, and blocks meanwhile."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.fails_with: Exception | None = None
        self.dialog = threading.Event()
        self.dialog.set()

    def _enter(self) -> None:
        self.dialog.wait(20)
        if self.fails_with is not None:
            raise self.fails_with

    def get_password(self, service: str, username: str) -> str | None:
        self._enter()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._enter()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._enter()
        if (service, username) not in self.kept:
            raise keyring.errors.PasswordDeleteError
        del self.kept[service, username]


@pytest.fixture
def backend():
    fake = FakeKeyring()
    yield fake
    fake.dialog.set()


@pytest.fixture
def file(tmp_path) -> SecretFile:
    return SecretFile(tmp_path / "secrets.json", machine=lambda: "m")


def store(backend, file, seconds: float = 5.0) -> KeyringOrFile:
    return KeyringOrFile(file, find=lambda: backend, seconds=seconds)


async def test_put_get_remove(backend, file, tmp_path) -> None:
    secrets = store(backend, file)
    await secrets.put("a", SECRET)
    assert backend.kept == {("OpenKySo", "a"): SECRET}
    assert await secrets.get("a") == SECRET
    assert await secrets.get("b") is None
    await secrets.remove("a")
    await secrets.remove("a")
    assert backend.kept == {}
    assert list(tmp_path.iterdir()) == [], "the file is not needed"


async def test_without_a_keyring_the_file_is_used_and_that_is_said(file, caplog) -> None:
    secrets = store(None, file)
    await secrets.put("a", SECRET)
    await secrets.put("b", SECRET)
    assert await secrets.get("a") == await file.get("a") == SECRET
    await secrets.remove("a")
    assert await file.get("a") is None
    assert caplog.text.count("no keyring") == 1


async def test_a_keyring_that_comes_later_takes_over(backend, file) -> None:
    await store(None, file).put("a", SECRET)
    secrets = store(backend, file)
    assert await secrets.get("a") == SECRET
    await secrets.put("a", "new")
    assert await file.get("a") is None
    assert await secrets.get("a") == "new"
    await store(None, file).put("b", SECRET)
    await secrets.remove("b")
    assert await file.get("b") is None


@pytest.mark.parametrize(
    "failure",
    [keyring.errors.KeyringLocked("5x9q"), keyring.errors.InitError(), RuntimeError("5x9q")],
)
async def test_a_locked_keyring_is_an_error_and_no_secret_goes_elsewhere(
    backend, file, tmp_path, caplog, failure
) -> None:
    caplog.set_level(logging.DEBUG)
    backend.fails_with = failure
    secrets = store(backend, file)
    for asked in (secrets.put("a", SECRET), secrets.get("a"), secrets.remove("a")):
        with pytest.raises(SecretsUnavailable) as caught:
            await asked
        assert "5x9q" not in str(caught.value)
        assert caught.value.__suppress_context__
    assert "5x9q" not in caplog.text
    assert list(tmp_path.iterdir()) == []


async def test_a_dialog_that_nobody_answers_ends(backend, file) -> None:
    backend.dialog.clear()
    with pytest.raises(SecretsUnavailable, match="does not answer"):
        await store(backend, file, seconds=0.05).get("a")


async def test_the_loop_goes_on_while_the_dialog_is_open(backend, file) -> None:
    backend.dialog.clear()
    asking = asyncio.create_task(store(backend, file).get("a"))
    await asyncio.sleep(0.05)
    assert not asking.done()
    backend.dialog.set()
    assert await asking is None


def test_a_program_with_an_open_dialog_can_end(backend, file) -> None:
    backend.dialog.clear()

    async def ask() -> None:
        with pytest.raises(SecretsUnavailable):
            await store(backend, file, seconds=0.05).get("a")

    asyncio.run(ask())  # does not wait for the thread
    backend.dialog.set()


def test_a_keyring_that_keeps_nothing_or_keeps_it_open_is_none(backend, monkeypatch) -> None:
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    assert usable_keyring() is backend
    monkeypatch.setattr(FakeKeyring, "priority", 0.5)  # keyrings.alt's plain text file
    assert usable_keyring() is None
    monkeypatch.setattr(keyring, "get_keyring", keyring.backends.fail.Keyring)
    assert usable_keyring() is None


def test_the_system_s_keyring_is_the_choice(tmp_path) -> None:
    assert isinstance(secret_store("system", folder=tmp_path), ours.KeyringOrFile)
