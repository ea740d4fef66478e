"""Verifying whatever file somebody has, from its recognition to the report.

    verifier = Verifier(standings)
    report = await verifier.report(octets, name="hợp đồng.pdf")

A few are verified at the same time and no more: pages may ask for it, and each is work for a core.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from agent.certificates.standing import Standings
from agent.documents import Document, Filed
from agent.errors import DocumentError
from agent.formats.cms import MAX_ATTACHED_BYTES
from agent.verifying.files import SignedFile, recognise
from agent.verifying.report import Report
from agent.verifying.verify import ToVerify, unreadable, verify

#: Attached content, its base64 in a JWS, and what stands beside it.
MAX_SIGNED_BYTES: Final = 2 * MAX_ATTACHED_BYTES
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
        content: Document | None = None,
        content_name: str = "",
    ) -> Report:
        """`content` is what a detached signature is of.

        Raises DocumentError document_*, UserError certificate_unsuitable.
        """
        async with self._room:
            octets = await asyncio.to_thread(whole, signed)
            try:
                file = await asyncio.to_thread(recognise, octets)
            except DocumentError as error:
                if error.code != "signature_invalid":
                    raise
                return unreadable(name, octets, error, now=self._now())
            asked = ToVerify(
                name=name,
                octets=octets,
                file=file,
                content=await asyncio.to_thread(_as_needed, file, content),
                content_name=content_name,
            )
            return await verify(self._standings, asked, now=self._now())


def whole(signed: Document) -> bytes:
    """Raises DocumentError document_too_large."""
    size = len(signed) if isinstance(signed, bytes) else signed.size
    if size > MAX_SIGNED_BYTES:
        raise DocumentError("document_too_large", size=size, limit=MAX_SIGNED_BYTES)
    match signed:
        case bytes():
            return signed
        case Filed():
            return signed.path.read_bytes()
        case _:
            raise DocumentError("document_too_large", size=size, limit=MAX_SIGNED_BYTES)


def _as_needed(file: SignedFile, content: Document | None) -> Document | None:
    """Hashes are enough where the signature says by which; else the content must be at hand."""
    if not isinstance(content, Filed):
        return content
    if file.digests and file.digests <= content.digests.keys():
        return content
    return whole(content)
