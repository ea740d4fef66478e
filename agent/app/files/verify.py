"""Verify a signed file: read it and what it is of, look at it, report."""

from pathlib import Path

from agent.app.belief import belief
from agent.app.files import reading
from agent.app.options import Options
from agent.documents import Document
from agent.errors import DocumentError
from agent.verifying.files import SignedFile, recognise_file
from agent.verifying.report import Report


async def report_on(options: Options, file: Path, *, content: Path | None = None) -> Report:
    """Without `content`, what a detached signature is of is looked for beside it: "a.pdf" for
    "a.pdf.p7s".

    Raises DocumentError document_*, UserError certificate_unsuitable, OSError.
    """
    signed = _recognised(file)
    if content is None and signed is not None and signed.detached:
        content = _beside(file)
    async with belief(options) as believed:
        return await believed.verifier.report(
            reading.document(file),
            name=file.name,
            path=file,
            content=None if content is None or signed is None else _content(signed, content),
            content_name="" if content is None else content.name,
        )


def _recognised(file: Path) -> SignedFile | None:
    """None for what is no signed file: the report will say so. Raises DocumentError document_*."""
    try:
        return recognise_file(file)
    except DocumentError as error:
        if error.code != "signature_invalid":
            raise
        return None


def _beside(file: Path) -> Path | None:
    candidate = file.with_suffix("")
    return candidate if candidate != file and candidate.is_file() else None


def _content(signed: SignedFile, path: Path) -> Document:
    if signed.digests:
        return reading.hashed(path, signed.digests)
    return reading.held(path, limit=reading.MAX_HELD_BYTES)
