"""Verify a signed file: read it and what it is of, look at it, report."""

from datetime import UTC, datetime
from pathlib import Path

from agent.app.files import reading
from agent.app.options import Options
from agent.app.roots import store
from agent.certificates.fetch import HttpFetcher
from agent.certificates.revocation import Limits, RevocationChecker
from agent.certificates.standing import Standings
from agent.documents import Document
from agent.errors import DocumentError
from agent.verifying.files import SignedFile, recognise_file
from agent.verifying.report import Report
from agent.verifying.verify import ToVerify, unreadable, verify


async def report_on(options: Options, file: Path, *, content: Path | None = None) -> Report:
    """Without `content`, what a detached signature is of is looked for beside it: "a.pdf" for
    "a.pdf.p7s".

    Raises DocumentError document_*, UserError certificate_unsuitable, OSError.
    """
    octets = reading.document(file)
    try:
        signed = recognise_file(file)
    except DocumentError as error:
        if error.code != "signature_invalid":
            raise
        return unreadable(file.name, octets, error)
    if content is None and signed.detached:
        content = _beside(file)
    asked = ToVerify(
        name=file.name,
        octets=octets,
        file=signed,
        content=None if content is None else _content(signed, content),
        content_name="" if content is None else content.name,
    )
    async with HttpFetcher() as fetcher:
        limits = Limits.within(options.config.revocation.timeout_seconds)
        standings = Standings(store(options), RevocationChecker(fetcher, limits=limits))
        return await verify(standings, asked, now=datetime.now(UTC))


def _beside(file: Path) -> Path | None:
    candidate = file.with_suffix("")
    return candidate if candidate != file and candidate.is_file() else None


def _content(signed: SignedFile, path: Path) -> Document:
    if signed.digests:
        return reading.hashed(path, signed.digests)
    return reading.held(path, limit=reading.MAX_HELD_BYTES)
