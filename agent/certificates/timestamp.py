"""Asking a time-stamping authority (RFC 3161 over HTTP, §3.4). What it answers is checked against
what was asked; whether its signature is good is for `agent.formats.cms.verify_timestamp`.

Authorities in the field take from two seconds to more than two minutes for one answer.
"""

import logging
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol
from urllib.parse import urlsplit

from asn1crypto import cms, core, tsp

from agent.certificates.fetch import Fetcher, FetchError
from agent.errors import ServiceError

_log: Final = logging.getLogger(__name__)

_MOST_BYTES: Final = 64 * 1024
_ALGORITHM: Final = "sha256"
_GRANTED: Final = frozenset({"granted", "granted_with_mods"})


class _Response(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """TimeStampResp (RFC 3161 §2.4.2): asn1crypto's own cannot read one without a token."""

    _fields = [  # noqa: RUF012 - as asn1crypto wants it
        ("status", tsp.PKIStatusInfo),
        ("token", cms.ContentInfo, {"optional": True}),
    ]


class TimestampAuthority(Protocol):
    async def stamp(self, sha256: bytes) -> bytes:
        """A time-stamp token for what has this hash, DER. Raises ServiceError service_*."""


class FirstToAnswer:
    """Several authorities, asked in order until one gives a token."""

    def __init__(self, authorities: Sequence[TimestampAuthority]) -> None:
        assert authorities
        self._authorities = authorities

    async def stamp(self, sha256: bytes) -> bytes:
        """Raises what the last one raised."""
        *others, last = self._authorities
        for authority in others:
            try:
                return await authority.stamp(sha256)
            except ServiceError as error:
                _log.info("time stamp: the next authority is asked: %s", error.code)
        return await last.stamp(sha256)


class HttpTimestampAuthority:
    def __init__(self, fetcher: Fetcher, url: str, *, timeout_seconds: float) -> None:
        """`url` is the administrator's (http or https): a token proves itself by its signature."""
        self._fetcher = fetcher
        self._url = url
        self._seconds = timeout_seconds

    async def stamp(self, sha256: bytes) -> bytes:
        nonce = secrets.randbits(64)
        request = _request(sha256, nonce)
        try:
            answer = await self._fetcher.fetch(
                self._url,
                limit=_MOST_BYTES,
                timeout_seconds=self._seconds,
                body=request.dump(),
                content_type="application/timestamp-query",
            )
        except FetchError as error:
            raise ServiceError("service_unreachable", host=self._host) from error
        return self._token(answer, request)

    @property
    def _host(self) -> str:
        return urlsplit(self._url).netloc

    def _token(self, answer: bytes, request: tsp.TimeStampReq) -> bytes:
        """Raises ServiceError service_failed, service_malformed."""
        try:
            response = _Response.load(answer, strict=True)
            status = response["status"]["status"].native
            token = response["token"]
            stamped = _asked(_stamped(token)) if status in _GRANTED else None
        # asn1crypto fails in many ways on hostile bytes (see describe.py).
        except Exception as error:
            raise ServiceError("service_malformed", host=self._host) from error
        if stamped is None:
            raise ServiceError("service_failed", host=self._host, status=status)
        if stamped != _asked(request):
            raise ServiceError("service_malformed", host=self._host)
        return bytes(token.dump())


def time_of(token: bytes) -> datetime:
    """What a token says (genTime, RFC 3161 §2.4.2). Raises ValueError for what is none."""
    try:
        said: datetime = _stamped(cms.ContentInfo.load(token))["gen_time"].native
    # asn1crypto fails in many ways on hostile bytes (see describe.py).
    except Exception as error:
        raise ValueError("no time-stamp token") from error
    return said


def _request(sha256: bytes, nonce: int) -> tsp.TimeStampReq:
    return tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": _ALGORITHM},
                "hashed_message": sha256,
            },
            "nonce": nonce,
            "cert_req": True,
        }
    )


def _stamped(token: cms.ContentInfo) -> tsp.TSTInfo:
    content = token["content"]["encap_content_info"]["content"]
    return tsp.TSTInfo.load(bytes(content), strict=True)


def _asked(request_or_info: tsp.TimeStampReq | tsp.TSTInfo) -> tuple[str, bytes, int]:
    """What both must have in common."""
    imprint = request_or_info["message_imprint"]
    return (
        imprint["hash_algorithm"]["algorithm"].native,
        imprint["hashed_message"].native,
        request_or_info["nonce"].native,
    )
