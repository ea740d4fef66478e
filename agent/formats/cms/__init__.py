"""CMS signatures in the form of CAdES, attached and detached: sign, raise, and verify strictly.

    prepared = CmsFormat(attached=False).prepare(
        document, certificate=der, signing_time=now       # or `content.digested(file)`
    )
    value = key.sign(prepared.digest, prepared.mechanism)
    signed = prepared.complete(value)                     # verified before it is returned

    (verified,) = verify(signed, content=document)
    verified.certificate, verified.digest, verified.signing_time

    raising = CmsFormat(…).raised(signed, document=document, level=Level.LT)   # see levels.py

Everything here is pure: bytes in, bytes or one documented error out. The way through the modules:

    der, ber       writing and reading ASN.1; strangers' files may be in BER
    oids           object identifiers
    identifiers    algorithm identifiers ↔ schemes
    structure      SignedData taken apart
    attributes     the signed attributes
    sign           the use case: prepare → complete → raise
    verify         the other use case
    envelope       what stands around the content, exchanged without touching that
    large          files of any size: signatures held, content hashed where it stands
    raising        CAdES B-T and B-LT
    timestamp      RFC 3161 tokens: verified, and put beside a signature
    reasons        why a signature is rejected

Why our own and not a library: asn1crypto and pyHanko make 54 and 34 signatures a second where this
makes as many as the token; and what a verifier must refuse is easier to see in a page than in
classes that accept as much as they can. openssl and pyHanko judge the result in tests.
"""

from agent.formats.cms.large import Apart, apart
from agent.formats.cms.reasons import Reason
from agent.formats.cms.sign import CmsFormat, PreparedCms
from agent.formats.cms.timestamp import Timestamp, timestamped, verify_timestamp
from agent.formats.cms.verify import (
    CADES,
    MAX_ATTACHED_BYTES,
    PLAIN,
    SIGNATURE_ROOM,
    Rules,
    Verified,
    is_detached,
    needed_digests,
    verify,
)

__all__ = [
    "CADES",
    "MAX_ATTACHED_BYTES",
    "PLAIN",
    "SIGNATURE_ROOM",
    "Apart",
    "CmsFormat",
    "PreparedCms",
    "Reason",
    "Rules",
    "Timestamp",
    "Verified",
    "apart",
    "is_detached",
    "needed_digests",
    "timestamped",
    "verify",
    "verify_timestamp",
]
