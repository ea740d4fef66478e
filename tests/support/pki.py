"""A small public-key infrastructure for tests: authorities like Vietnam's, and their responders.

    root = Authority.root()
    ca = Authority.under(root, urls=Urls.at(responder.url, "ca"))
    unit = ca.issue("CÔNG TY CỔ PHẦN MẪU", mst="0101300842")
    unit.sign(prepared.digest)

Keys are made once per name and process, because RSA keys take long to make.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Self

from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509 import ocsp
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    NameOID,
    ObjectIdentifier,
)

from agent.keys import Mechanism

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

#: The one moment of this PKI: its answers are of it too, however long the tests have run since.
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
MST = "0101300842"


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ec_key(name: str, bits: int = 256) -> ec.EllipticCurvePrivateKey:
    curves = {256: ec.SECP256R1(), 384: ec.SECP384R1(), 521: ec.SECP521R1()}
    return ec.generate_private_key(curves[bits])


@dataclass(kw_only=True)
class Urls:
    """Where an authority says that its answers are."""

    ocsp: str | tuple[str, ...] | None = None
    crl: str | None = None
    issuer: str | None = None

    @classmethod
    def at(cls, base: str, authority: str) -> Self:
        return cls(
            ocsp=f"{base}/{authority}/ocsp",
            crl=f"{base}/{authority}/crl",
            issuer=f"{base}/{authority}/crt",
        )


@dataclass(kw_only=True)
class Holder:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def id(self) -> str:
        return hashlib.sha256(self.der).hexdigest()

    def sign(self, digest: bytes) -> bytes:
        """Over a SHA-256 digest: RSASSA-PKCS1-v1_5, or ECDSA in DER."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.sign_by(Mechanism.RSA_PKCS1_SHA256, digest)
        return self.sign_by(Mechanism.ECDSA_SHA256, digest)

    def sign_by(self, mechanism: Mechanism, digest: bytes) -> bytes:
        """As a token does."""
        _, _, name = mechanism.value.rpartition("-")
        hashed = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
        algorithm = utils.Prehashed(hashed[name])
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(digest, ec.ECDSA(algorithm))
        if "pss" in mechanism:
            mask = padding.MGF1(hashed[name])
            return self.key.sign(digest, padding.PSS(mask, len(digest)), algorithm)
        return self.key.sign(digest, padding.PKCS1v15(), algorithm)


