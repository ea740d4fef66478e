"""From a certificate to a root that is believed (RFC 5280 §6), by pyhanko_certvalidator.

The path is built from the trust store alone. Nothing is fetched for a certificate that leads
nowhere, so a stranger's certificate cannot make the agent open addresses of its choice.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from asn1crypto import x509

from agent.certificates.describe import read

if TYPE_CHECKING:
    from pyhanko_certvalidator import ValidationContext
    from pyhanko_certvalidator.path import ValidationPath

log = logging.getLogger(__name__)

#: Clocks of office PCs are off by minutes. An answer "from the future" within this is taken.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
_REMEMBERED: Final = 32
_WEAK_HASHES: Final = frozenset({"md2", "md5", "sha1"})


class NoPath(Exception):  # noqa: N818 - it reads as what is the matter
    """The certificate does not lead to a root that is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A validated path. `certificates` begins with the leaf and ends with the root."""

    certificates: tuple[x509.Certificate, ...]
    validated: "ValidationPath"

    @property
    def root(self) -> x509.Certificate:
        return self.certificates[-1]

    @property
    def below_root(self) -> tuple[x509.Certificate, ...]:
        """What can be revoked: a root is believed until it is removed from the store."""
        return self.certificates[:-1]

    def all_in_period(self, at: datetime) -> bool:
        return all(c.not_valid_before <= at <= c.not_valid_after for c in self.certificates)


class Paths:
    """Finds paths, and remembers those found: for as long as they are asked about with the same
    store and every certificate on them is in its period, nothing about them can change.

    That a certificate has no path is not remembered.
    """

    def __init__(self) -> None:
        self._known: dict[_Key, Path] = {}

    async def find(
        self, der: bytes, *, roots: Sequence[bytes], intermediates: Sequence[bytes], at: datetime
    ) -> Path:
        """As `find_path`, for the certificate in `der`. Raises NoPath; UserError if unreadable."""
        key = (der, tuple(roots), tuple(intermediates))
        known = self._known.get(key)
        if known is not None and known.all_in_period(at):
            return known
        path = await find_path(read(der), roots=roots, intermediates=intermediates, at=at)
        self._known.pop(key, None)
        while len(self._known) >= _REMEMBERED:
            self._known.pop(next(iter(self._known)))
        self._known[key] = path
        return path


_Key = tuple[bytes, tuple[bytes, ...], tuple[bytes, ...]]


async def find_path(
    certificate: x509.Certificate,
    *,
    roots: Sequence[bytes],
    intermediates: Sequence[bytes],
    at: datetime,
) -> Path:
    """The path that holds at time `at`; revocation is not looked at. Raises NoPath."""
    return await asyncio.to_thread(
        lambda: asyncio.run(_find_path(certificate, roots, intermediates, at))
    )


async def _find_path(
    certificate: x509.Certificate,
    roots: Sequence[bytes],
    intermediates: Sequence[bytes],
    at: datetime,
) -> Path:
    from pyhanko_certvalidator import CertificateValidator

    try:
        context = validation_context(
            roots=[x509.Certificate.load(der) for der in roots],
            others=[x509.Certificate.load(der) for der in intermediates],
            at=at,
        )
        validator = CertificateValidator(certificate, validation_context=context)
        found = await validator.async_validate_path()
        upwards = tuple(reversed(list(found.iter_certs(include_root=True))))
    # The library's errors have no common root, and odd DER makes it raise ValueError, TypeError
    # and others. Whatever it was: there is no path.
    except Exception as error:
        log.info("no path: %s: %s", type(error).__name__, error)
        raise NoPath(str(error)) from error
    return Path(certificates=upwards, validated=found)


def validation_context(
    *,
    roots: Sequence[x509.Certificate],
    others: Sequence[x509.Certificate] = (),
    at: datetime,
    ocsps: Sequence[bytes] = (),
    crls: Sequence[bytes] = (),
) -> "ValidationContext":
    """A context that fetches nothing and judges as of `at`."""
    from pyhanko_certvalidator import ValidationContext
    from pyhanko_certvalidator.ltv.types import ValidationTimingInfo, ValidationTimingParams

    context = ValidationContext(
        trust_roots=list(roots),
        other_certs=list(others),
        ocsps=list(ocsps),
        crls=list(crls),
        moment=at,
        time_tolerance=CLOCK_TOLERANCE,
        revocation_mode="soft-fail",
        weak_hash_algos=_WEAK_HASHES,
        allow_fetching=False,
    )
    # Given a moment, the library looks at history: a revocation dated after it does not count.
    # We ask about signing now, when a clock that is slow must not make a revoked certificate good.
    context.timing_params = ValidationTimingParams(
        ValidationTimingInfo(
            validation_time=at, best_signature_time=at, point_in_time_validation=False
        ),
        time_tolerance=CLOCK_TOLERANCE,
    )
    return context
