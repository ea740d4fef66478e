"""The CMS of a PAdES signature (EN 319 142-1 §6.3), in two halves around the key.

PAdES differs from CAdES in that signing-time is not among the signed attributes: /M of the
signature dictionary says it.
"""

from typing import Final

from asn1crypto import algos, core, tsp, x509
from asn1crypto import cms as asn1cms

from agent.formats.algorithms import Kind, Scheme
from agent.keys import Mechanism

#: Octets kept free for the CMS in the file: a chain of three, and room for a signature timestamp.
RESERVED: Final = 24_576

SCHEMES: Final = {
    Scheme.of(mechanism): mechanism
    for mechanism in (
        Mechanism.RSA_PKCS1_SHA256,
        Mechanism.ECDSA_SHA256,
        Mechanism.ECDSA_SHA384,
    )
}
_ASN1_NAMES: Final = {Kind.RSA_PKCS1: "rsa", Kind.ECDSA: "ecdsa"}


def signed_attributes(certificate: bytes, digest: bytes, scheme: Scheme) -> asn1cms.CMSAttributes:
    """What the key signs: content-type, message-digest, ESS signing-certificate-v2 (RFC 5035) and
    algorithm protection (RFC 6211).
    """
    parsed = x509.Certificate.load(certificate)
    binding = tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2({"cert_hash": parsed.sha256})]})
    protection = asn1cms.CMSAlgorithmProtection(
        {
            "digest_algorithm": algos.DigestAlgorithm({"algorithm": scheme.hash}),
            "signature_algorithm": _signature_algorithm(scheme),
        }
    )
    values: dict[str, core.Asn1Value] = {
        "content_type": asn1cms.ContentType("data"),
        "message_digest": core.OctetString(digest),
        "signing_certificate_v2": binding,
        "cms_algorithm_protection": protection,
    }
    return asn1cms.CMSAttributes(
        [asn1cms.CMSAttribute({"type": kind, "values": [value]}) for kind, value in values.items()]
    )


def signed_data(
    certificate: bytes, attributes: asn1cms.CMSAttributes, value: bytes, scheme: Scheme
) -> bytes:
    """The finished ContentInfo, DER."""
    parsed = x509.Certificate.load(certificate)
    digest_algorithm = algos.DigestAlgorithm({"algorithm": scheme.hash})
    signer = asn1cms.SignerInfo(
        {
            "version": "v1",
            "sid": asn1cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": asn1cms.IssuerAndSerialNumber(
                        {"issuer": parsed.issuer, "serial_number": parsed.serial_number}
                    )
                }
            ),
            "digest_algorithm": digest_algorithm,
            "signed_attrs": attributes,
            "signature_algorithm": _signature_algorithm(scheme),
            "signature": value,
        }
    )
    content = asn1cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [digest_algorithm],
            "encap_content_info": {"content_type": "data"},
            "certificates": [parsed],
            "signer_infos": [signer],
        }
    )
    info = asn1cms.ContentInfo({"content_type": "signed_data", "content": content})
    return bytes(info.dump())


def _signature_algorithm(scheme: Scheme) -> algos.SignedDigestAlgorithm:
    return algos.SignedDigestAlgorithm({"algorithm": f"{scheme.hash}_{_ASN1_NAMES[scheme.kind]}"})