@dataclass(kw_only=True)
class Authority(Holder):
    """A CA. `revoked` maps serial numbers to reasons; change it at will."""

    urls: Urls = field(default_factory=Urls)
    issued: dict[int, x509.Certificate] = field(default_factory=dict)
    revoked: dict[int, x509.ReasonFlags] = field(default_factory=dict)

    @classmethod
    def root(cls, name: str = "Test National Root CA") -> Self:
        return cls._make(name, None, Urls())

    @classmethod
    def under(cls, issuer: "Authority", name: str = "Test Public CA", *, urls: Urls) -> Self:
        """`urls` are printed in what this authority issues."""
        return cls._make(name, issuer, urls)

    def stamping(self, name: str = "Test Time Stamping Authority", **differently: object) -> Holder:
        """A time-stamping authority (RFC 3161 §2.3)."""
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        issuing = {"mst": None, "extensions": ((usage, True),)} | differently
        return self.issue(name, **issuing)

    @classmethod
    def _make(cls, name: str, issuer: "Authority | None", urls: Urls) -> Self:
        key = rsa_key(name)
        subject = _name((NameOID.COUNTRY_NAME, "VN"), (NameOID.COMMON_NAME, name))
        builder = _builder(
            subject=subject,
            issuer=issuer.certificate.subject if issuer else subject,
            key=key,
            issuer_key=issuer.key if issuer else key,
            not_before=NOW - 3650 * DAY,
            not_after=NOW + 3650 * DAY,
        )
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        ).add_extension(_usage("key_cert_sign", "crl_sign", "digital_signature"), critical=True)
        if issuer:
            builder = _with_urls(builder, issuer.urls)
        certificate = builder.sign(issuer.key if issuer else key, hashes.SHA256())
        if issuer:
            issuer.issued[certificate.serial_number] = certificate
        return cls(certificate=certificate, key=key, urls=urls)

    def issue(
        self,
        name: str = "CÔNG TY CỔ PHẦN MẪU",
        *,
        mst: str | None = MST,
        uids: tuple[str, ...] = (),
        not_before: datetime = NOW - 30 * DAY,
        not_after: datetime = NOW + 1000 * DAY,
        usage: tuple[str, ...] | None = ("digital_signature", "content_commitment"),
        eku: tuple[ObjectIdentifier, ...] = (),
        key: Key | None = None,
        urls: Urls | None = None,
        serial: int | None = None,
        extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    ) -> Holder:
        key = key or rsa_key(f"unit {name} {mst}")
        uid = [f"MST:{mst}", *uids] if mst else list(uids)
        subject = _name(
            (NameOID.COUNTRY_NAME, "VN"),
            (NameOID.STATE_OR_PROVINCE_NAME, "Hà Nội"),
            (NameOID.COMMON_NAME, name),
            *((NameOID.USER_ID, value) for value in uid),
        )
        builder = _builder(
            subject=subject,
            issuer=self.certificate.subject,
            key=key,
            issuer_key=self.key,
            not_before=not_before,
            not_after=not_after,
            serial=serial,
        )
        if usage is not None:
            builder = builder.add_extension(_usage(*usage), critical=True)
        if eku:
            builder = builder.add_extension(x509.ExtendedKeyUsage(eku), critical=False)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        builder = _with_urls(builder, self.urls if urls is None else urls)
        certificate = builder.sign(self.key, hashes.SHA256())
        self.issued[certificate.serial_number] = certificate
        return Holder(certificate=certificate, key=key)

    def ocsp_signer(self, name: str = "Test OCSP responder") -> Holder:
        """A delegated responder (RFC 6960 §4.2.2.2) that itself need not be checked."""
        return self.issue(
            name,
            mst=None,
            usage=("digital_signature",),
            eku=(ExtendedKeyUsageOID.OCSP_SIGNING,),
            extensions=((x509.OCSPNoCheck(), False),),
            urls=Urls(),
        )

    def ocsp_answer(
        self,
        request: bytes,
        *,
        signer: Holder | None = None,
        this_update: datetime | None = None,
        next_update: datetime | None = None,
        pretend_good: bool = False,
    ) -> bytes:
        """The answer to a DER request; by this authority unless a `signer` is named."""
        asked = ocsp.load_der_ocsp_request(request)
        certificate = self.issued.get(asked.serial_number)
        if certificate is None:
            return ocsp.OCSPResponseBuilder.build_unsuccessful(
                ocsp.OCSPResponseStatus.UNAUTHORIZED
            ).public_bytes(serialization.Encoding.DER)
        reason = None if pretend_good else self.revoked.get(asked.serial_number)
        updated = this_update or NOW - timedelta(minutes=1)
        by = signer or self
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=certificate,
            issuer=self.certificate,
            algorithm=asked.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if reason else ocsp.OCSPCertStatus.GOOD,
            this_update=updated,
            next_update=next_update or updated + timedelta(hours=12),
            revocation_time=NOW - DAY if reason else None,
            revocation_reason=reason,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, by.certificate)
        if signer:
            builder = builder.certificates([signer.certificate])
        return builder.sign(by.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def crl(
        self,
        *,
        this_update: datetime | None = None,
        next_update: datetime | None = None,
        signer: Holder | None = None,
    ) -> bytes:
        updated = this_update or NOW - timedelta(minutes=1)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(updated)
            .next_update(next_update or updated + DAY)
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
        )
        for serial, reason in self.revoked.items():
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(serial)
                .revocation_date(NOW - DAY)
                .add_extension(x509.CRLReason(reason), critical=False)
                .build()
            )
        key = (signer or self).key
        return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


class Responder:
    """Serves `/<name>/{ocsp,crl,crt}` of its authorities, and counts what was asked.

    `override["/ca/ocsp"] = handler` stages any misbehaviour.
    """

    def __init__(self) -> None:
        self.authorities: dict[str, Authority] = {}
        self.override: dict[str, object] = {}
        self.asked: list[str] = []
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self._server.make_url("")).rstrip("/")

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    def down(self, *paths: str) -> None:
        for path in paths:
            self.override[path] = _unavailable

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if handler := self.override.get(request.path):
            return await handler(request)
        _, name, kind = request.path.split("/")
        authority = self.authorities[name]
        match kind:
            case "ocsp":
                return web.Response(
                    body=authority.ocsp_answer(await request.read()),
                    content_type="application/ocsp-response",
                )
            case "crl":
                return web.Response(body=authority.crl(), content_type="application/pkix-crl")
            case _:
                return web.Response(body=authority.der, content_type="application/pkix-cert")


async def _unavailable(_: web.Request) -> web.Response:
    return web.Response(status=503)


def _name(*attributes: tuple[ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def _builder(
    *,
    subject: x509.Name,
    issuer: x509.Name,
    key: Key,
    issuer_key: Key,
    not_before: datetime,
    not_after: datetime,
    serial: int | None = None,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )


def _with_urls(builder: x509.CertificateBuilder, urls: Urls) -> x509.CertificateBuilder:
    responders = (urls.ocsp,) if isinstance(urls.ocsp, str) else urls.ocsp or ()
    access = [
        x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
        for method, url in (
            *((AuthorityInformationAccessOID.OCSP, url) for url in responders),
            (AuthorityInformationAccessOID.CA_ISSUERS, urls.issuer),
        )
        if url
    ]
    if access:
        builder = builder.add_extension(x509.AuthorityInformationAccess(access), critical=False)
    if urls.crl:
        point = x509.DistributionPoint(
            full_name=[x509.UniformResourceIdentifier(urls.crl)],
            relative_name=None,
            reasons=None,
            crl_issuer=None,
        )
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    return builder


def _usage(*on: str) -> x509.KeyUsage:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: name in on for name in names})
