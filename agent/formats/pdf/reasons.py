"""Why a PDF is not signed as it is: `reason` in the details of DocumentError signature_invalid.

What is wrong with a signature's CMS has the reasons of `agent.formats.cms`.
"""

from enum import StrEnum


class Reason(StrEnum):
    MISSING = "missing"  # no signature; perhaps time stamps
    REFERENCE = "reference"  # the octets that are signed are not all around the signature
    TIMESTAMP = "timestamp"  # a document time stamp that is none
    CHANGED = "changed"  # more was done after a signature than it allows
