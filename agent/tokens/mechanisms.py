"""How a digest becomes what a token signs, and what a token gives becomes a signature.

RSA PKCS#1 v1.5   CKM_RSA_PKCS over the DigestInfo we build (RFC 8017 §9.2, note 1), since many
                  tokens lack the combined hash-and-sign mechanisms
RSASSA-PSS        CKM_RSA_PKCS_PSS over the digest, MGF1 with the same hash, salt as long as it
ECDSA             CKM_ECDSA over the digest; r and s side by side become an Ecdsa-Sig-Value
"""

from dataclasses import dataclass

from agent.keys import KeyType, Mechanism


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """`digest_info` is b"" where the token wants the bare digest."""

    key_type: KeyType
    digest_bytes: int
    digest_info: bytes = b""
    pss: bool = False


SCHEMES: dict[Mechanism, Scheme] = {
    Mechanism.RSA_PKCS1_SHA256: Scheme(
        key_type=KeyType.RSA,
        digest_bytes=32,
        digest_info=bytes.fromhex("3031300d060960864801650304020105000420"),
    ),
    Mechanism.RSA_PKCS1_SHA384: Scheme(
        key_type=KeyType.RSA,
        digest_bytes=48,
        digest_info=bytes.fromhex("3041300d060960864801650304020205000430"),
    ),
    Mechanism.RSA_PKCS1_SHA512: Scheme(
        key_type=KeyType.RSA,
        digest_bytes=64,
        digest_info=bytes.fromhex("3051300d060960864801650304020305000440"),
    ),
    Mechanism.RSA_PSS_SHA256: Scheme(key_type=KeyType.RSA, digest_bytes=32, pss=True),
    Mechanism.RSA_PSS_SHA384: Scheme(key_type=KeyType.RSA, digest_bytes=48, pss=True),
    Mechanism.RSA_PSS_SHA512: Scheme(key_type=KeyType.RSA, digest_bytes=64, pss=True),
    Mechanism.ECDSA_SHA256: Scheme(key_type=KeyType.EC, digest_bytes=32),
    Mechanism.ECDSA_SHA384: Scheme(key_type=KeyType.EC, digest_bytes=48),
    Mechanism.ECDSA_SHA512: Scheme(key_type=KeyType.EC, digest_bytes=64),
}


def to_be_signed(digest: bytes, mechanism: Mechanism, *, public: bytes) -> bytes:
    """What goes into C_Sign. `public` is that of the key (see calls.KeyRef).

    Raises ValueError if the digest has not the mechanism's length.
    """
    scheme = SCHEMES[mechanism]
    if len(digest) != scheme.digest_bytes:
        raise ValueError(f"{mechanism} signs {scheme.digest_bytes} bytes, not {len(digest)}")
    if scheme.key_type is KeyType.EC:
        # FIPS 186-5 §6.4.1 step 2: the leftmost bits. Some tokens refuse more than that.
        return digest[: coordinate_bytes(public)]
    return scheme.digest_info + digest


def finished(raw: bytes, mechanism: Mechanism, *, public: bytes) -> bytes:
    """The signature in its usual form from what C_Sign gave.

    Raises ValueError if that cannot be a signature of the key.
    """
    if SCHEMES[mechanism].key_type is KeyType.RSA:
        if len(raw) != len(public):
            raise ValueError(f"an RSA signature of {len(raw)} bytes for {len(public)}")
        return raw
    size = coordinate_bytes(public)
    if len(raw) == 2 * size:
        return _ecdsa_der(int.from_bytes(raw[:size]), int.from_bytes(raw[size:]))
    # PKCS#11 §2.3.1 asks for r and s side by side, yet some modules answer in DER.
    if raw[:1] == b"\x30" and trimmed_der(raw) == raw:
        return raw
    raise ValueError(f"an ECDSA signature of {len(raw)} bytes")


def coordinate_bytes(point: bytes) -> int:
    """Bytes of one coordinate of an uncompressed point."""
    return (len(point) - 1) // 2


def trimmed_der(value: bytes) -> bytes:
    """The first DER element: some drivers answer with their whole buffer, not the value alone.

    Gives b"" for what is no complete DER element.
    """
    if len(value) < 2:  # noqa: PLR2004 (a tag and a length)
        return b""
    length, start = value[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(value[2:start])
    return value[: start + length] if start + length <= len(value) else b""


def _ecdsa_der(r: int, s: int) -> bytes:
    content = _der_integer(r) + _der_integer(s)
    head = bytes((len(content),)) if len(content) < 0x80 else bytes((0x81, len(content)))  # noqa: PLR2004 (X.690 §8.1.3: short form below)
    return b"\x30" + head + content


def _der_integer(value: int) -> bytes:
    content = value.to_bytes(value.bit_length() // 8 + 1)
    return b"\x02" + bytes((len(content),)) + content
