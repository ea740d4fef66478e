"""Why a CMS signature was rejected: `reason` in the details of DocumentError signature_invalid."""

from enum import StrEnum

from agent.errors import DocumentError


class Reason(StrEnum):
    GRAMMAR = "grammar"  # no CMS SignedData, cut off, or with something in it that is not foreseen
    ALGORITHM = "algorithm"  # weak, unknown, or not that of the key
    ATTRIBUTES = "attributes"  # signed attributes are missing, twice there, or contradict the rest
    CERTIFICATE = "certificate"  # the signer's is not there, or cannot be read
    BINDING = "binding"  # the signed hash of the certificate is missing, or is another's
    CONTENT = "content"  # the content is missing, or is there twice and not the same
    DIGEST = "digest"  # the content was changed
    VALUE = "value"  # the signature is not by the certificate's key
    TIMESTAMP = "timestamp"  # a time stamp that is not of this signature, or not by an authority


class Rejected(DocumentError):  # noqa: N818 - it reads as what happened to the signature
    """The signature is not good."""

    def __init__(self, reason: Reason) -> None:
        super().__init__("signature_invalid", reason=reason.value)
