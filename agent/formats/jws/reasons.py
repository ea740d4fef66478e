"""Why a JWS was rejected: `reason` in the details of DocumentError signature_invalid."""

from enum import StrEnum

from agent.errors import DocumentError


class Reason(StrEnum):
    GRAMMAR = "grammar"  # not three parts in base64url
    HEADER = "header"  # no JSON object, a name twice, or something in it that is not understood
    ALGORITHM = "algorithm"  # none, secret, weak, unknown, or not that of the key
    CERTIFICATE = "certificate"  # the signer's is not there, or cannot be read
    BINDING = "binding"  # x5t#S256 is another certificate's
    CONTENT = "content"  # the content is missing, or is there twice and not the same
    VALUE = "value"  # the signature is not by the certificate's key, or the content was changed


class Rejected(DocumentError):  # noqa: N818 - it reads as what happened to the signature
    """The signature is not good."""

    def __init__(self, reason: Reason) -> None:
        super().__init__("signature_invalid", reason=reason.value)
