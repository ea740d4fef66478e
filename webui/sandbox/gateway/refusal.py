"""Every way in which the gateway says no: a code of the sandbox's own, and its words.

BHXH's table of codes is not public (facts A4: [U]), so none of these pretends to be one of its:
they all begin with TN (thử nghiệm). The words are in text/refusals.json.
"""

import json
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any


class Code(StrEnum):
    # At the door: nothing was kept.
    UNAUTHORISED = "TN-401"
    TOO_LARGE = "TN-413"
    NOT_XML_TYPE = "TN-415"
    NO_KEY = "TN-400"
    UNREADABLE = "TN-101"
    WRONG_FORM = "TN-102"
    SIGNATURE = "TN-103"
    KEY_REUSED = "TN-104"
    DUPLICATE = "TN-105"
    PENDING = "TN-106"
    NEVER_RECEIVED = "TN-404"
    # In the receipt: the dossier was read and judged.
    CERTIFICATE_UNREADABLE = "TN-201"
    CERTIFICATE_EXPIRED = "TN-202"
    CERTIFICATE_EARLY = "TN-203"
    CERTIFICATE_UNTRUSTED = "TN-204"
    CERTIFICATE_REVOKED = "TN-205"
    NO_MST = "TN-206"
    OTHER_MST = "TN-207"
    OTHER_SERIAL = "TN-208"
    OTHER_VALIDITY = "TN-209"


class Refusal(Exception):  # noqa: N818 - it reads as what happened to the dossier
    """`details` fill the placeholders of the words."""

    def __init__(self, code: Code, **details: Any) -> None:
        self.code = code
        self.words = _words()[code].format(**details)
        super().__init__(f"{code}: {self.words}")


@cache
def _words() -> dict[str, str]:
    text = resources.files("webui.sandbox").joinpath("text/refusals.json").read_text("utf-8")
    words: dict[str, str] = json.loads(text)
    return words
