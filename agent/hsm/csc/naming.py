"""What all messages have in common, and the API's names for their fields: `credential_id` is its
`credentialID`.
"""

from typing import Final

import msgspec

_CAPITALS: Final = {"id": "ID", "oid": "OID", "sad": "SAD", "pin": "PIN", "otp": "OTP"}


def csc_name(field: str) -> str:
    if field == "id":
        return field  # of an authentication object; capitals are for what follows another word
    first, *rest = field.split("_")
    head = _CAPITALS.get(first, first)
    return head + "".join(_CAPITALS.get(word, word.title()) for word in rest)


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Most of them carry a secret one way or the other, so none of them shows what it holds."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class Request(Message, frozen=True, kw_only=True, omit_defaults=True, rename=csc_name):
    """What is not set is not sent: the API knows no difference between absent and null."""


class Reply(Message, frozen=True, kw_only=True, rename=csc_name):
    """Unknown fields are a newer service's, and ignored. Bounds are part of the types."""
