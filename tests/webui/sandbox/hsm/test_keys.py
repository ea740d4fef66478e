"""The services' keys: kept, verified by openssl, out of reach of the agent's own module."""

import asyncio
import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.sandbox import hand_keys_to
from webui.sandbox.ca import Authority
from webui.sandbox.hsm.keys import LABEL, NAMES, Keys, KeysFailed
from webui.sandbox.softhsm import module
from webui.sandbox.token import LABEL as TOKEN_LABEL
from webui.sandbox.token import Token
from webui.sandbox.world import World


@pytest.fixture
def keys(prepared: Path) -> Keys:
    return Keys(prepared / "hsm")


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
async def test_openssl_verifies_their_signatures(keys, tmp_path, hash_name) -> None:
    async with keys.running():
        digest = hashlib.new(hash_name, b"data").digest()
        signature = await keys.sign(NAMES[0], digest, hash_name=hash_name)

    (tmp_path / "data").write_bytes(b"data")
    (tmp_path / "signature").write_bytes(signature)
    (tmp_path / "key").write_bytes(keys.public_key(NAMES[0]))
    verified = subprocess.run(
        [
            *("openssl", "dgst", f"-{hash_name}", "-keyform", "DER", "-verify", tmp_path / "key"),
            *("-signature", tmp_path / "signature", tmp_path / "data"),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert verified.stdout == "Verified OK\n"


async def test_many_at_once_each_get_their_own(keys) -> None:
    digests = [hashlib.sha256(bytes([number])).digest() for number in range(20)]
    async with keys.running():
        alone = [await keys.sign(NAMES[0], one) for one in digests]
        together = await asyncio.gather(*(keys.sign(NAMES[0], one) for one in digests))

    assert together == alone  # PKCS#1 v1.5 is deterministic


async def test_who_gives_up_leaves_his_signature_to_nobody_else(keys) -> None:
    mine, other = (hashlib.sha256(text).digest() for text in (b"mine", b"other"))
    async with keys.running():
        expected = await keys.sign(NAMES[0], mine)
        for _ in range(5):
            given_up = asyncio.create_task(keys.sign(NAMES[0], other))
            await asyncio.sleep(0)
            given_up.cancel()
            assert await keys.sign(NAMES[0], mine) == expected


@pytest.mark.parametrize(("name", "hash_name"), [("nobody", "sha256"), (NAMES[0], "sha1")])
async def test_no_key_and_no_hash_of_that_name_fail(keys, name, hash_name) -> None:
    async with keys.running():
        with pytest.raises(KeysFailed):
            await keys.sign(name, bytes(32), hash_name=hash_name)


async def test_they_sign_only_while_they_run(keys) -> None:
    with pytest.raises(KeysFailed):
        await keys.sign(NAMES[0], bytes(32))


def test_the_agent_s_configuration_shows_no_token_of_theirs(keys, tmp_path) -> None:
    """SoftHSM shows the tokens of the folder that it is told of."""
    hand_keys_to(tmp_path / "ca")
    token = Token(tmp_path / "token")
    world = World(tmp_path / "world", Authority.open(tmp_path / "ca", url="http://127.0.0.1:8621"))
    world.prepare()
    token.prepare(world, lambda _role: None)

    shown = subprocess.run(
        ["pkcs11-tool", "--module", module(), "--list-token-slots"],
        env={**os.environ, "SOFTHSM2_CONF": str(token.configuration)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert TOKEN_LABEL in shown
    assert LABEL not in shown
