"""signatures/timestamp (v1 11.10, v2 11.13): the token must be for what was asked."""

import base64
from typing import Final

from asn1crypto.cms import ContentInfo

_TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"  # id-ct-TSTInfo, RFC 3161 §2.4.2


def token_for(text: str, *, digest: bytes, nonce: int) -> bytes | None:
    """The DER of a TimeStampToken (RFC 3161) over `digest` and with our `nonce`; None for any
    other. Who signed it is for those to judge who rely on it.
    """
    try:
        der = base64.b64decode("".join(text.split()), validate=True)
        signed = ContentInfo.load(der, strict=True)["content"]
        content = signed["encap_content_info"]
        info = content["content"].parsed
        good = (
            content["content_type"].dotted == _TST_INFO
            and info["message_imprint"]["hashed_message"].native == digest
            and info["nonce"].native == nonce
        )
    # asn1crypto fails in many ways on hostile bytes; whichever it was, this is no token.
    except Exception:  # noqa: BLE001
        return None
    return der if good else None
