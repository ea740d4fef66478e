"""A report in the user's language, line by line. What strangers wrote is neutralised."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from agent.certificates.revocation import Status
from agent.consent.plain import one_line
from agent.consent.text import Texts as ConsentTexts
from agent.consent.wording import (
    NAME_CHARS,
    date_words,
    digest_words,
    mst_words,
    size_words,
    state_words,
)
from agent.verifying.report import Report, RevocationReport, SignatureReport
from agent.verifying.text import Texts

_LABEL_WIDTH: Final = 25


def lines(report: Report, *, language: str) -> tuple[str, ...]:
    """For a terminal; the verdict comes first."""
    return tuple(_Words(language).report(report))


class _Words:
    def __init__(self, language: str) -> None:
        self._texts = Texts(language)
        self._shared = ConsentTexts(language)  # states and errors are said alike everywhere

    def report(self, report: Report) -> Iterator[str]:
        texts = self._texts
        yield self._line("verdict", texts(f"verdict.{report.verdict}"))
        size = size_words(report.size, self._shared)
        kind = texts(f"kind.{report.kind}")
        yield self._line("file", f"{one_line(report.name, limit=NAME_CHARS)} ({kind}, {size})")
        if report.broken:
            yield self._line("integrity", texts("integrity.bad"))
            key = f"broken.{report.broken}"
            said = texts(key) if key in texts else self._shared.error(report.broken)
            yield self._line("problem", said)
            return
        content = one_line(report.content, limit=NAME_CHARS) or texts("content.inside")
        yield self._line("content", content)
        yield self._line("integrity", texts("integrity.good"))
        for number, signature in enumerate(report.signatures, start=1):
            if len(report.signatures) > 1:
                count = str(len(report.signatures))
                yield ""
                yield texts("signature", number=str(number), count=count)
                yield self._line("verdict", texts(f"verdict.{signature.verdict}"))
            yield from self._signature(signature)

    def _signature(self, found: SignatureReport) -> Iterator[str]:
        texts, signer = self._texts, found.signer
        if found.problem:
            yield self._line("problem", self._shared.error(found.problem))
        if found.covers:
            yield self._line("covers", one_line(found.covers, limit=10 * NAME_CHARS))
        yield self._line("signer", one_line(signer.holder, limit=NAME_CHARS))
        yield self._line("mst", ", ".join(map(mst_words, signer.mst)) or texts("no_mst"))
        yield self._line("issuer", one_line(signer.issuer, limit=NAME_CHARS))
        yield self._line("serial", one_line(signer.serial, limit=80))
        validity = f"{date_words(signer.not_before)} – {date_words(signer.not_after)}"
        yield self._line("validity", validity)
        yield self._line("signed_at", self._signed_at(found))
        yield self._line("then", state_words(found.then, self._shared))
        yield self._line("now", state_words(found.now, self._shared))
        yield self._line("revocation", self._revocation(found.revocation))
        if (stamp := found.stamp) is not None:
            key = "stamp.trusted" if stamp.trusted else "stamp.untrusted"
            authority = one_line(stamp.authority.holder, limit=NAME_CHARS)
            yield self._line("stamp", texts(key, time=_time(stamp.at), authority=authority))
        yield self._line("algorithm", found.algorithm)
        yield self._line("digest", digest_words(found.digest))
        for warning in found.warnings:
            key = f"warning.{warning}"
            yield self._line("warning", texts(key) if key in texts else self._shared.error(warning))

    def _signed_at(self, found: SignatureReport) -> str:
        if found.signed_at is None:
            return self._texts("time.none")
        key = "proved" if found.proved else "signer" if found.time_is_signed else "unsigned"
        return self._texts(f"time.{key}", time=_time(found.signed_at))

    def _revocation(self, found: RevocationReport) -> str:
        match found.status:
            case Status.GOOD if found.by is not None and found.at is not None:
                by, time = found.by.value.upper(), _time(found.at)
                return self._texts("revocation.good", by=by, time=time)
            case Status.REVOKED:
                time = _time(found.revoked_at) if found.revoked_at else "?"
                return self._texts("revocation.revoked", time=time)
            case _:
                return self._texts("revocation.unknown")

    def _line(self, label: str, value: str) -> str:
        return f"{self._texts(f'label.{label}')}: ".ljust(_LABEL_WIDTH) + value


def _time(moment: datetime) -> str:
    return moment.astimezone().strftime("%d/%m/%Y %H:%M:%S %z")
