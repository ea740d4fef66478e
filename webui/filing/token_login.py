"""Đăng nhập with the token: a signature over our origin and a nonce of ours, used once.

What is signed is `protocol.messages.login_message`, which the agent makes from the origin it sees,
so a signature given to another site is worth nothing here (T23). The MST in the certificate is the
login. A proven MST without a profile may be registered for a while with the proof alone.
"""

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from protocol.messages import login_message
from webui.bhxh import certificate
from webui.bhxh.mst import printed_mst
from webui.errors import Refused
from webui.filing import judging
from webui.filing.office import Office
from webui.filing.sessions import digest
from webui.store import sessions, units
from webui.store.records import UnitRow

_CHALLENGE: Final = timedelta(minutes=6)  # longer than the agent's window waits for its user
#: So many people do not sign in within six minutes.
OUTSTANDING: Final = 500
_PROOF: Final = timedelta(minutes=30)


async def challenge(office: Office) -> bytes:
    """Raises Refused too_many_attempts: anybody may ask, so what is outstanding is bounded."""
    nonce = secrets.token_bytes(32)
    async with office.database.writing() as tx:
        if await sessions.count_challenges(tx, now=office.clock()) >= OUTSTANDING:
            raise Refused("too_many_attempts", retry_after=60)
        await sessions.add_challenge(
            tx, nonce_hash=sha256(nonce).hexdigest(), expires_at=office.clock() + _CHALLENGE
        )
    return nonce


async def login(
    office: Office, *, der: bytes, signature: bytes, algorithm: str, nonce: bytes, origin: str
) -> UnitRow:
    """Raises Refused challenge_expired, login_signature_invalid, those of `judging`, and
    unit_unknown{mst, proof} where the MST is proven but has no profile yet.
    """
    now = office.clock()
    async with office.database.writing() as tx:
        # Taken before anything is judged: a nonce serves one attempt, right or wrong.
        if not await sessions.take_challenge(tx, sha256(nonce).hexdigest(), now=now):
            raise Refused("challenge_expired")
    facts = certificate.read(der)
    _verify(der, signature, algorithm, login_message(origin=origin, nonce=nonce))
    if not facts.mst:
        raise Refused("certificate_without_mst")
    judging.check_validity(facts, now)
    judging.check_judgement(await office.judge.judge(der, now=now))
    return await _unit_of(office, facts.mst)


async def _unit_of(office: Office, msts: tuple[str, ...]) -> UnitRow:
    async with office.database.writing() as tx:
        for mst in msts:
            if (unit := await units.by_mst(tx, mst)) is not None:
                return unit
        proof = secrets.token_urlsafe(32)
        expires_at = office.clock() + _PROOF
        await sessions.add_proof(tx, proof_hash=digest(proof), mst=msts[0], expires_at=expires_at)
    raise Refused("unit_unknown", mst=msts[0], mst_printed=printed_mst(msts[0]), proof=proof)


def _verify(der: bytes, signature: bytes, algorithm: str, message: bytes) -> None:
    key = x509.load_der_x509_certificate(der).public_key()
    # certificate.read admits RSA alone, so ES256 of the protocol has no key to belong to.
    if algorithm != "RS256" or not isinstance(key, rsa.RSAPublicKey):
        raise Refused("login_signature_invalid")
    try:
        key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature as error:
        raise Refused("login_signature_invalid") from error
