"""Which root and intermediate certificates are believed, and where they come from.

Two sources: files that the administrator named in the configuration, and a folder in the agent's
data directory that the user adds to and removes from (TT 15/2025/TT-BKHCN, Điều 5.5). Nothing is
bundled: whoever installs the agent decides whom it believes.

The user's folder holds one DER file per certificate, named by its SHA-256 fingerprint. Whether a
certificate is a root or an intermediate is read from the certificate itself, so that putting a
file into the wrong folder cannot turn an intermediate into something to be believed for good.
"""

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from asn1crypto import pem, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from agent.certificates.describe import read
from agent.certificates.names import common_name
from agent.errors import UserError

log = logging.getLogger(__name__)

_SUFFIXES: Final = frozenset({".pem", ".crt", ".cer", ".der", ".p7b", ".p7c"})
#: No file of certificates is larger; the whole list of a country is some 100 KB.
_MAX_FILE_BYTES: Final = 4 * 1024 * 1024


class Kind(StrEnum):
    ROOT = "root"  # self-signed: what every chain must end in
    INTERMEDIATE = "intermediate"  # helps to build chains, is not believed by itself


class Source(StrEnum):
    ADMINISTRATOR = "administrator"  # a file named in the configuration
    USER = "user"  # in the agent's own folder


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedCertificate:
    fingerprint: str  # SHA-256 of the DER, hex
    der: bytes = field(repr=False)
    kind: Kind
    source: Source
    holder: str
    issuer: str
    not_before: datetime
    not_after: datetime


class TrustStore:
    """The administrator's files and the user's folder, read when first asked and after changes."""

    def __init__(self, directory: Path, *, configured: Sequence[Path] = ()) -> None:
        """`directory` belongs to this store (created when needed); `configured` are files of
        PEM, DER or PKCS#7, or folders of such files.
        """
        self._directory = directory
        self._configured = tuple(configured)
        self._certificates: tuple[TrustedCertificate, ...] | None = None

    def certificates(self) -> tuple[TrustedCertificate, ...]:
        """All, the administrator's first; a file that cannot be read is logged and left out."""
        if self._certificates is None:
            by_administrator = _read_all(self._configured, Source.ADMINISTRATOR)
            by_user = _read_all([self._directory], Source.USER)
            unique: dict[str, TrustedCertificate] = {}
            for certificate in (*by_administrator, *by_user):
                unique.setdefault(certificate.fingerprint, certificate)
            self._certificates = tuple(unique.values())
        return self._certificates

    def of_kind(self, kind: Kind) -> list[bytes]:
        """The DER of every certificate of that kind."""
        return [c.der for c in self.certificates() if c.kind is kind]

    def add(self, data: bytes) -> tuple[TrustedCertificate, ...]:
        """Believe the certificates in `data` (PEM, DER or PKCS#7). All of them, or none.

        Raises UserError certificate_unsuitable (reason "unreadable" or "not-a-ca").
        """
        added = tuple(_trusted(der, Source.USER) for der in _split(data))
        self._directory.mkdir(parents=True, exist_ok=True)
        for certificate in added:
            path = self._path(certificate.fingerprint)
            unfinished = path.with_suffix(".part")
            unfinished.write_bytes(certificate.der)
            unfinished.replace(path)
        self._certificates = None
        return added

    def remove(self, fingerprint: str) -> None:
        """Raises UserError certificate_not_found; the administrator's are not the user's to remove
        (reason "administrator").
        """
        known = next((c for c in self.certificates() if c.fingerprint == fingerprint), None)
        if known is None:
            raise UserError("certificate_not_found")
        if known.source is Source.ADMINISTRATOR:
            raise UserError("certificate_not_found", reason="administrator")
        self._path(fingerprint).unlink(missing_ok=True)
        self._certificates = None

    def _path(self, fingerprint: str) -> Path:
        return self._directory / f"{fingerprint}.der"


def _read_all(paths: Iterable[Path], source: Source) -> Iterator[TrustedCertificate]:
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in _SUFFIXES)
            yield from _read_all(inside, source)
        elif source is Source.ADMINISTRATOR or path.exists():
            yield from _read_file(path, source)


def _read_file(path: Path, source: Source) -> Iterator[TrustedCertificate]:
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            log.warning("trust: %s is too large, ignored", path)
            return
        for der in _split(path.read_bytes()):
            yield _trusted(der, source)
    except (OSError, UserError) as error:
        log.warning("trust: %s ignored: %s", path, error)


def _split(data: bytes) -> list[bytes]:
    """The DER of each certificate in PEM, DER or PKCS#7."""
    try:
        if pem.detect(data):
            blocks = list(pem.unarmor(data, multiple=True))
            found = [der for kind, _, der in blocks if kind in ("CERTIFICATE", "X509 CERTIFICATE")]
            for kind, _, der in blocks:
                if kind == "PKCS7":
                    found += _from_pkcs7(der)
        elif data[:1] == b"\x30" and b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" in data[:32]:
            found = _from_pkcs7(data)  # the OID of signed-data stands at the beginning
        else:
            found = [data]
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UserError("certificate_unsuitable", reason="unreadable") from error
    if not found:
        raise UserError("certificate_unsuitable", reason="unreadable")
    return found


def _from_pkcs7(data: bytes) -> list[bytes]:
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

    return [c.public_bytes(Encoding.DER) for c in pkcs7.load_der_pkcs7_certificates(data)]


def _trusted(der: bytes, source: Source) -> TrustedCertificate:
    certificate = read(der)
    constraints = certificate.basic_constraints_value
    if constraints is None or not constraints["ca"].native:
        raise UserError("certificate_unsuitable", reason="not-a-ca")
    return TrustedCertificate(
        fingerprint=hashlib.sha256(der).hexdigest(),
        der=der,
        kind=Kind.ROOT if _self_signed(certificate) else Kind.INTERMEDIATE,
        source=source,
        holder=common_name(certificate.subject),
        issuer=common_name(certificate.issuer),
        not_before=certificate.not_valid_before,
        not_after=certificate.not_valid_after,
    )


def _self_signed(certificate: x509.Certificate) -> bool:
    if certificate.subject.dump() != certificate.issuer.dump():
        return False
    from cryptography.x509 import load_der_x509_certificate

    try:
        parsed = load_der_x509_certificate(certificate.dump())
        parsed.verify_directly_issued_by(parsed)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
