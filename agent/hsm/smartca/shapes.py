"""In what the two services differ, one row each.

marks: [1] one source, [I] concluded from the other service, [U] unknown, so chosen
"""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    id: str
    certificates: str  # path
    sign: str
    status: str  # path, with {} for the transaction
    hash: Literal["hex", "base64"]
    names_authority: bool  # `ca_name` in each request
    answers_late: bool  # `sign` is answered when the user has decided
    seconds: float  # that the user has
    poll_after: float


SMARTCA: Final = Shape(
    id="smartca",
    certificates="/sca/sp769/v1/credentials/get_certificate",
    sign="/sca/sp769/v1/signatures/sign",
    status="/sca/sp769/v1/signatures/sign/{}/status",
    hash="hex",
    names_authority=False,
    answers_late=False,
    seconds=300.0,  # [1]; VNPT's samples stop after 240
    poll_after=3.0,  # VNPT's samples ask every 10
)

NEAC: Final = Shape(
    id="neac",
    certificates="/sign_v2/get_certificate",
    sign="/sign_v2/sign",
    status="/sign_v2/sign/{}/status",  # [I]
    hash="hex",  # [I]; base64 is seen too
    names_authority=True,
    answers_late=True,  # [1] "synchronous or asynchronous"
    seconds=180.0,  # [U]
    poll_after=3.0,  # [U]
)
