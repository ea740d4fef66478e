"""Keys and the devices they live in, as plain values that every part of the agent may hold."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

#: Stable while the same physical token is plugged in again: SHA-256 over module, manufacturer,
#: model, serial and label, hex, shortened to 32 characters.
TokenId = NewType("TokenId", str)
#: Of an account at a signing service: SHA-256 over provider, host and account name, hex, shortened
#: to 32 characters.
AccountId = NewType("AccountId", str)
#: SHA-256 of the certificate's DER, hex (as on the wire).
CertificateId = NewType("CertificateId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class PinState:
    """Flags of C_GetTokenInfo. Not every module sets `low`; `locked` is read after a failure."""

    low: bool = False  # CKF_USER_PIN_COUNT_LOW
    final_try: bool = False  # CKF_USER_PIN_FINAL_TRY
    locked: bool = False  # CKF_USER_PIN_LOCKED
    pin_pad: bool = False  # CKF_PROTECTED_AUTHENTICATION_PATH: the PIN is typed on the reader
    min_length: int = 0
    max_length: int = 0  # 0: unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenInfo:
    id: TokenId
    label: str
    manufacturer: str
    model: str
    serial: str
    reader: str
    module: str  # file name of the PKCS#11 module, for diagnostics
    pin: PinState = field(default_factory=PinState)


class KeyType(StrEnum):
    RSA = "RSA"
    EC = "EC"


class Mechanism(StrEnum):
    """Signature schemes; the worker maps them to CKM_* and DigestInfo."""

    RSA_PKCS1_SHA256 = "rsa-pkcs1-sha256"  # RFC 8017 §8.2
    RSA_PKCS1_SHA384 = "rsa-pkcs1-sha384"
    RSA_PKCS1_SHA512 = "rsa-pkcs1-sha512"
    RSA_PSS_SHA256 = "rsa-pss-sha256"  # RFC 8017 §8.1, salt as long as the hash
    RSA_PSS_SHA384 = "rsa-pss-sha384"
    RSA_PSS_SHA512 = "rsa-pss-sha512"
    ECDSA_SHA256 = "ecdsa-sha256"  # DER-encoded Ecdsa-Sig-Value (RFC 3279 §2.2.3)
    ECDSA_SHA384 = "ecdsa-sha384"
    ECDSA_SHA512 = "ecdsa-sha512"


class OtpKind(StrEnum):
    """Where a one-time password comes from."""

    SENT = "sent"  # the service sends it when it is asked to (SMS, e-mail)
    GENERATED = "generated"  # the user's own device or app shows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What a service asks of its user before each signature, besides the account itself."""

    pin: bool = False  # the credential's own PIN or password
    otp: OtpKind | None = None
    otp_label: str = ""  # as the service calls it; a stranger's text
    phone: bool = False  # confirmed in the service's app, while we wait


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInfo:
    """An account at a remote signing service, without its secret."""

    account: AccountId
    provider: str  # a row of hsm/providers.toml
    provider_name: str
    host: str  # "api.cyberhsm.vn", with the port unless it is 443
    name: str  # of the account; shown in our own windows alone


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCertificate:
    """A certificate whose key a remote signing service keeps and lets this account use."""

    id: CertificateId
    der: bytes
    service: ServiceInfo
    credential: str  # the service's own name for the key
    confirmation: Confirmation
    key_type: KeyType
    key_bits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCertificate:
    """A certificate on a token whose private key was found beside it (by CKA_ID, else by key)."""

    id: CertificateId
    der: bytes
    token: TokenInfo
    key_type: KeyType
    key_bits: int


#: A certificate that can sign here, wherever its key is.
KeyCertificate = TokenCertificate | ServiceCertificate
