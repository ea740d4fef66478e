"""The profiles by name, for those who only tell others of them: `registry` loads what they need."""

from typing import Final

#: What `sign.xml` takes. Protocol 1 has no method yet for documents of other kinds.
XML_PROFILE_NAMES: Final = (
    "bhxh-hoso",
    "bhxh-tokhai",
    "etax",
    "einvoice",
    "einvoice-buyer",
)
PROFILE_NAMES: Final = (
    *XML_PROFILE_NAMES,
    "xml",
    "cades-attached",
    "cades-detached",
    "pades",
    "jws",
    "jws-detached",
)
