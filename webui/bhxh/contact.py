"""Names, phone numbers and e-mail addresses as the form may carry them.

A wrong e-mail address cuts the unit off from its own result (facts A3), so it is asked twice.
"""

import re
import unicodedata
from typing import Final

from webui.bhxh.rules import PHONE
from webui.errors import Refused

#: RFC 5321 §4.5.3.1 bounds; the grammar is narrower than the RFC's on purpose: what is refused here
#: is always a slip of the hand.
_EMAIL: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]",
    re.ASCII,
)
_MAX_EMAIL: Final = 254
_MAX_LOCAL: Final = 64


def checked_text(text: str, *, field: str, longest: int = 250) -> str:
    """One line of words: NFC, blanks folded. Raises Refused required, text_unusable, text_long."""
    folded = " ".join(unicodedata.normalize("NFC", text).split())
    if not folded:
        raise Refused("required", field=field)
    if len(folded) > longest:
        raise Refused("text_long", field=field, longest=longest)
    # Control characters cannot stand in XML; direction marks can make a text read as another;
    # unassigned and private characters no one can read.
    if any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn"} for c in folded):
        raise Refused("text_unusable", field=field)
    return folded


def checked_phone(text: str, *, field: str = "dien_thoai") -> str:
    """Ten digits of a mobile, eleven of a landline, from 0…, 84… or +84…

    Raises Refused phone_malformed.
    """
    compact = re.sub(r"[\s.()-]", "", text)
    for prefix in ("+84", "0084", "84"):
        if compact.startswith(prefix) and len(compact) > 9 + len(prefix) - 1:
            compact = "0" + compact[len(prefix) :].removeprefix("0")
            break
    if not (compact.isascii() and PHONE.fullmatch(compact)):
        raise Refused("phone_malformed", field=field)
    return compact


def checked_email(text: str, again: str | None = None, *, field: str = "email") -> str:
    """`again` is the second typing. Raises Refused email_malformed, email_differs."""
    address = text.strip()
    local = address.rpartition("@")[0]
    if len(address) > _MAX_EMAIL or len(local) > _MAX_LOCAL or not _EMAIL.fullmatch(address):
        raise Refused("email_malformed", field=field)
    # The part before @ may be case-sensitive, the rest is not; a difference in case is still a slip
    # worth asking about.
    if again is not None and again.strip() != address:
        raise Refused("email_differs", field=f"{field}_lap_lai")
    return address
