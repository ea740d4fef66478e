"""Secrets in a file: there again, unreadable elsewhere, never half written."""

import asyncio
import json

import pytest

from agent.platforms.secret_file import SecretFile
from agent.platforms.secrets import SecretsUnavailable, secret_store

SECRET = "mật khẩu 5x9q"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "secrets.json"


def store(path, machine: str = "machine-1") -> SecretFile:
    return SecretFile(path, machine=lambda: machine)


async def test_what_is_put_is_there_after_a_restart(path) -> None:
    await store(path).put("a", SECRET)
    await store(path).put("b", "")
    await store(path).put("a", SECRET + "!")
    again = store(path)
    assert await again.get("a") == SECRET + "!"
    assert await again.get("b") == ""
    assert await again.get("c") is None
    await again.remove("a")
    await again.remove("a")
    assert await store(path).get("a") is None
    assert await store(path).get("b") == ""


async def test_nothing_is_written_before_there_is_a_secret(path) -> None:
    assert await store(path).get("a") is None
    await store(path).remove("a")
    assert not path.parent.exists()


async def test_the_files_are_the_user_s_alone_and_show_nothing(path) -> None:
    await store(path).put("a", SECRET)
    files = [each for each in path.parent.iterdir() if each.is_file()]
    assert {each.name for each in files} == {
        "secrets.json", "secrets.json.key", "secrets.json.lock",
    }  # fmt: skip
    for each in files:
        assert each.stat().st_mode & 0o077 == 0
        assert b"5x9q" not in each.read_bytes()


async def test_the_same_secret_twice_looks_different(path) -> None:
    await store(path).put("a", SECRET)
    await store(path).put("b", SECRET)
    sealed = json.loads(path.read_bytes())["secrets"]
    assert sealed["a"]["nonce"] != sealed["b"]["nonce"]
    assert sealed["a"]["sealed"] != sealed["b"]["sealed"]


async def unavailable(awaitable) -> None:
    with pytest.raises(SecretsUnavailable) as caught:
        await awaitable
    assert "5x9q" not in str(caught.value)


async def test_a_copied_folder_is_of_no_use_on_another_machine(path) -> None:
    await store(path).put("a", SECRET)
    await unavailable(store(path, "machine-2").get("a"))
    assert await store(path).get("a") == SECRET


async def test_a_secret_cannot_be_moved_under_another_name(path) -> None:
    await store(path).put("a", SECRET)
    file = json.loads(path.read_bytes())
    file["secrets"]["b"] = file["secrets"]["a"]
    path.write_text(json.dumps(file))
    await unavailable(store(path).get("b"))


@pytest.mark.parametrize("spoilt", [b"", b"{", b'{"version":2,"secrets":{}}', b'{"version":1}'])
async def test_a_spoilt_file_is_said_and_not_written_over(path, spoilt) -> None:
    await store(path).put("a", SECRET)
    path.write_bytes(spoilt)
    await unavailable(store(path).get("a"))
    await unavailable(store(path).put("b", SECRET))
    assert path.read_bytes() == spoilt


@pytest.mark.parametrize("key", [None, b"", b"x" * 31])
async def test_a_spoilt_key_is_said(path, key) -> None:
    await store(path).put("a", SECRET)
    key_path = path.with_name("secrets.json.key")
    if key is None:
        key_path.unlink()
    else:
        key_path.write_bytes(key)
    await unavailable(store(path).get("a"))


async def test_many_at_once_lose_nothing(path) -> None:
    await asyncio.gather(*(store(path).put(f"n{n}", str(n)) for n in range(20)))
    assert [await store(path).get(f"n{n}") for n in range(20)] == [str(n) for n in range(20)]


async def test_this_machine_s_own_number_is_used(tmp_path) -> None:
    chosen = secret_store("file", folder=tmp_path)
    assert isinstance(chosen, SecretFile)
    await chosen.put("a", SECRET)
    assert await secret_store("file", folder=tmp_path).get("a") == SECRET
