"""TLS certificates for the services' hosts, by the sandbox's own CA."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from webui.sandbox.ca import Authority, keys
from webui.sandbox.ca.ledger import replace

_LIFE: Final = timedelta(days=365)
_RENEWED_BEFORE: Final = timedelta(days=30)


def context(folder: Path, authority: Authority, *, host: str) -> ssl.SSLContext:
    """For a server at `host` (a name or an address); made and kept in `folder`."""
    path = folder / f"{host}.pem"
    if not _is_good(path, authority):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace(path, _made(authority, host))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(path)
    return made


def _is_good(path: Path, authority: Authority) -> bool:
    if not path.exists():
        return False
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    issuer = x509.load_der_x509_certificate(authority.issuing)
    return (
        certificate.not_valid_after_utc - datetime.now(UTC) > _RENEWED_BEFORE
        and certificate.issuer == issuer.subject
    )


def _made(authority: Authority, host: str) -> bytes:
    """Key, certificate and the issuing CA's, PEM."""
    key = keys.new()
    issuer = x509.load_der_x509_certificate(authority.issuing)
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
        .add_extension(x509.SubjectAlternativeName([_name(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
                issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
            ),
            critical=False,
        )
        .sign(authority.issuing_key(), hashes.SHA256())
    )
    return b"".join(
        (
            keys.pem(key),
            certificate.public_bytes(Encoding.PEM),
            issuer.public_bytes(Encoding.PEM),
        )
    )


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
