"""Log in to a site: prove to it, and to no other, that the user holds a key (T23)."""

import hashlib
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from agent.errors import InternalError, UserError
from agent.keys import KeyCertificate, KeyType, Mechanism
from agent.signing.approval import Deed, approved
from agent.signing.candidates import Candidate, Wanted
from agent.signing.desk import Desk, Errand
from agent.signing.select import to_sign_with
from agent.signing.verified import is_by
from protocol.messages import login_message

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
#: Of anything shorter no signature is taken for good.
_MIN_RSA_BITS: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    candidate: Candidate
    signature: bytes  # RFC 7518: for ECDSA r || s, not DER
    algorithm: Algorithm


async def login(desk: Desk, errand: Errand, *, nonce: bytes, wanted: Wanted) -> Proof:
    """What is signed is made here from origin and nonce; a page cannot choose the bytes.

    Raises what `to_sign_with` and `approved` do; nothing is left open then.
    """
    origin = errand.asker.origin
    candidate = await to_sign_with(desk, errand, wanted)
    certificate = candidate.certificate
    scheme = _scheme(certificate)
    message = login_message(origin=origin, nonce=nonce)
    digest = hashlib.new(scheme.hash, message).digest()

    def checked(value: bytes) -> bytes:
        if not is_by(certificate.der, value, digest, scheme.mechanism):
            raise InternalError("self_check_failed")
        return _as_rfc_7518(value, certificate)

    signature = await approved(
        desk,
        errand,
        candidate,
        Deed(
            action="login",
            name=origin,
            description=None,
            sha256=hashlib.sha256(message).hexdigest(),
            digest=digest,
            message=message,
            mechanism=scheme.mechanism,
            complete=checked,
        ),
    )
    return Proof(candidate=candidate, signature=signature, algorithm=scheme.algorithm)


def _scheme(certificate: KeyCertificate) -> _Scheme:
    if certificate.key_type is KeyType.RSA and certificate.key_bits < _MIN_RSA_BITS:
        raise UserError("certificate_unsuitable")
    bits = certificate.key_bits if certificate.key_type is KeyType.EC else None
    try:
        return _SCHEMES[certificate.key_type, bits]
    except KeyError:
        raise UserError("certificate_unsuitable") from None


def _as_rfc_7518(value: bytes, certificate: KeyCertificate) -> bytes:
    """§3.4: the two numbers of an ECDSA signature beside each other, as long as the curve's."""
    if certificate.key_type is KeyType.RSA:
        return value
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    size = (certificate.key_bits + 7) // 8
    r, s = decode_dss_signature(value)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")
