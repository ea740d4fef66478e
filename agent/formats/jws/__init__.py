"""JSON Web Signatures (RFC 7515), compact and detached (RFC 7797): sign, and verify strictly.

    prepared = JwsFormat(detached=False).prepare(document, certificate=der, signing_time=now)
    value = key.sign(prepared.digest, prepared.mechanism)
    signed = prepared.complete(value)               # b"header.content.signature", verified

    verify(signed).content

The header is that of a JAdES baseline signature (ETSI TS 119 182-1). The way through the modules:

    base64url    one spelling for every value
    algorithms   `alg` ↔ schemes and keys
    header       the protected header
    sign         the use case: prepare → complete
    verify       the other use case
    reasons      why a signature is rejected
"""

from agent.formats.jws.algorithms import ALGORITHMS, Algorithm
from agent.formats.jws.reasons import Reason
from agent.formats.jws.sign import JwsFormat, PreparedJws
from agent.formats.jws.verify import MAX_CONTENT_BYTES, Verified, is_detached, verify

__all__ = [
    "ALGORITHMS",
    "MAX_CONTENT_BYTES",
    "Algorithm",
    "JwsFormat",
    "PreparedJws",
    "Reason",
    "Verified",
    "is_detached",
    "verify",
]
