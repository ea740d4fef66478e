"""A login proves the key to one origin, with bytes that no page chooses."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509 import load_der_x509_certificate

from agent.consent.prompts import SignQuestion
from agent.errors import InternalError, UserError
from agent.keys import KeyType
from agent.signing.candidates import Wanted
from agent.signing.login import login
from protocol.messages import login_message
from tests.support.prompts import Approve, Refuse, ScriptedUser
from tests.support.signing import ORIGIN, desk_with, traced_errand
from tests.support.tokens import Card, MemoryTokens

NONCE = bytes(range(32))


async def test_the_signature_covers_origin_and_nonce(tmp_path: Path) -> None:
    card, user = Card(), ScriptedUser(Approve())
    desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=user)
    errand, _ = traced_errand()

    proof = await login(desk, errand, nonce=NONCE, wanted=Wanted())

    key = load_der_x509_certificate(card.der).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    message = login_message(origin=ORIGIN, nonce=NONCE)
    key.verify(proof.signature, message, padding.PKCS1v15(), hashes.SHA256())
    assert proof.algorithm == "RS256"
    [stored] = desk.journal.latest(limit=9)
    assert (stored.entry.action, stored.entry.name) == ("login", ORIGIN)
    assert stored.entry.sha256 == hashlib.sha256(message).hexdigest()


async def test_an_elliptic_curve_signature_has_the_form_of_rfc_7518(tmp_path: Path) -> None:
    card, user = Card(key_type=KeyType.EC), ScriptedUser(Approve())
    desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=user)
    errand, _ = traced_errand()

    proof = await login(desk, errand, nonce=NONCE, wanted=Wanted(id=card.id))

    assert (proof.algorithm, len(proof.signature)) == ("ES256", 64)
    r, s = (int.from_bytes(half, "big") for half in (proof.signature[:32], proof.signature[32:]))
    key = load_der_x509_certificate(card.der).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(
        encode_dss_signature(r, s),
        login_message(origin=ORIGIN, nonce=NONCE),
        ec.ECDSA(hashes.SHA256()),
    )


async def test_the_window_says_that_it_is_a_login_and_to_whom(tmp_path: Path) -> None:
    card, user = Card(), ScriptedUser(Refuse())
    desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=user)
    errand, _ = traced_errand()

    with pytest.raises(UserError):
        await login(desk, errand, nonce=NONCE, wanted=Wanted())

    [question] = user.asked
    assert isinstance(question, SignQuestion)
    assert (question.action, question.name, question.description) == ("login", ORIGIN, None)
    assert desk.journal.latest(limit=1)[0].entry.outcome == "user_refused"


@pytest.mark.parametrize(("kind", "bits"), [(KeyType.EC, 521), (KeyType.RSA, 1024)])
async def test_a_key_that_no_algorithm_fits_asks_nobody(
    tmp_path: Path, kind: KeyType, bits: int
) -> None:
    class Unfit(Card):
        @property
        def certificate(self):
            return replace(super().certificate, key_bits=bits)

    card, user = Unfit(key_type=kind), ScriptedUser()
    desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=user)
    errand, _ = traced_errand()

    with pytest.raises(UserError) as refused:
        await login(desk, errand, nonce=NONCE, wanted=Wanted())

    assert refused.value.code == "certificate_unsuitable"
    assert user.asked == []


@pytest.mark.parametrize("kind", list(KeyType))
async def test_a_proof_by_the_wrong_key_never_leaves(tmp_path: Path, kind: KeyType) -> None:
    card = Card(key_type=kind)
    card.key = Card(key_type=kind, number=2).key
    desk = desk_with(tmp_path, tokens=MemoryTokens(card), user=ScriptedUser(Approve()))
    errand, _ = traced_errand()

    with pytest.raises(InternalError) as failed:
        await login(desk, errand, nonce=NONCE, wanted=Wanted())

    assert failed.value.code == "self_check_failed"
    assert desk.journal.latest(limit=1)[0].entry.outcome == "self_check_failed"
