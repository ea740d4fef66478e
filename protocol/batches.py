"""Many documents under one confirmation and one PIN (SPEC 5).

    batch.open ─▶ batch.add … batch.add ─▶ batch.sign ─▶ `batch.document` for each ─▶ its answer
                                               ▲                                         │
                                               └──── again, for what is left ────────────┘

A batch lives as long as its connection, or until `batch.close`.
"""

from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from protocol.documents import ContentNumber, Handle, Level, SignOptions, Source
from protocol.limits import MAX_DOCUMENTS_AT_ONCE
from protocol.messages import (
    Certificate,
    CertificateId,
    ErrorData,
    Mst,
    Name,
    Params,
    Place,
    Reason,
    RequestId,
    Result,
)


class BatchOpenParams(Params, frozen=True, kw_only=True):
    reason: Reason = ""  # shown as the page's own words
    certificate: CertificateId | UnsetType = UNSET  # absent: the user chooses in the window
    mst: Mst | UnsetType = UNSET
    place: Place | UnsetType = UNSET


class BatchOpenResult(Result, frozen=True, kw_only=True):
    batch: Handle


class BatchDocument(Params, frozen=True, kw_only=True):
    source: Source
    name: Name
    profile: Name
    options: SignOptions = SignOptions()


class BatchAddParams(Params, frozen=True, kw_only=True):
    batch: Handle
    documents: Annotated[
        tuple[BatchDocument, ...], Meta(min_length=1, max_length=MAX_DOCUMENTS_AT_ONCE)
    ]


class BatchAddResult(Result, frozen=True, kw_only=True):
    count: int  # documents in the batch; the first one that was added has the index 0


class BatchSignParams(Params, frozen=True, kw_only=True):
    batch: Handle


class BatchSignResult(Result, frozen=True, kw_only=True):
    """Of the whole batch, whatever was done in earlier calls."""

    signed: int
    failed: int  # by their own errors
    excluded: int  # by the user
    left: int  # not signed yet: call again
    stopped: ErrorData | None  # why there are some left
    certificate: Certificate | None


class BatchCloseParams(Params, frozen=True, kw_only=True):
    batch: Handle


class BatchCloseResult(Result, frozen=True, kw_only=True):
    closed: bool  # False: there was none


class BatchDocumentDone(Result, frozen=True, kw_only=True):
    """What became of one document, as soon as it is known; in any order, once for each."""

    method: ClassVar[str] = "batch.document"
    request: RequestId  # the `batch.sign`
    batch: Handle
    index: int
    outcome: Literal["signed", "failed", "excluded"]
    content: ContentNumber | None  # of a signed one: what the agent's frames carry
    size: int  # bytes of the signed document
    sha256: str  # hex, of the document as it came
    level: Level
    level_problem: str
    error: ErrorData | None  # of a failed one
