"""Object identifiers, encoded. Sources: RFC 5652, RFC 5035, RFC 5754, RFC 4055, RFC 3161, RFC 6211,
RFC 5940, RFC 6960, EN 319 122-1.
"""

from typing import Final

from agent.formats.cms.der import oid

DATA: Final = oid("1.2.840.113549.1.7.1")
SIGNED_DATA: Final = oid("1.2.840.113549.1.7.2")
TST_INFO: Final = oid("1.2.840.113549.1.9.16.1.4")

CONTENT_TYPE: Final = oid("1.2.840.113549.1.9.3")
MESSAGE_DIGEST: Final = oid("1.2.840.113549.1.9.4")
SIGNING_TIME: Final = oid("1.2.840.113549.1.9.5")
SIGNING_CERTIFICATE: Final = oid("1.2.840.113549.1.9.16.2.12")
SIGNING_CERTIFICATE_V2: Final = oid("1.2.840.113549.1.9.16.2.47")
ALGORITHM_PROTECTION: Final = oid("1.2.840.113549.1.9.52")
SIGNATURE_TIMESTAMP: Final = oid("1.2.840.113549.1.9.16.2.14")

#: What an OtherRevocationInfoFormat may be: an OCSPResponse (RFC 5940 §2.1), or only the
#: BasicOCSPResponse in it.
OCSP_RESPONSE: Final = oid("1.3.6.1.5.5.7.16.2")
OCSP_BASIC: Final = oid("1.3.6.1.5.5.7.48.1.1")

#: By hashlib's names.
DIGESTS: Final = {
    "sha256": oid("2.16.840.1.101.3.4.2.1"),
    "sha384": oid("2.16.840.1.101.3.4.2.2"),
    "sha512": oid("2.16.840.1.101.3.4.2.3"),
}
#: An RSA signature whose hash is named elsewhere (RFC 5754 §3.2).
RSA: Final = oid("1.2.840.113549.1.1.1")
RSA_PSS: Final = oid("1.2.840.113549.1.1.10")
MGF1: Final = oid("1.2.840.113549.1.1.8")
RSA_WITH: Final = {
    "sha256": oid("1.2.840.113549.1.1.11"),
    "sha384": oid("1.2.840.113549.1.1.12"),
    "sha512": oid("1.2.840.113549.1.1.13"),
}
ECDSA_WITH: Final = {
    "sha256": oid("1.2.840.10045.4.3.2"),
    "sha384": oid("1.2.840.10045.4.3.3"),
    "sha512": oid("1.2.840.10045.4.3.4"),
}
