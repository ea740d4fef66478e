"""The CA's desk: issue, revoke, and what its OCSP responder and CRLs say at this moment.

    authority = Authority.open(folder, url="http://127.0.0.1:8621")
    certificate = authority.issue(Order(name="CÔNG TY …", uids=("MST:…",), public_key=spki))
    authority.revoke(certificate)

Everything is computed when asked: a certificate revoked now is revoked in the next answer. Calls
take some milliseconds and are not thread-safe; one event loop owns an Authority.
"""

import secrets
from dataclasses import replace as changed
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

from asn1crypto import core, ocsp, pem, tsp, x509
from certomancer.registry import CertLabel, PKIArchitecture, ServiceLabel
from certomancer.services import CRLBuilder, choose_signed_digest
from cryptography.hazmat.primitives.asymmetric import rsa

from webui.sandbox.ca import architecture, keys
from webui.sandbox.ca.architecture import ISSUING, OURS, RESPONDER, ROOT, TSA, Commission, Label
from webui.sandbox.ca.ledger import Entry, Ledger, Revocation, replace
from webui.sandbox.ca.subject import Order

_YEAR: Final = timedelta(days=365)
#: Long ago enough for a certificate that has expired after its three years.
_CA_LIFE: Final = (-10 * _YEAR, 15 * _YEAR)
_DIGEST_BYTES: Final = frozenset({32, 48, 64})
_CRL_LIFE: Final = timedelta(days=1)
#: As the serials of one Vietnamese CA begin (facts/vn-signing B.1); the rest is random.
_SERIAL_HEAD: Final = 0x5401


class UnknownCertificateError(LookupError):
    """Not issued by this CA."""


