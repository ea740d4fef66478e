"""The protected header: written, and read exactly (RFC 7515 §4, RFC 7797 §3, ETSI TS 119 182-1).

    alg        one of algorithms.py
    iat        the signing time, in seconds of Unix. JAdES V1.2.1 put it in the place of `sigT`,
               which older signatures have and which is therefore read. Either is a claim.
    x5t#S256   SHA-256 of the certificate
    x5c        certificates: the signer's, then each one's issuer, without the root
    b64, crit  false and ["b64"] where the content is signed as it is (RFC 7797)

Other names are the signer's own words and are listed, unless `crit` says that they must be
understood. A key, or where to fetch one, has no place beside certificates: `jwk`, `jku` and `x5u`
are refused, since another reader might follow them.
"""

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from agent.formats.jws import base64url
from agent.formats.jws.algorithms import ALGORITHMS, Algorithm
from agent.formats.jws.reasons import Reason, Rejected

MAX_HEADER_BYTES: Final = 128 * 1024
MAX_CERTIFICATES: Final = 16
_REFUSED: Final = frozenset({"jwk", "jku", "x5u"})
_UNDERSTOOD: Final = frozenset({"alg", "iat", "sigT", "x5t#S256", "x5c", "b64", "crit"})
#: RFC 7515 §4.1.11: names of the RFC itself may not be in `crit`.
_MAY_BE_CRITICAL: Final = frozenset({"b64", "iat", "sigT"})
_END_OF_TIME: Final = 253402300800  # the year 10000


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    algorithm: Algorithm
    certificates: tuple[bytes, ...] = field(repr=False)  # DER, the signer's first
    thumbprint: bytes | None  # SHA-256
    signing_time: datetime | None
    encoded_content: bool  # false: RFC 7797's b64
    others: tuple[str, ...]


def written(
    algorithm: Algorithm,
    *,
    certificates: tuple[bytes, ...],
    thumbprint: bytes,
    signing_time: datetime,
    encoded_content: bool,
) -> bytes:
    """JSON in UTF-8."""
    header: dict[str, Any] = {
        "alg": algorithm.name,
        "iat": int(signing_time.timestamp()),
        "x5t#S256": base64url.encoded(thumbprint).decode(),
        "x5c": [base64.b64encode(der).decode() for der in certificates],
    }
    if not encoded_content:
        header |= {"b64": False, "crit": ["b64"]}
    return json.dumps(header, separators=(",", ":")).encode()


def read(octets: bytes) -> Header:
    """Raises DocumentError signature_invalid (header, algorithm, certificate, binding)."""
    header = _object(octets)
    if _REFUSED & set(header):
        raise Rejected(Reason.HEADER)
    algorithm = ALGORITHMS.get(_typed(header, "alg", str, Reason.ALGORITHM))
    if algorithm is None:
        raise Rejected(Reason.ALGORITHM)
    critical = _critical(header)
    encoded_content = True
    if "b64" in header:
        encoded_content = _typed(header, "b64", bool, Reason.HEADER)
        if "b64" not in critical:  # RFC 7797 §6: who does not know it must refuse it
            raise Rejected(Reason.HEADER)
    return Header(
        algorithm=algorithm,
        certificates=_certificates(header),
        thumbprint=_thumbprint(header),
        signing_time=_signing_time(header),
        encoded_content=encoded_content,
        others=tuple(name for name in header if name not in _UNDERSTOOD),
    )


def _object(octets: bytes) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise ValueError("a name twice")
        return dict(pairs)

    def refuse(name: str) -> None:
        raise ValueError(name)  # NaN and Infinity are no JSON

    if len(octets) > MAX_HEADER_BYTES:
        raise Rejected(Reason.HEADER)
    try:
        header = json.loads(octets.decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Rejected(Reason.HEADER) from error
    if not isinstance(header, dict):
        raise Rejected(Reason.HEADER)
    return header


def _typed(header: dict[str, Any], name: str, kind: type, reason: Reason) -> Any:
    value = header.get(name)
    if type(value) is not kind:  # a bool is an int to isinstance
        raise Rejected(reason)
    return value


def _critical(header: dict[str, Any]) -> frozenset[str]:
    if "crit" not in header:
        return frozenset()
    names = _typed(header, "crit", list, Reason.HEADER)
    if not names or not all(isinstance(name, str) for name in names):
        raise Rejected(Reason.HEADER)
    found = frozenset(names)
    if len(found) != len(names) or not found <= _MAY_BE_CRITICAL & set(header):
        raise Rejected(Reason.HEADER)
    return found


def _certificates(header: dict[str, Any]) -> tuple[bytes, ...]:
    texts = _typed(header, "x5c", list, Reason.CERTIFICATE)
    if not 0 < len(texts) <= MAX_CERTIFICATES:
        raise Rejected(Reason.CERTIFICATE)
    try:
        found = tuple(base64.b64decode(text, validate=True) for text in texts)
    except (binascii.Error, ValueError, TypeError) as error:
        raise Rejected(Reason.CERTIFICATE) from error
    if [base64.b64encode(der).decode() for der in found] != texts:
        raise Rejected(Reason.CERTIFICATE)
    return found


def _thumbprint(header: dict[str, Any]) -> bytes | None:
    if "x5t#S256" not in header:
        return None
    text = _typed(header, "x5t#S256", str, Reason.BINDING)
    try:
        return base64url.decoded(text.encode())
    except ValueError as error:
        raise Rejected(Reason.BINDING) from error


def _signing_time(header: dict[str, Any]) -> datetime | None:
    match "iat" in header, "sigT" in header:
        case False, False:
            return None
        case True, False:
            seconds = _typed(header, "iat", int, Reason.HEADER)
            if not 0 <= seconds < _END_OF_TIME:
                raise Rejected(Reason.HEADER)
            return datetime.fromtimestamp(seconds, UTC)
        case False, True:
            text = _typed(header, "sigT", str, Reason.HEADER)
            try:
                return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            except ValueError as error:
                raise Rejected(Reason.HEADER) from error
        case _:
            raise Rejected(Reason.HEADER)  # one moment, not two
