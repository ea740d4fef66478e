"""AlgorithmIdentifiers ↔ schemes (RFC 5754, RFC 4055, RFC 4056). What is not listed is refused."""

from typing import Final

from agent.formats.algorithms import Kind, Scheme
from agent.formats.cms import ber, der, oids
from agent.formats.cms.ber import Element
from agent.formats.cms.reasons import Reason, Rejected

_DIGEST_BY_OID: Final = {encoded: name for name, encoded in oids.DIGESTS.items()}
_SCHEME_BY_OID: Final = {
    encoded: Scheme(kind, name)
    for kind, family in ((Kind.RSA_PKCS1, oids.RSA_WITH), (Kind.ECDSA, oids.ECDSA_WITH))
    for name, encoded in family.items()
}
_DEFAULT_SALT_BYTES: Final = 20  # RFC 4055 §3.1
_MAX_SALT_BYTES: Final = 1024


def digest_identifier(name: str) -> bytes:
    """Without parameters, as RFC 5754 §2 wants it."""
    return der.sequence(oids.DIGESTS[name])


def signature_identifier(scheme: Scheme) -> bytes:
    match scheme.kind:
        case Kind.RSA_PKCS1:
            return der.sequence(oids.RSA_WITH[scheme.hash], der.NULL)
        case Kind.ECDSA:
            return der.sequence(oids.ECDSA_WITH[scheme.hash])
        case Kind.RSA_PSS:
            digest = der.sequence(oids.DIGESTS[scheme.hash], der.NULL)
            return der.sequence(
                oids.RSA_PSS,
                der.sequence(
                    der.tagged(0, digest),
                    der.tagged(1, der.sequence(oids.MGF1, digest)),
                    der.tagged(2, der.integer(scheme.hash_bytes)),
                ),
            )


def read_digest(identifier: Element) -> str:
    """The hash, by hashlib's name."""
    oid, parameters = _parts(identifier)
    name = _DIGEST_BY_OID.get(oid)
    if name is None or not _none_or_null(parameters):
        raise Rejected(Reason.ALGORITHM)
    return name


def read_signature(identifier: Element, *, digest: str) -> tuple[Scheme, int | None]:
    """The scheme, whose hash must be that of the content, and the salt's length for RSASSA-PSS."""
    oid, parameters = _parts(identifier)
    salt_bytes = None
    if oid == oids.RSA_PSS:
        if parameters is None:
            raise Rejected(Reason.ALGORITHM)
        name, salt_bytes = _pss(parameters)
        scheme = Scheme(Kind.RSA_PSS, name)
    else:
        found = Scheme(Kind.RSA_PKCS1, digest) if oid == oids.RSA else _SCHEME_BY_OID.get(oid)
        if found is None or not _none_or_null(parameters):
            raise Rejected(Reason.ALGORITHM)
        scheme = found
    if scheme.hash != digest:
        raise Rejected(Reason.ALGORITHM)
    return scheme, salt_bytes


def _pss(parameters: Element) -> tuple[str, int]:
    """Hash and length of the salt; the defaults of the other fields are SHA-1 and thus refused."""
    fields = {child.tag & 0x1F: child for child in parameters.children()}
    if not {0, 1} <= set(fields) <= {0, 1, 2, 3}:
        raise Rejected(Reason.ALGORITHM)
    name = read_digest(_only(fields[0]))
    mask, mask_parameters = _parts(_only(fields[1]))
    if mask != oids.MGF1 or mask_parameters is None or read_digest(mask_parameters) != name:
        raise Rejected(Reason.ALGORITHM)
    if 3 in fields and ber.integer(_only(fields[3])) != 1:  # noqa: PLR2004 - [3] trailerField
        raise Rejected(Reason.ALGORITHM)
    salt_bytes = ber.integer(_only(fields[2])) if 2 in fields else _DEFAULT_SALT_BYTES  # noqa: PLR2004
    if not 0 <= salt_bytes <= _MAX_SALT_BYTES:
        raise Rejected(Reason.ALGORITHM)
    return name, salt_bytes


def _parts(identifier: Element) -> tuple[bytes, Element | None]:
    match identifier.tag, identifier.children():
        case der.SEQUENCE, (oid,):
            return bytes(oid.whole), None
        case der.SEQUENCE, (oid, parameters):
            return bytes(oid.whole), parameters
        case _:
            raise Rejected(Reason.GRAMMAR)


def _none_or_null(parameters: Element | None) -> bool:
    return parameters is None or bytes(parameters.whole) == der.NULL


def _only(parent: Element) -> Element:
    children = parent.children()
    if len(children) != 1:
        raise Rejected(Reason.GRAMMAR)
    return children[0]
