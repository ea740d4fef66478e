"""Verifying whatever file somebody has, from its recognition to the report.

    verifier = Verifier(standings)
    report = await verifier.report(octets, name="hợp đồng.pdf")

A few are verified at the same time and no more: pages may ask for it, and each is work for a core.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.certificates.standing import Standings
from agent.documents import Document, Filed
from agent.errors import DocumentError
from agent.formats.content import size_of
from agent.verifying.files import SignedFile, recognise, recognise_file
from agent.verifying.report import Report
from agent.verifying.verify import ToVerify, unreadable, verify

_AT_A_TIME: Final = 2


class Verifier:
    def __init__(
        self, standings: Standings, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._standings = standings
        self._now = now
        self._room = asyncio.Semaphore(_AT_A_TIME)

    async def report(
        self,
        signed: Document,
        *,
        name: str,
        path: Path | None = None,
        content: Document | None = None,
        content_name: str = "",
    ) -> Report:
        """`path` is where a file of the user's own is that is too large to be held; `content` is
        what a detached signature is of.

        Raises DocumentError document_*, UserError certificate_unsuitable, OSError.
        """
        async with self._room:
            try:
                file = await asyncio.to_thread(_recognised, signed, path)
            except DocumentError as error:
                if error.code != "signature_invalid":
                    raise
                return await asyncio.to_thread(unreadable, name, signed, error, now=self._now())
            asked = ToVerify(
                name=name, octets=signed, file=file, content=content, content_name=content_name
            )
            return await verify(self._standings, asked, now=self._now())


def _recognised(signed: Document, path: Path | None) -> SignedFile:
    if isinstance(signed, bytes):
        return recognise(signed)
    if isinstance(signed, Filed):
        path = signed.path
    if path is None:
        raise DocumentError("document_too_large", size=size_of(signed))
    return recognise_file(path)
