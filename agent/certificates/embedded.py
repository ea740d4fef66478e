"""Revocation answers that came with a signature (CAdES, XAdES and PAdES B-LT), judged offline.

They are a stranger's, so nothing is believed of them but what an authority has signed: an answer
counts if it is by who may give it, and about this certificate. It is judged as of its own time
where that is after the signature's: what a responder says later about a certificate says more
about the signature, not less. An answer from before the signature counts while it was fresh then.

At most a few answers are looked at: everybody can add some, and each costs a check of a signature.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from asn1crypto import crl, ocsp

from agent.certificates.chain import CLOCK_TOLERANCE, Path
from agent.certificates.revocation import (
    CRL_LIMIT,
    OCSP_LIMIT,
    AnswerKind,
    NotAccepted,
    Question,
    Revocation,
    Status,
    judged,
    of_all,
)

_MOST_ANSWERS: Final = 12  # of each kind
#: Said instead of an address: it came with the signature.
BESIDE: Final = "beside the signature"


async def by_answers_beside(
    path: Path,
    *,
    ocsp_responses: Sequence[bytes],
    crls: Sequence[bytes],
    signed_at: datetime,
    now: datetime,
) -> Revocation:
    """As `RevocationChecker.check`, without the network; unknown where no answer counts."""
    return await asyncio.to_thread(_of_path, path, ocsp_responses, crls, signed_at, now)


def _of_path(
    path: Path,
    ocsp_responses: Sequence[bytes],
    crls: Sequence[bytes],
    signed_at: datetime,
    now: datetime,
) -> Revocation:
    answers = [*_answers(AnswerKind.OCSP, ocsp_responses), *_answers(AnswerKind.CRL, crls)]
    single = []
    for certificate, issuer in pairwise(path.certificates):
        found = Revocation(status=Status.UNKNOWN)
        for kind, answer, said_at in answers:
            if said_at > now + CLOCK_TOLERANCE:
                continue
            question = Question(certificate, issuer, path, max(signed_at, said_at))
            try:
                found = judged(question, kind, BESIDE, answer).revocation
            except NotAccepted:
                continue
            break
        single.append(found)
    return of_all(single)


def _answers(
    kind: AnswerKind, octets: Sequence[bytes]
) -> Iterator[tuple[AnswerKind, bytes, datetime]]:
    """Those that can be read, each with the time of which it speaks."""
    limit = OCSP_LIMIT if kind is AnswerKind.OCSP else CRL_LIMIT
    for answer in octets[:_MOST_ANSWERS]:
        if len(answer) > limit:
            continue
        try:
            said_at = _said_at(kind, answer)
        # asn1crypto fails in many ways on hostile bytes (see describe.py): no answer, then.
        except Exception:  # noqa: BLE001, S112
            continue
        yield kind, answer, said_at


def _said_at(kind: AnswerKind, answer: bytes) -> datetime:
    match kind:
        case AnswerKind.OCSP:
            data = ocsp.OCSPResponse.load(answer).basic_ocsp_response["tbs_response_data"]
            times: list[datetime] = [one["this_update"].native for one in data["responses"]]
        case AnswerKind.CRL:
            times = [crl.CertificateList.load(answer)["tbs_cert_list"]["this_update"].native]
    return max(times, default=datetime.max.replace(tzinfo=UTC))
