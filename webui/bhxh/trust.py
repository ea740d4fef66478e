"""Is a certificate from a recognised CA, and is it revoked? Asked of the configured trust only.

The path is built first, from configured certificates alone; only then, along that path, OCSP and
CRL are fetched. A stranger's certificate can therefore never make this program open a URL.
Answers are typed and fail closed: anything that could not be had is `unknown`, never `good` (T31).
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from asn1crypto import pem, x509

from webui.config import ConfigError, Trust

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)


class Chain(StrEnum):
    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    UNKNOWN = "unknown"  # nothing is configured to judge by


class Revocation(StrEnum):
    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"  # neither OCSP nor CRL could be had


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    chain: Chain
    revocation: Revocation


class CertificateJudge(Protocol):
    async def judge(self, der: bytes, *, now: datetime) -> Judgement:
        """The certificate's validity period is not judged here; never raises."""


#: Several answers at most are fetched along one path; each has its own time limit besides.
_WHOLE_JUDGEMENT_FACTOR: Final = 3


class PathJudge:
    """CertificateJudge by pyhanko_certvalidator, which is imported when first needed."""

    def __init__(self, trust: Trust) -> None:
        """Raises ConfigError if a file cannot be read."""
        self._fetch_seconds = trust.fetch_seconds
        certificates = [c for path in trust.roots for c in load_certificates(path)]
        self._anchors = [c for c in certificates if c.self_issued]
        self._intermediates = [c for c in certificates if not c.self_issued]

    async def judge(self, der: bytes, *, now: datetime) -> Judgement:
        if not self._anchors:
            return Judgement(chain=Chain.UNKNOWN, revocation=Revocation.UNKNOWN)
        moment = self._within_validity(der, now)
        if not await self._has_path(der, moment):
            return Judgement(chain=Chain.UNTRUSTED, revocation=Revocation.UNKNOWN)
        return Judgement(chain=Chain.TRUSTED, revocation=await self._revocation(der, moment))

    @staticmethod
    def _within_validity(der: bytes, now: datetime) -> datetime:
        """An expired certificate still has a chain; judge that at its last moment."""
        validity = x509.Certificate.load(der)["tbs_certificate"]["validity"]
        first, last = validity["not_before"].native, validity["not_after"].native
        return min(max(now, first), last) if first <= last else now

    async def _has_path(self, der: bytes, now: datetime) -> bool:
        context = self._context(now, allow_fetching=False)
        try:
            await self._validate(der, context)
        # The library's errors have no common root, and hostile DER brings ValueError and others:
        # whatever it was, there is no path.
        except Exception as error:  # noqa: BLE001
            log.info("no trusted path: %s", error)
            return False
        return True

    async def _revocation(self, der: bytes, now: datetime) -> Revocation:
        import aiohttp
        from pyhanko_certvalidator.errors import RevokedError
        from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend

        whole = self._fetch_seconds * _WHOLE_JUDGEMENT_FACTOR
        try:
            async with (
                asyncio.timeout(whole),
                aiohttp.ClientSession(
                    timeout=aiohttp.ClientTimeout(total=self._fetch_seconds), trust_env=True
                ) as session,
            ):
                backend = AIOHttpFetcherBackend(session, per_request_timeout=self._fetch_seconds)
                context = self._context(
                    now,
                    allow_fetching=True,
                    revinfo_policy=_revocation_policy(),
                    fetchers=backend.get_fetchers(),
                )
                await self._validate(der, context)
        except RevokedError:
            return Revocation.REVOKED
        except Exception as error:  # noqa: BLE001 - as above; unknown is the closed answer
            log.info("revocation unknown: %s: %s", type(error).__name__, error)
            return Revocation.UNKNOWN
        return Revocation.GOOD

    def _context(self, now: datetime, **options: Any) -> Any:
        from pyhanko_certvalidator import ValidationContext

        return ValidationContext(
            trust_roots=self._anchors,
            other_certs=self._intermediates,
            moment=now if not options["allow_fetching"] else None,
            weak_hash_algos={"md2", "md5", "sha1"},
            **options,
        )

    @staticmethod
    async def _validate(der: bytes, context: Any) -> None:
        from pyhanko_certvalidator import CertificateValidator

        certificate = x509.Certificate.load(der)
        validator = CertificateValidator(certificate, validation_context=context)
        await validator.async_validate_path()


def _revocation_policy() -> Any:
    """The unit's own certificate must have an answer; a CA's must where it says where to ask."""
    from pyhanko_certvalidator.policy_decl import (
        CertRevTrustPolicy,
        RevocationCheckingPolicy,
        RevocationCheckingRule,
    )

    return CertRevTrustPolicy(
        RevocationCheckingPolicy(
            ee_certificate_rule=RevocationCheckingRule.CRL_OR_OCSP_REQUIRED,
            intermediate_ca_cert_rule=RevocationCheckingRule.CHECK_IF_DECLARED,
        )
    )


def load_certificates(path: Path) -> "Iterator[x509.Certificate]":
    """All certificates in a PEM or DER file, or in the files of a folder. Raises ConfigError."""
    if path.is_dir():
        for entry in sorted(path.iterdir()):
            if entry.suffix.lower() in {".pem", ".crt", ".cer", ".der"}:
                yield from load_certificates(entry)
        return
    try:
        data = path.read_bytes()
        blocks = [d for _, _, d in pem.unarmor(data, multiple=True)] if pem.detect(data) else [data]
        for block in blocks:
            certificate = x509.Certificate.load(block, strict=True)
            _ = certificate.self_issued, certificate.issuer_serial  # parse now, not in a request
            yield certificate
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{path}: not a certificate: {error}") from error
