"""Our CA in certomancer's terms: who signs whom, which extensions, which services at which URL.

    OpenKySo Demo Root CA ── OpenKySo Demo CA ──┬── subscribers
                                                ├── its time-stamping authority
                                                └── its OCSP responder (the root answers itself)

certomancer reads its world once, from configuration; so a `PKIArchitecture` is built anew whenever
something was issued or revoked, and certificates already made are handed to it in its cache.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NewType, cast

import certomancer.default_plugins  # noqa: F401 - registers the extensions and profiles used below
from asn1crypto import keys, x509
from certomancer.registry import ArchLabel, CertLabel, PKIArchitecture
from certomancer.registry.entities import EntityRegistry
from certomancer.registry.keys import AsymKey, KeySet

from webui.sandbox.ca.ledger import Entry
from webui.sandbox.ca.subject import Order, name

Label = NewType("Label", str)
ROOT: Final = Label("root")
ISSUING: Final = Label("issuing")
RESPONDER: Final = Label("responder")
TSA: Final = Label("tsa")
#: Those with keys of the CA's own; of the first two on come all the others.
OURS: Final = (ROOT, ISSUING, RESPONDER, TSA)

#: The first step of the path of every URL in a certificate.
PATH: Final = "ca"
_OWNER: Final = "OpenKySo (thử nghiệm)"
NAMES: Final[Mapping[Label, x509.Name]] = {
    ROOT: name(country_name="VN", organization_name=_OWNER, common_name="OpenKySo Demo Root CA"),
    ISSUING: name(country_name="VN", organization_name=_OWNER, common_name="OpenKySo Demo CA"),
    RESPONDER: name(country_name="VN", organization_name=_OWNER, common_name="OpenKySo Demo OCSP"),
    TSA: name(country_name="VN", organization_name=_OWNER, common_name="OpenKySo Demo TSA"),
}
_SERVICES: Final[Mapping[str, Any]] = {
    "ocsp": {
        ROOT: {"for-issuer": ROOT, "responder-cert": ROOT},
        ISSUING: {"for-issuer": ISSUING, "responder-cert": RESPONDER},
    },
    "crl-repo": {
        # The schedule is certomancer's; ours are made at each request (authority.crl).
        label: {"for-issuer": label, "simulated-update-schedule": "P1D"}
        for label in (ROOT, ISSUING)
    },
    "cert-repo": {label: {"for-issuer": label} for label in (ROOT, ISSUING)},
    "time-stamping": {TSA: {"signing-cert": TSA, "certs-to-embed": [ISSUING]}},
}
#: Where certomancer wants a period and the certificate, made already, has its own.
_ANY_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Commission:
    """One certificate to be made by this architecture."""

    label: str
    serial: int
    order: Order


def assemble(
    *,
    url: str,
    ca_keys: Mapping[Label, AsymKey],
    ca_certificates: Mapping[Label, x509.Certificate],
    ca_validity: tuple[datetime, datetime],
    issued: Iterable[Entry],
    commission: Commission | None = None,
) -> PKIArchitecture:
    """With a commission, one that can also make that certificate."""
    names = _Names({str(label): made for label, made in NAMES.items()})
    keyring = _Keys({str(label): pair for label, pair in ca_keys.items()})
    cache = {CertLabel(label): made for label, made in ca_certificates.items()}
    specs = {str(label): _ca_spec(label, ca_validity) for label in OURS}
    for entry in issued:
        made = x509.Certificate.load(entry.certificate)
        names[entry.label] = made.subject
        cache[CertLabel(entry.label)] = made
        specs[entry.label] = _issued_spec(entry)
    if commission is not None:
        names[commission.label] = commission.order.subject
        public = keys.PublicKeyInfo.load(commission.order.public_key)
        keyring[commission.label] = AsymKey(public=public)
        specs[commission.label] = _ordered_spec(commission)
    return PKIArchitecture(
        ArchLabel(PATH),
        key_set=cast("KeySet", keyring),
        entities=cast("EntityRegistry", names),
        cert_spec_config=specs,
        service_config=_SERVICES,
        external_url_prefix=url,
        cert_cache=cache,
    )


def _ca_spec(label: Label, validity: tuple[datetime, datetime]) -> dict[str, Any]:
    first, last = validity
    issuer = ISSUING if label in {RESPONDER, TSA} else ROOT
    spec: dict[str, Any] = {
        "issuer": issuer,
        "validity": _validity(first, last),
        "extensions": [],
    }
    if label is RESPONDER:
        spec["profiles"] = ["ocsp-responder"]
        return spec
    if label == TSA:
        spec["extensions"] = [*_for_time_stamps(), *_where_to_ask(ISSUING)]
        return spec
    depth = {ROOT: 1, ISSUING: 0}[label]
    spec["profiles"] = [{"id": "simple-ca", "params": {"max-path-len": depth}}]
    if label is ISSUING:
        spec["extensions"] = _where_to_ask(ROOT)
    return spec


def _ordered_spec(commission: Commission) -> dict[str, Any]:
    usage = {
        "id": "key_usage",
        "critical": True,
        "smart-value": {"schema": "key-usage", "params": sorted(commission.order.key_usage)},
    }
    return {
        "issuer": ISSUING,
        "serial": commission.serial,
        "validity": _validity(*commission.order.validity),
        "extensions": [
            {"id": "basic_constraints", "critical": True, "value": {"ca": False}},
            usage,
            *_where_to_ask(ISSUING),
        ],
    }


def _issued_spec(entry: Entry) -> dict[str, Any]:
    """Enough for OCSP and CRL; the certificate itself comes from the cache."""
    spec: dict[str, Any] = {
        "issuer": ISSUING,
        "serial": entry.serial,
        "validity": _validity(_ANY_TIME, _ANY_TIME),
    }
    if entry.revocation is not None:
        spec["revocation"] = {
            "revoked-since": entry.revocation.at.isoformat(),
            "reason": entry.revocation.reason,
        }
    return spec


def _for_time_stamps() -> list[dict[str, Any]]:
    """RFC 3161 §2.3: the key does nothing else."""
    usage = {"schema": "key-usage", "params": ["digital_signature"]}
    return [
        {"id": "key_usage", "critical": True, "smart-value": usage},
        {"id": "extended_key_usage", "critical": True, "value": ["time_stamping"]},
    ]


def _where_to_ask(issuer: Label) -> list[dict[str, Any]]:
    return [
        {
            "id": "authority_information_access",
            "smart-value": {
                "schema": "aia-urls",
                "params": {
                    "ocsp-responder-names": [issuer],
                    "ca-issuer-links": [{"repo": issuer}],
                },
            },
        },
        {
            "id": "crl_distribution_points",
            "smart-value": {"schema": "crl-dist-url", "params": {"crl-repo-names": [issuer]}},
        },
    ]


def _validity(first: datetime, last: datetime) -> dict[str, str]:
    return {"valid-from": first.isoformat(), "valid-to": last.isoformat()}


class _Names(dict[str, x509.Name]):
    """What PKIArchitecture asks of an EntityRegistry: names by label, two UIDs and all.

    (certomancer's own registry builds names from mappings, which cannot repeat an attribute.)
    """

    def __getitem__(self, label: object) -> x509.Name:
        return super().__getitem__(str(label))


class _Keys(dict[str, AsymKey]):
    """What PKIArchitecture asks of a KeySet, from memory: a subscriber's key is never in a file."""

    def __getitem__(self, label: object) -> Any:
        return _Key(super().__getitem__(str(label)))

    def get_asym_key(self, label: object) -> AsymKey:
        return super().__getitem__(str(label))

    def get_private_key(self, label: object) -> keys.PrivateKeyInfo:
        return self.get_asym_key(label).private


class _Key:
    def __init__(self, pair: AsymKey) -> None:
        self.key_pair = pair
        self.public_key_info = pair.public
        self.private_key_info = pair.private
