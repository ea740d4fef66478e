"""Log in to a site: prove to it, and to no other, that the user holds a key (T23)."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from agent.consent.prompts import SignQuestion
from agent.errors import InternalError, UserError
from agent.keys import KeyType, Mechanism, TokenCertificate
from agent.signing.approval import approved_signature, pin_state
from agent.signing.candidates import Candidate, Wanted, facts
from agent.signing.desk import Desk, Errand
from agent.signing.record import Record, recorded
from agent.signing.select import to_sign_with
from protocol.messages import Stage, login_message

Algorithm = Literal["RS256", "ES256", "ES384"]


class _Scheme(NamedTuple):
    """RFC 7518 §3.1."""

    algorithm: Algorithm
    mechanism: Mechanism
    hash: str


_SCHEMES: Final[dict[tuple[KeyType, int | None], _Scheme]] = {
    (KeyType.RSA, None): _Scheme("RS256", Mechanism.RSA_PKCS1_SHA256, "sha256"),
    (KeyType.EC, 256): _Scheme("ES256", Mechanism.ECDSA_SHA256, "sha256"),
    (KeyType.EC, 384): _Scheme("ES384", Mechanism.ECDSA_SHA384, "sha384"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    candidate: Candidate
    signature: bytes  # RFC 7518: for ECDSA r || s, not DER
    algorithm: Algorithm


async def login(desk: Desk, errand: Errand, *, nonce: bytes, wanted: Wanted) -> Proof:
    """What is signed is made here from origin and nonce; a page cannot choose the bytes.

    Raises UserError, TokenError, InternalError; nothing is left open then.
    """
    origin = errand.asker.origin
    candidate = await to_sign_with(desk, errand, wanted)
    certificate = candidate.certificate
    if not isinstance(certificate, TokenCertificate):
        raise UserError("certificate_unsuitable")
    scheme = _scheme(certificate)
    message = login_message(origin=origin, nonce=nonce)
    record = Record(
        desk,
        errand,
        candidate,
        action="login",
        name=origin,
        sha256=hashlib.sha256(message).hexdigest(),
    )

    async with recorded(record):
        question = SignQuestion(
            asker=errand.asker,
            action="login",
            name=origin,
            description=None,
            certificate=facts(candidate),
            pin=await pin_state(desk, certificate),
        )
        async with desk.prompts.sign(question) as dialog:
            value = await approved_signature(
                desk,
                errand,
                dialog,
                certificate,
                digest=hashlib.new(scheme.hash, message).digest(),
                mechanism=scheme.mechanism,
            )
            await errand.progress(Stage.VERIFYING)

            def verified_and_recorded() -> bytes:
                signature = _verified(certificate.der, value, message, scheme)
                if not record.close("signed"):
                    raise UserError("cancelled")
                return signature

            signature = await asyncio.to_thread(verified_and_recorded)

    return Proof(candidate=candidate, signature=signature, algorithm=scheme.algorithm)


def _scheme(certificate: TokenCertificate) -> _Scheme:
    bits = certificate.key_bits if certificate.key_type is KeyType.EC else None
    try:
        return _SCHEMES[certificate.key_type, bits]
    except KeyError:
        raise UserError("certificate_unsuitable") from None


def _verified(der: bytes, value: bytes, message: bytes, scheme: _Scheme) -> bytes:
    """The signature as RFC 7518 writes it. Raises InternalError self_check_failed."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.x509 import load_der_x509_certificate

    algorithm = hashes.SHA384() if scheme.hash == "sha384" else hashes.SHA256()
    key = load_der_x509_certificate(der).public_key()
    try:
        match key:
            case rsa.RSAPublicKey():
                key.verify(value, message, padding.PKCS1v15(), algorithm)
                return value
            case ec.EllipticCurvePublicKey():
                key.verify(value, message, ec.ECDSA(algorithm))
                size = (key.key_size + 7) // 8
                r, s = decode_dss_signature(value)
                return r.to_bytes(size, "big") + s.to_bytes(size, "big")
            case _:
                raise UserError("certificate_unsuitable")
    except InvalidSignature:
        raise InternalError("self_check_failed") from None