class _Refusal(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """A TimeStampResp without a token (RFC 3161 §2.4.2), which asn1crypto's always has."""

    _fields: ClassVar = [("status", tsp.PKIStatusInfo)]


class Authority:
    def __init__(self, folder: Path, *, url: str) -> None:
        """Use `open`."""
        self._folder = folder
        self._url = url
        self._ledger = Ledger(folder / "issued")
        self._entries = {entry.label: entry for entry in self._ledger}
        self._keys = {label: keys.pair(keys.kept(self._key_file(label))) for label in OURS}
        self._certificates: dict[Label, x509.Certificate] = {}
        now = datetime.now(UTC).replace(microsecond=0)
        self._ca_validity = (now + _CA_LIFE[0], now + _CA_LIFE[1])
        for label in OURS:
            self._certificates[label] = self._load_or_make_ca(label)
        self._arch = self._assemble()

    @classmethod
    def open(cls, folder: Path, *, url: str) -> "Authority":
        """The CA kept in `folder`, made on first use. `url` is where `http` will be found, without
        a slash at its end; it stands in every certificate, so it must stay the same.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(folder, url=url)

    @property
    def trust(self) -> Path:
        """A folder with the root and the issuing CA as PEM: what others must trust."""
        return self._folder / "trust"

    @property
    def root(self) -> bytes:
        return bytes(self._certificates[ROOT].dump())

    @property
    def issuing(self) -> bytes:
        return bytes(self._certificates[ISSUING].dump())

    def issuing_key(self) -> rsa.RSAPrivateKey:
        """For what is no subscriber's certificate: the sandbox's own TLS servers."""
        return keys.kept(self._key_file(ISSUING))

    def ca_certificate(self, ca: Label) -> bytes:
        return bytes(self._certificates[ca].dump())

    def issue(self, order: Order) -> bytes:
        """The certificate, DER. Raises ValueError if the public key is none."""
        serial = int.from_bytes(_SERIAL_HEAD.to_bytes(2, "big") + secrets.token_bytes(14), "big")
        commission = Commission(label=f"{serial:x}", serial=serial, order=order)
        arch = self._assemble(commission)
        certificate = bytes(arch.get_cert(CertLabel(commission.label)).dump())
        self._keep(Entry(serial=serial, certificate=certificate))
        return certificate

    def revoke(
        self,
        certificate: bytes,
        *,
        reason: str = "key_compromise",
        at: datetime | None = None,
    ) -> None:
        """From `at` (now) on; the first revocation counts. Raises UnknownCertificateError."""
        label = f"{x509.Certificate.load(certificate).serial_number:x}"
        entry = self._entries.get(label)
        if entry is None or entry.certificate != certificate:
            raise UnknownCertificateError(label)
        if entry.revocation is None:
            moment = (at or datetime.now(UTC)).replace(microsecond=0)
            self._keep(changed(entry, revocation=Revocation(at=moment, reason=reason)))

    def issued(self) -> list[Entry]:
        return list(self._entries.values())

    def ocsp(self, ca: Label, request: bytes) -> bytes:
        """An OCSPResponse for an OCSPRequest, both DER (RFC 6960)."""
        try:
            asked = ocsp.OCSPRequest.load(request, strict=True)
            _ = asked.native  # asn1crypto parses late; a broken request must be found now
        except (ValueError, TypeError):
            return bytes(ocsp.OCSPResponse({"response_status": "malformed_request"}).dump())
        responder = self._arch.service_registry.summon_responder(
            ServiceLabel(ca), datetime.now(UTC).replace(microsecond=0)
        )
        return bytes(responder.build_ocsp_response(asked).dump())

    def time_stamp(self, request: bytes) -> bytes:
        """A TimeStampResp for a TimeStampReq, both DER (RFC 3161)."""
        try:
            asked = tsp.TimeStampReq.load(request, strict=True)
            _ = asked.native
            known = len(asked["message_imprint"]["hashed_message"].native) in _DIGEST_BYTES
        except (ValueError, TypeError):
            known = False
        if not known:
            refusal = tsp.PKIStatusInfo({"status": "rejection", "fail_info": {"bad_data_format"}})
            return bytes(_Refusal({"status": refusal}).dump())
        authority = self._arch.service_registry.summon_timestamper(ServiceLabel(TSA))
        return bytes(authority.request_tsa_response(asked).dump())

    def crl(self, ca: Label) -> bytes:
        """A complete CRL as of this second (RFC 5280 §5), DER.

        certomancer's own are as of the last full period of a schedule: a revocation would not show
        until the next. And they name their distribution point, which the root's certificate does
        not, so that openssl would find them of another scope (§5.2.5).
        """
        now = datetime.now(UTC).replace(microsecond=0)
        info = self._arch.service_registry.get_crl_repo_info(ServiceLabel(ca))
        issuer, key = self._certificates[ca], self._keys[ca].private
        builder = CRLBuilder(
            issuer_name=issuer.subject,
            issuer_key=key,
            signature_algo=choose_signed_digest("sha256", issuer.public_key),
            authority_key_identifier=core.OctetString(issuer.key_identifier),
        )
        content = builder.format_tbs_crl(
            crl_number=int(now.timestamp()),
            this_update=now,
            next_update=now + _CRL_LIFE,
            revoked_certs=list(self._arch.get_revoked_certs_at_time(now, info)),
        )
        return bytes(builder.sign_crl(_to_the_letter(content)).dump())

    def _key_file(self, label: Label) -> Path:
        return self._folder / f"{label}.key.pem"

    def _assemble(self, commission: Commission | None = None) -> PKIArchitecture:
        return architecture.assemble(
            url=self._url,
            ca_keys=self._keys,
            ca_certificates=self._certificates,
            ca_validity=self._ca_validity,
            issued=self._entries.values(),
            commission=commission,
        )

    def _keep(self, entry: Entry) -> None:
        self._ledger.keep(entry)
        self._entries[entry.label] = entry
        self._arch = self._assemble()

    def _load_or_make_ca(self, label: Label) -> x509.Certificate:
        path = self.trust / f"{label}.pem"
        if label in {RESPONDER, TSA}:  # trusted because its issuer is
            path = self._folder / f"{label}.pem"
        if path.exists():
            return x509.Certificate.load(pem.unarmor(path.read_bytes())[2])
        path.parent.mkdir(exist_ok=True)
        made = self._assemble().get_cert(CertLabel(label))
        replace(path, pem.armor("CERTIFICATE", made.dump()), mode=0o644)
        return made


def _to_the_letter(content: Any) -> Any:
    """What RFC 5280 demands and certomancer 0.16 does otherwise: times before 2050 as UTCTime
    (§5.1.2.4), and no list of revoked certificates where there are none (§5.1.2.6).
    """
    for when in ("this_update", "next_update"):
        content[when] = x509.Time({"utc_time": content[when].native})
    if len(content["revoked_certificates"]) == 0:
        del content["revoked_certificates"]
        return content
    for revoked in content["revoked_certificates"]:
        moment = revoked["revocation_date"].native
        revoked["revocation_date"] = x509.Time({"utc_time": moment})
    return content
