"""base64url without padding (RFC 7515 §2), where every value has one spelling."""

import base64
import binascii


def encoded(octets: bytes) -> bytes:
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def decoded(text: bytes) -> bytes:
    """Raises ValueError for padding, other characters, and bits that stand for nothing."""
    try:
        octets = base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
    if encoded(octets) != text:
        raise ValueError("not the one spelling")
    return octets
