"""RFC 3161 time-stamp tokens: verified, and put beside a signature (CAdES B-T, EN 319 122-1).

A token says that an authority saw the signature's value at a time. It is a CMS signature itself.
Whether the authority is believed is the caller's question, as with every certificate.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from asn1crypto import tsp, x509

from agent.certificates.describe import read
from agent.errors import DocumentError, UserError
from agent.formats.algorithms import HASHES
from agent.formats.cms import ber, oids
from agent.formats.cms.envelope import Envelope, without_content
from agent.formats.cms.reasons import Reason, Rejected
from agent.formats.cms.structure import read_signed_data
from agent.formats.cms.verify import Rules, verify_by

_RULES: Final = Rules(content_type=oids.TST_INFO, signing_time=False, certificate_v1=True)
#: A token has a few certificates in it; none is larger.
MAX_TOKEN_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Timestamp:
    at: datetime
    certificate: bytes = field(repr=False)  # DER, the authority's; not judged
    embedded: tuple[bytes, ...] = field(repr=False)  # hints for finding its path
    token: bytes = field(repr=False)
    #: Found beside it, in DER, not looked at: CertificateList and OCSPResponse.
    crls: tuple[bytes, ...] = field(default=(), repr=False)
    ocsp_responses: tuple[bytes, ...] = field(default=(), repr=False)


def verify_timestamp(token: bytes, *, stamped: bytes) -> Timestamp:
    """What `token` says of `stamped`, a signature's value.

    Raises DocumentError signature_invalid (reason "timestamp").
    """
    try:
        if len(token) > MAX_TOKEN_BYTES:
            raise Rejected(Reason.TIMESTAMP)
        (verified,) = verify_by(_RULES, token, content=None)
        certificate = read(verified.certificate)
    except (DocumentError, UserError, ValueError) as error:
        raise Rejected(Reason.TIMESTAMP) from error
    assert verified.content is not None  # a detached one has been refused for want of content
    algorithm, imprint, at = _info(verified.content)
    if not _may_stamp(certificate) or algorithm not in HASHES:
        raise Rejected(Reason.TIMESTAMP)
    if not hmac.compare_digest(hashlib.new(algorithm, stamped).digest(), imprint):
        raise Rejected(Reason.TIMESTAMP)
    return Timestamp(
        at=at,
        certificate=verified.certificate,
        embedded=verified.embedded,
        token=token,
        crls=verified.crls,
        ocsp_responses=verified.ocsp_responses,
    )


def timestamped(signed: bytes, token: bytes) -> bytes:
    """`signed`, which has one signature and is in DER as ours are, with `token` beside it.

    Raises DocumentError signature_invalid.
    """
    data = read_signed_data(signed)
    if len(data.signers) != 1:
        raise Rejected(Reason.GRAMMAR)
    verify_timestamp(token, stamped=data.signers[0].signature)
    try:
        apart, content = without_content(signed)
        envelope = Envelope.of(apart).stamped(token)
    except ber.Malformed as error:
        raise Rejected(Reason.GRAMMAR) from error
    head, tail = envelope.around(None if content is None else len(content))
    return b"".join((head, content or b"", tail))


def _info(octets: bytes) -> tuple[str, bytes, datetime]:
    """Hash algorithm, hash and time of a TSTInfo (RFC 3161 §2.4.2)."""
    try:
        info = tsp.TSTInfo.load(octets, strict=True)
        imprint = info["message_imprint"]
        found = (
            imprint["hash_algorithm"]["algorithm"].native,
            imprint["hashed_message"].native,
            info["gen_time"].native,
        )
        version = info["version"].native
    # asn1crypto fails in many ways on hostile bytes (see certificates/describe.py).
    except Exception as error:
        raise Rejected(Reason.TIMESTAMP) from error
    if version != "v1":
        raise Rejected(Reason.TIMESTAMP)
    return found


def _may_stamp(certificate: x509.Certificate) -> bool:
    """RFC 3161 §2.3: a key for time stamps alone, and the certificate insists on it."""
    usage = certificate.extended_key_usage_value
    return (
        usage is not None
        and usage.native == ["time_stamping"]
        and "extended_key_usage" in certificate.critical_extensions
    )
