"""Why a container was rejected: `reason` in the details of DocumentError signature_invalid. A
signature in it that is not good has the reasons of `agent.formats.cms`.
"""

from enum import StrEnum

from agent.errors import DocumentError


class Reason(StrEnum):
    ARCHIVE = "archive"  # no ZIP file that every program reads alike
    MANIFEST = "manifest"  # what is signed is not said, or in a way that is not foreseen
    DIGEST = "digest"  # a file was changed, or is not there
    MISSING = "missing"  # no signature
    UNKNOWN = "unknown"  # another kind of container: XAdES, a bare time stamp


class Rejected(DocumentError):  # noqa: N818 - it reads as what happened to the container
    """The container is not good."""

    def __init__(self, reason: Reason) -> None:
        super().__init__("signature_invalid", reason=reason.value)
