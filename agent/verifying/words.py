"""A report in the user's language: sections of labels and values, the same for a terminal, a page
and a printer. What strangers wrote is neutralised.
"""

from collections.abc import Iterator
from dataclasses import dataclass
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
from agent.verifying.report import Report, RevocationReport, SignatureReport, Verdict
from agent.verifying.text import Texts

_LABEL_WIDTH: Final = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The file (first), and each of its signatures. The first row is the verdict."""

    title: str
    verdict: Verdict
    rows: tuple[tuple[str, str], ...]  # label, value


def sections(report: Report, *, language: str) -> tuple[Section, ...]:
    return tuple(_Words(language).sections(report))


def lines(report: Report, *, language: str) -> tuple[str, ...]:
    """For a terminal. Of one signature the verdict is the file's, and said once."""
    file, *signatures = sections(report, language=language)
    told = [_line(*row) for row in file.rows]
    for signature in signatures:
        if len(signatures) == 1:
            told += [_line(*row) for row in signature.rows[1:]]
        else:
            told += ["", signature.title, *(_line(*row) for row in signature.rows)]
    return tuple(told)


def reason_words(code: str, *, language: str) -> str:
    """Why a file is broken, or no signed file."""
    return _Words(language).code("broken", code)


def problem_words(code: str, *, language: str) -> str:
    """Why a signature does not count."""
    return _Words(language).code("problem", code)


def warning_words(code: str, *, language: str) -> str:
    return _Words(language).code("warning", code)


class _Words:
    def __init__(self, language: str) -> None:
        self._texts = Texts(language)
        self._shared = ConsentTexts(language)  # states and errors are said alike everywhere

    def sections(self, report: Report) -> Iterator[Section]:
        texts = self._texts
        yield Section(
            title=texts("title"), verdict=report.verdict, rows=tuple(self._file_rows(report))
        )
        count = str(len(report.signatures))
        for number, signature in enumerate(report.signatures, start=1):
            yield Section(
                title=texts("signature", number=str(number), count=count),
                verdict=signature.verdict,
                rows=tuple(self._signature_rows(signature)),
            )

    def _file_rows(self, report: Report) -> Iterator[tuple[str, str]]:
        texts = self._texts
        yield self._row("verdict", texts(f"verdict.{report.verdict}"))
        size = size_words(report.size, self._shared)
        kind = texts(f"kind.{report.kind}")
        yield self._row("file", f"{one_line(report.name, limit=NAME_CHARS)} ({kind}, {size})")
        if report.broken:
            yield self._row("integrity", texts("integrity.bad"))
            yield self._row("problem", self.code("broken", report.broken))
        else:
            content = one_line(report.content, limit=NAME_CHARS) or texts("content.inside")
            yield self._row("content", content)
            yield self._row("integrity", texts("integrity.good"))
        yield self._row("sha256", digest_words(report.sha256))
        yield self._row("checked_at", _time(report.checked_at))

    def _signature_rows(self, found: SignatureReport) -> Iterator[tuple[str, str]]:
        texts, signer = self._texts, found.signer
        yield self._row("verdict", texts(f"verdict.{found.verdict}"))
        if found.problem:
            yield self._row("problem", self.code("problem", found.problem))
        yield self._row("signer", one_line(signer.holder, limit=NAME_CHARS))
        if signer.organisation not in ("", signer.holder):
            yield self._row("organisation", one_line(signer.organisation, limit=NAME_CHARS))
        yield self._row("mst", ", ".join(map(mst_words, signer.mst)) or texts("no_mst"))
        yield self._row("issuer", one_line(signer.issuer, limit=NAME_CHARS))
        managed_by = signer.issuer_organisation or signer.issuer
        yield self._row("managed_by", one_line(managed_by, limit=NAME_CHARS))
        yield self._row("serial", one_line(signer.serial, limit=80))
        validity = f"{date_words(signer.not_before)} – {date_words(signer.not_after)}"
        yield self._row("validity", validity)
        yield self._row("signed_at", self._signed_at(found))
        yield self._row("then", state_words(found.then, self._shared))
        yield self._row("now", state_words(found.now, self._shared))
        yield self._row("revocation", self._revocation(found.revocation))
        if (stamp := found.stamp) is not None:
            key = "stamp.trusted" if stamp.trusted else "stamp.untrusted"
            authority = one_line(stamp.authority.holder, limit=NAME_CHARS)
            yield self._row("stamp", texts(key, time=_time(stamp.at), authority=authority))
        if found.covers:
            yield self._row("covers", self._covers(found.covers))
        yield self._row("level", found.level)
        yield self._row("algorithm", found.algorithm)
        yield self._row("digest", digest_words(found.digest))
        for warning in found.warnings:
            yield self._row("warning", self.code("warning", warning))

    def code(self, kind: str, code: str) -> str:
        """What has no words here is an error, which says the same everywhere."""
        key = f"{kind}.{code}"
        return self._texts(key) if key in self._texts else self._shared.error(code)

    def _covers(self, code: str) -> str:
        kind, _, name = code.partition(":")
        key = f"covers.{kind}"
        if key not in self._texts:
            return one_line(code, limit=NAME_CHARS)
        return self._texts(key, name=one_line(name, limit=NAME_CHARS))

    def _signed_at(self, found: SignatureReport) -> str:
        if found.signed_at is None:
            return self._texts("time.none")
        key = "proved" if found.proved else "signer" if found.time_is_signed else "unsigned"
        return self._texts(f"time.{key}", time=_time(found.signed_at))

    def _revocation(self, found: RevocationReport) -> str:
        match found.status:
            case Status.GOOD if found.by is not None and found.at is not None:
                by, time = found.by.value.upper(), _time(found.at)
                key = "revocation.embedded" if found.embedded else "revocation.good"
                return self._texts(key, by=by, time=time)
            case Status.REVOKED:
                time = _time(found.revoked_at) if found.revoked_at else "?"
                return self._texts("revocation.revoked", time=time)
            case _:
                return self._texts("revocation.unknown")

    def _row(self, label: str, value: str) -> tuple[str, str]:
        return self._texts(f"label.{label}"), value


def _line(label: str, value: str) -> str:
    return f"{label}: ".ljust(_LABEL_WIDTH) + value


def _time(moment: datetime) -> str:
    return moment.astimezone().strftime("%d/%m/%Y %H:%M:%S %z")
