"""The API's names for the fields of our messages: `credential_id` is its `credentialID`."""

from typing import Final

import msgspec

_CAPITALS: Final = {"id": "ID", "oid": "OID", "sad": "SAD", "pin": "PIN", "otp": "OTP"}


def csc_name(field: str) -> str:
    if field == "id":
        return field  # of an authentication object; capitals are for what follows another word
    first, *rest = field.split("_")
    head = _CAPITALS.get(first, first)
    return head + "".join(_CAPITALS.get(word, word.title()) for word in rest)


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename=csc_name):
    """What is not set is not sent: the API knows no difference between absent and null."""


class Reply(msgspec.Struct, frozen=True, kw_only=True, rename=csc_name):
    """Unknown fields are a newer service's, and ignored. Bounds are part of the types."""
