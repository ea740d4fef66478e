"""The profiles by name, for those who only tell others of them: `registry` loads what they need."""

from typing import Final

#: What `sign.xml` takes; `sign.document` takes them all.
XML_PROFILE_NAMES: Final = (
    "bhxh-hoso",
    "bhxh-tokhai",
    "etax",
    "einvoice",
    "einvoice-buyer",
)
PROFILE_NAMES: Final = (
    *XML_PROFILE_NAMES,
    "cades-attached",
    "cades-detached",
    "pades",
    "jws",
    "jws-detached",
    "asic-e",
)
