"""The inventory with a real module: SoftHSM2."""

import asyncio
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding

from agent.errors import TokenError, UserError
from agent.keys import CertificateId, KeyType, Mechanism
from agent.pin import Pin
from agent.tokens.inventory import Inventory
from tests.support.softhsm import FilledToken

RSA_SCHEMES = {
    Mechanism.RSA_PKCS1_SHA256: (hashes.SHA256(), padding.PKCS1v15()),
    Mechanism.RSA_PKCS1_SHA384: (hashes.SHA384(), padding.PKCS1v15()),
    Mechanism.RSA_PKCS1_SHA512: (hashes.SHA512(), padding.PKCS1v15()),
    Mechanism.RSA_PSS_SHA256: (
        hashes.SHA256(),
        padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32),
    ),
    Mechanism.RSA_PSS_SHA384: (
        hashes.SHA384(),
        padding.PSS(padding.MGF1(hashes.SHA384()), salt_length=48),
    ),
    Mechanism.RSA_PSS_SHA512: (
        hashes.SHA512(),
        padding.PSS(padding.MGF1(hashes.SHA512()), salt_length=64),
    ),
}
EC_SCHEMES = {
    Mechanism.ECDSA_SHA256: hashes.SHA256(),
    Mechanism.ECDSA_SHA384: hashes.SHA384(),
    Mechanism.ECDSA_SHA512: hashes.SHA512(),
}


def identify(certificate: x509.Certificate) -> CertificateId:
    return CertificateId(hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest())


def the_pin(value: str = "12345678") -> Pin:
    return Pin(bytearray(value.encode()))


def test_a_token_is_shown_with_its_certificates(inventory: Inventory, filled: FilledToken) -> None:
    (token,) = inventory.tokens()
    shown = {c.id: (c.key_type, c.key_bits) for c in inventory.certificates()}

    assert token.label == filled.token.label
    assert token.module == "libsofthsm2.so"
    assert shown == {
        identify(filled.rsa): (KeyType.RSA, 2048),
        identify(filled.other_rsa): (KeyType.RSA, 2048),
        identify(filled.ec): (KeyType.EC, 256),
    }


@pytest.mark.parametrize("mechanism", RSA_SCHEMES)
async def test_rsa_signatures_verify(
    inventory: Inventory, filled: FilledToken, mechanism: Mechanism
) -> None:
    algorithm, scheme = RSA_SCHEMES[mechanism]
    digest = hashlib.new(algorithm.name, b"a dossier").digest()

    async with inventory.open(identify(filled.other_rsa)) as key:
        await key.login(the_pin())
        signature = await key.sign(digest, mechanism)

    public = filled.other_rsa.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signature, digest, scheme, Prehashed(algorithm))


@pytest.mark.parametrize("mechanism", EC_SCHEMES)
async def test_ecdsa_signatures_verify(
    inventory: Inventory, filled: FilledToken, mechanism: Mechanism
) -> None:
    algorithm = EC_SCHEMES[mechanism]
    digest = hashlib.new(algorithm.name, b"a dossier").digest()

    async with inventory.open(identify(filled.ec)) as key:
        await key.login(the_pin())
        signature = await key.sign(digest, mechanism)

    public = filled.ec.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, digest, ec.ECDSA(Prehashed(algorithm)))


async def test_one_login_signs_many_times(inventory: Inventory, filled: FilledToken) -> None:
    async with inventory.open(identify(filled.rsa)) as key:
        await key.login(the_pin())
        signatures = {
            await key.sign(hashlib.sha256(bytes([n])).digest(), Mechanism.RSA_PKCS1_SHA256)
            for n in range(20)
        }

    assert len(signatures) == 20


