"""Has a certificate been revoked? OCSP is asked first, then the CRL; what is not proved is unknown.

Each certificate of a path below its root is asked about, all at the same time. An answer counts
only if it is signed by the authority that issued the certificate, or by a responder which that
authority authorised, and is fresh; every other answer is as good as none. "good" therefore always
means that somebody entitled to know has said so.

What was found out is kept until the answer expires, but an hour at most; that nothing could be
found out is kept for half a minute, so that showing a list of certificates does not wait for a dead
responder each time.
"""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, Self

from asn1crypto import core, crl, ocsp, x509

from agent.certificates.chain import Path, validation_context
from agent.certificates.fetch import Fetcher, FetchError, fetchable
from agent.keys import CertificateId

log = logging.getLogger(__name__)

OCSP_LIMIT: Final = 64 * 1024
CRL_LIMIT: Final = 16 * 1024 * 1024
_ADDRESSES: Final = 2  # of each kind that are tried; a certificate may name many
_OLDEST: Final = timedelta(hours=1)
_FAILURE: Final = timedelta(seconds=30)
_REMEMBERED: Final = 128


class Status(StrEnum):
    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class AnswerKind(StrEnum):
    OCSP = "ocsp"
    CRL = "crl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """An answer that counted, as it was received: for the journal (TT 15/2025 Điều 5.4)."""

    certificate: CertificateId
    kind: AnswerKind
    url: str
    answer: bytes = field(repr=False)  # DER of the OCSP response or the CRL
    status: Status
    obtained_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    status: Status
    evidence: tuple[Evidence, ...] = ()
    revoked_at: datetime | None = None
    reason: str = ""  # RFC 5280 §5.3.1, as asn1crypto spells it: "key_compromise" …


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    ocsp_seconds: float = 5.0
    crl_seconds: float = 10.0
    all_seconds: float = 12.0  # for one certificate; those of a path are asked about together

    @classmethod
    def within(cls, seconds: float) -> Self:
        """All in all `seconds`, of which a silent OCSP responder leaves enough for a CRL."""
        return cls(ocsp_seconds=0.4 * seconds, crl_seconds=seconds, all_seconds=seconds)


class RevocationChecker:
    """Asks, judges and remembers. One per agent; needs no closing (its fetcher does)."""

    def __init__(self, fetcher: Fetcher, *, limits: Limits | None = None) -> None:
        self._fetcher = fetcher
        self._limits = limits or Limits()
        self._known: dict[str, _Known] = {}

    async def check(self, path: Path, *, at: datetime) -> Revocation:
        """Of the whole path: revoked if one of them is, else unknown if one of them is."""
        async with asyncio.TaskGroup() as group:
            asked = [
                group.create_task(self._one(Question(certificate, issuer, path, at)))
                for certificate, issuer in pairwise(path.certificates)
            ]
        return of_all([task.result() for task in asked])

    async def _one(self, question: "Question") -> Revocation:
        known = self._known.get(question.key)
        if known is not None and known.since <= question.at < known.until:
            return known.revocation
        # Each certificate has its own time, so that one whose responder is silent does not hide
        # that another is known to be revoked.
        try:
            async with asyncio.timeout(self._limits.all_seconds):
                finding = await self._find_out(question)
        except TimeoutError:
            log.info("revocation: no end after %g s", self._limits.all_seconds)
            finding = _NOTHING
        self._known.pop(question.key, None)
        while len(self._known) >= _REMEMBERED:
            self._known.pop(next(iter(self._known)))
        latest = question.at + (_OLDEST if finding.expires else _FAILURE)
        self._known[question.key] = _Known(
            revocation=finding.revocation,
            since=question.at,
            until=min(finding.expires or latest, latest),
        )
        return finding.revocation

    async def _find_out(self, question: "Question") -> "Finding":
        for kind in (AnswerKind.OCSP, AnswerKind.CRL):
            for url in _addresses(question.certificate, kind):
                try:
                    answer = await self._ask(question, kind, url)
                    # Nothing is awaited in there, but a CRL can take a second to look through.
                    finding = await asyncio.to_thread(judged, question, kind, url, answer)
                except (FetchError, NotAccepted) as error:
                    log.info("revocation: no %s answer: %s", kind, error)
                else:
                    return finding
        return _NOTHING

    async def _ask(self, question: "Question", kind: AnswerKind, url: str) -> bytes:
        match kind:
            case AnswerKind.OCSP:
                return await self._fetcher.fetch(
                    url,
                    limit=OCSP_LIMIT,
                    timeout_seconds=self._limits.ocsp_seconds,
                    body=ocsp_request(question.certificate, question.issuer),
                    content_type="application/ocsp-request",
                )
            case AnswerKind.CRL:
                return await self._fetcher.fetch(
                    url, limit=CRL_LIMIT, timeout_seconds=self._limits.crl_seconds
                )


@dataclass(frozen=True, slots=True)
class Question:
    """About one certificate of a path, as of a moment."""

    certificate: x509.Certificate
    issuer: x509.Certificate
    path: Path
    at: datetime

    @property
    def key(self) -> str:
        return f"{self.certificate.sha256_fingerprint} {self.issuer.sha256_fingerprint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    revocation: Revocation
    expires: datetime | None  # None: nothing was found out


_NOTHING: Final = Finding(revocation=Revocation(status=Status.UNKNOWN), expires=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    revocation: Revocation
    since: datetime
    until: datetime


class NotAccepted(Exception):  # noqa: N818 - it reads as what happened to the answer
    """The answer is not by whom it should be, not about the certificate, stale or unreadable."""


def ocsp_request(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """DER of the request (RFC 6960 §4.1) without a nonce, which public responders do not answer
    (RFC 5019 §2.1.1). SHA-1 is only a short name for the issuer here, and the one name that all
    responders know.
    """
    request = ocsp.OCSPRequest(
        {
            "tbs_request": {
                "request_list": [
                    {
                        "req_cert": {
                            "hash_algorithm": {"algorithm": "sha1", "parameters": core.Null()},
                            "issuer_name_hash": certificate.issuer.sha1,
                            "issuer_key_hash": issuer.public_key.sha1,
                            "serial_number": certificate.serial_number,
                        }
                    }
                ]
            }
        }
    )
    return bytes(request.dump())


def _addresses(certificate: x509.Certificate, kind: AnswerKind) -> list[str]:
    """The first few that we are willing to ask."""
    try:
        match kind:
            case AnswerKind.OCSP:
                urls = certificate.ocsp_urls
            case AnswerKind.CRL:
                urls = [point.url or "" for point in certificate.crl_distribution_points]
    except ValueError as error:  # asn1crypto reads the text of addresses, which may be anything
        log.info("revocation: unreadable addresses: %s", error)
        return []
    return [url for url in urls if fetchable(url)][:_ADDRESSES]


def judged(question: Question, kind: AnswerKind, url: str, answer: bytes) -> Finding:
    """What `answer` proves. Raises NotAccepted."""
    from pyhanko_certvalidator.errors import RevokedError

    def evidence(status: Status) -> tuple[Evidence, ...]:
        der = question.certificate.dump()
        one = Evidence(
            certificate=CertificateId(hashlib.sha256(der).hexdigest()),
            kind=kind,
            url=url,
            answer=answer,
            status=status,
            obtained_at=question.at,
        )
        return (one,)

    try:
        asyncio.run(_verify(question, kind, answer))
        return Finding(
            revocation=Revocation(status=Status.GOOD, evidence=evidence(Status.GOOD)),
            expires=_expiry(question, kind, answer),
        )
    except RevokedError as error:
        revocation = Revocation(
            status=Status.REVOKED,
            evidence=evidence(Status.REVOKED),
            revoked_at=error.revocation_dt,
            reason=error.reason.native,
        )
        return Finding(revocation=revocation, expires=question.at + _OLDEST)
    # As in chain.py: the library's errors have no common root, and what was received is hostile.
    except Exception as error:
        raise NotAccepted(f"{url}: {type(error).__name__}: {error}") from error


async def _verify(question: Question, kind: AnswerKind, answer: bytes) -> None:
    """Raises RevokedError, and anything else for an answer that does not count."""
    from pyhanko_certvalidator.revinfo.validate_crl import verify_crl
    from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response

    context = validation_context(
        roots=[question.path.root],
        others=question.path.certificates,
        at=question.at,
        ocsps=[answer] if kind is AnswerKind.OCSP else (),
        crls=[answer] if kind is AnswerKind.CRL else (),
    )
    match kind:
        case AnswerKind.OCSP:
            await verify_ocsp_response(question.certificate, question.path.validated, context)
        case AnswerKind.CRL:
            await verify_crl(question.certificate, question.path.validated, context)


def _expiry(question: Question, kind: AnswerKind, answer: bytes) -> datetime:
    """When an accepted answer ends to count; one that does not say so is not kept for long."""
    match kind:
        case AnswerKind.OCSP:
            data = ocsp.OCSPResponse.load(answer).basic_ocsp_response["tbs_response_data"]
            ends = [one["next_update"].native for one in data["responses"]]
        case AnswerKind.CRL:
            ends = [crl.CertificateList.load(answer)["tbs_cert_list"]["next_update"].native]
    return min((end for end in ends if end is not None), default=question.at + _FAILURE)


def of_all(single: Sequence[Revocation]) -> Revocation:
    evidence = tuple(one for revocation in single for one in revocation.evidence)
    for revocation in single:
        if revocation.status is Status.REVOKED:
            return replace(revocation, evidence=evidence)
    good = bool(single) and all(revocation.status is Status.GOOD for revocation in single)
    return Revocation(status=Status.GOOD if good else Status.UNKNOWN, evidence=evidence)
