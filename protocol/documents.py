"""What is signed, and how: the messages about documents, digests and files (SPEC 5).

A document comes in one of three ways, and what is made of it goes back in a matching one:

    document    base64 in the message, up to MAX_INLINE_BYTES    → `document` in the result
    content     a number of binary frames (protocol.content)     → `content`: frames back
    file        an id from `files.pick`                          → `content`: frames back
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from protocol.limits import (
    MAX_DIGESTS_AT_ONCE,
    MAX_DIGESTS_IN_SESSION,
    MAX_INLINE_BYTES,
    MAX_PICKED_FILES,
    MAX_SESSION_SECONDS,
    MAX_STAMP_IMAGE_BYTES,
)
from protocol.messages import (
    Certificate,
    CertificateId,
    Mst,
    Name,
    Params,
    Place,
    Reason,
    Result,
    exactly,
)

#: Chosen by who sends the content; each direction of a connection counts for itself.
ContentNumber = Annotated[int, Meta(ge=1, le=2**32 - 1)]
#: Chosen by the agent; means something on this connection alone.
Handle = Annotated[str, Meta(pattern=exactly("[0-9a-f]{32}"))]
Hash = Literal["sha256", "sha384", "sha512"]
Padding = Literal["pkcs1", "pss"]
#: Baseline levels of ETSI EN 319 122-1, 132-1, 142-1.
Level = Literal["B-B", "B-T", "B-LT", "B-LTA"]
Points = Annotated[int, Meta(ge=-20_000, le=20_000)]


class Source(Params, frozen=True, kw_only=True):
    """Exactly one of these."""

    document: Annotated[bytes, Meta(max_length=MAX_INLINE_BYTES)] | UnsetType = UNSET
    content: ContentNumber | UnsetType = UNSET
    file: Handle | UnsetType = UNSET

    def __post_init__(self) -> None:
        given = [one for one in (self.document, self.content, self.file) if one is not UNSET]
        if len(given) != 1:
            raise ValueError("exactly one of document, content and file")


class Stamp(Params, frozen=True, kw_only=True):
    """A visible signature on a page of a PDF."""

    page: Annotated[int, Meta(ge=-20_000, le=20_000)] = 1  # from the end with -1
    #: Left, bottom, right, top in points (1/72 inch) from the page's lower left corner.
    box: tuple[Points, Points, Points, Points] = (36, 36, 256, 106)
    image: Annotated[bytes, Meta(max_length=MAX_STAMP_IMAGE_BYTES)] | UnsetType = UNSET
    reason: Reason = ""


class SignOptions(Params, frozen=True, kw_only=True):
    """What is not given is as the profile has it."""

    level: Level = "B-B"
    hash: Hash | UnsetType = UNSET
    padding: Padding | UnsetType = UNSET  # of RSA keys
    stamp: Stamp | UnsetType = UNSET  # of PDFs


class SignDocumentParams(Params, frozen=True, kw_only=True):
    source: Source
    name: Name
    profile: Name
    options: SignOptions = SignOptions()
    certificate: CertificateId | UnsetType = UNSET  # absent: the user chooses in the window
    mst: Mst | UnsetType = UNSET  # only a certificate of this MST will do
    place: Place | UnsetType = UNSET  # only one whose key is there will do


class SignDocumentResult(Result, frozen=True, kw_only=True):
    document: bytes | None  # where it came in the message
    content: ContentNumber | None  # else: what the agent's frames with this number carry
    size: int  # bytes of the signed document
    sha256: str  # hex, of the document as it was shown to the user
    certificate: Certificate
    signed_at: datetime
    level: Level  # what was reached
    level_problem: str  # the error code why it is not the one that was asked for, or ""


class SignDigestParams(Params, frozen=True, kw_only=True):
    """One digest, whose content nobody can show; the site needs the right to (SPEC 6.9)."""

    digest: Annotated[bytes, Meta(min_length=32, max_length=64)]
    hash: Hash
    padding: Padding = "pkcs1"
    name: Name
    certificate: CertificateId | UnsetType = UNSET
    mst: Mst | UnsetType = UNSET
    place: Place | UnsetType = UNSET


class SignDigestResult(Result, frozen=True, kw_only=True):
    #: RSA: the value (RFC 8017); on a curve: an Ecdsa-Sig-Value in DER (RFC 3279 §2.2.3).
    signature: bytes
    algorithm: str  # "rsa-pkcs1-sha256", "rsa-pss-sha256", "ecdsa-sha256" …
    certificate: Certificate
    signed_at: datetime


class DigestsOpenParams(Params, frozen=True, kw_only=True):
    """So many digests within so long, after one confirmation and one PIN."""

    count: Annotated[int, Meta(ge=1, le=MAX_DIGESTS_IN_SESSION)]
    seconds: Annotated[int, Meta(ge=10, le=MAX_SESSION_SECONDS)]
    hash: Hash
    padding: Padding = "pkcs1"
    reason: Reason = ""
    certificate: CertificateId | UnsetType = UNSET
    mst: Mst | UnsetType = UNSET
    place: Place | UnsetType = UNSET


class DigestsOpenResult(Result, frozen=True, kw_only=True):
    session: Handle
    count: int
    expires_at: datetime
    algorithm: str
    certificate: Certificate


class DigestsSignParams(Params, frozen=True, kw_only=True):
    session: Handle
    digests: Annotated[
        tuple[Annotated[bytes, Meta(min_length=32, max_length=64)], ...],
        Meta(min_length=1, max_length=MAX_DIGESTS_AT_ONCE),
    ]


class DigestsSignResult(Result, frozen=True, kw_only=True):
    signatures: tuple[bytes, ...]  # in order
    left: int


class DigestsCloseParams(Params, frozen=True, kw_only=True):
    session: Handle


class DigestsCloseResult(Result, frozen=True, kw_only=True):
    closed: bool  # False: it was over already


class FilesPickParams(Params, frozen=True, kw_only=True):
    """The user chooses files in the agent's own dialog; a page never names one."""

    reason: Reason = ""
    multiple: bool = False
    kinds: Annotated[tuple[Literal["pdf", "xml", "any"], ...], Meta(max_length=3)] = ("any",)


class PickedFile(Result, frozen=True, kw_only=True):
    file: Handle
    name: str  # without its folder
    size: int  # bytes
    sha256: str  # hex


class FilesPickResult(Result, frozen=True, kw_only=True):
    files: Annotated[tuple[PickedFile, ...], Meta(max_length=MAX_PICKED_FILES)]