async def test_a_wrong_pin_is_said_and_the_right_one_may_follow(
    inventory: Inventory, filled: FilledToken
) -> None:
    async with inventory.open(identify(filled.rsa)) as key:
        with pytest.raises(UserError) as caught:
            await key.login(the_pin("00000000"))
        state = await key.pin_state()
        await key.login(the_pin())
        await key.sign(bytes(32), Mechanism.RSA_PKCS1_SHA256)

    assert caught.value.code == "pin_incorrect"
    assert caught.value.details["locked"] is False
    assert state.low is True


async def test_a_pin_of_impossible_length_is_refused_before_the_token_sees_it(
    inventory: Inventory, filled: FilledToken
) -> None:
    async with inventory.open(identify(filled.rsa)) as key:
        await key.login(the_pin())
        for value in ("123", "", "1" * 256):
            with pytest.raises(UserError) as caught:
                await key.login(the_pin(value))
            assert caught.value.code == "pin_length"
        state = await key.pin_state()

    assert state.low is False


async def test_signing_needs_a_login(inventory: Inventory, filled: FilledToken) -> None:
    async with inventory.open(identify(filled.rsa)) as key:
        with pytest.raises(TokenError) as caught:
            await key.sign(bytes(32), Mechanism.RSA_PKCS1_SHA256)

    assert caught.value.code == "token_busy"


async def test_closing_logs_out(inventory: Inventory, filled: FilledToken) -> None:
    async with inventory.open(identify(filled.rsa)) as key:
        await key.login(the_pin())
    async with inventory.open(identify(filled.rsa)) as key:
        with pytest.raises(TokenError):
            await key.sign(bytes(32), Mechanism.RSA_PKCS1_SHA256)
        # Were the first login alive, this PIN would never be looked at.
        with pytest.raises(UserError):
            await key.login(the_pin("00000000"))
        await key.login(the_pin())


async def test_a_token_has_one_user_at_a_time(inventory: Inventory, filled: FilledToken) -> None:
    order: list[str] = []

    async def second() -> None:
        async with inventory.open(identify(filled.other_rsa)):
            order.append("second in")

    async with asyncio.TaskGroup() as tasks, inventory.open(identify(filled.rsa)) as key:
        tasks.create_task(second())
        await key.login(the_pin())
        await key.sign(bytes(32), Mechanism.RSA_PKCS1_SHA256)
        order.append("first out")

    assert order == ["first out", "second in"]


async def test_a_mechanism_of_the_other_kind_of_key_is_unsuitable(
    inventory: Inventory, filled: FilledToken
) -> None:
    async with inventory.open(identify(filled.rsa)) as key:
        await key.login(the_pin())
        with pytest.raises(UserError) as caught:
            await key.sign(bytes(32), Mechanism.ECDSA_SHA256)
        await key.sign(bytes(32), Mechanism.RSA_PKCS1_SHA256)

    assert caught.value.code == "certificate_unsuitable"


async def test_an_unknown_certificate_is_not_found(inventory: Inventory) -> None:
    with pytest.raises(UserError) as caught:
        async with inventory.open(CertificateId("0" * 64)):
            pass

    assert caught.value.code == "certificate_not_found"


async def test_a_token_keeps_its_id_in_another_run(
    inventory: Inventory, filled: FilledToken
) -> None:
    async with Inventory([filled.hsm.module()]) as again:
        await again.refresh()

        assert [t.id for t in again.tokens()] == [t.id for t in inventory.tokens()]


async def test_two_modules_with_the_same_token_show_it_once(filled: FilledToken) -> None:
    async with Inventory([filled.hsm.module(), filled.hsm.module()]) as tokens:
        await tokens.refresh()

        assert len(tokens.tokens()) == 1
        assert len(tokens.certificates()) == 3


async def test_the_first_scan_is_told_as_a_change(filled: FilledToken) -> None:
    tokens = Inventory([filled.hsm.module()])
    changes = tokens.changes()
    async with tokens:
        assert tokens.tokens() == ()

        await anext(changes)

        assert len(tokens.tokens()) == 1
