"""A refusal that the user is told about, in the words of `backend/text/errors.json`.

    Refused
      raised anywhere in bhxh, store and filing; the backend alone turns it into an HTTP answer

Everything else that escapes is a bug and is answered as `internal_error`.
"""

from typing import Any


class Refused(Exception):  # noqa: N818 - it reads as what happened to the request
    """`code` keys the text, `field` names the input to mark, `details` fill the placeholders."""

    def __init__(self, code: str, *, field: str | None = None, **details: Any) -> None:
        self.code = code
        self.field = field
        self.details = details
        super().__init__(code if not details else f"{code} {details}")
