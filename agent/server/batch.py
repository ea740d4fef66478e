"""One batch of one connection: its documents, and what has become of each."""

import hashlib
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from msgspec import UnsetType

from agent.documents import Document
from agent.errors import DocumentError
from agent.formats.names import XML_PROFILE_NAMES
from agent.keys import CertificateId
from agent.server.contents import Contents
from agent.server.opening import opened_for
from agent.server.options import options
from agent.server.spool import Folder, Spool, new_file, said
from agent.signing.candidates import Wanted
from agent.signing.outcomes import Listed
from protocol import batches as b
from protocol.errors import ProtocolError
from protocol.limits import MAX_DOCUMENTS_IN_BATCH

#: A document that came in a message stays in memory up to this size; ten thousand such may.
_IN_MEMORY_BYTES: Final = 4 * 1024


@dataclass(slots=True, kw_only=True)
class Batch:
    """`left` are the documents without an outcome, by index."""

    reason: str
    wanted: Wanted
    contents: Contents
    spool: Spool
    folder: Folder
    left: dict[int, Listed] = field(default_factory=dict)
    count: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    busy: bool = False

    def require_rest(self) -> None:
        """Raises ProtocolError batch_running."""
        if self.busy:
            raise ProtocolError("batch_running")

    async def add(self, documents: tuple[b.BatchDocument, ...]) -> None:
        """All of them, or none. Raises ProtocolError batch_running, batch_too_large, content_*;
        UserError file_unreadable, storage_full.
        """
        self.require_rest()
        if self.count + len(documents) > MAX_DOCUMENTS_IN_BATCH:
            raise ProtocolError("batch_too_large", limit=MAX_DOCUMENTS_IN_BATCH)
        self.busy = True  # two at a time would number theirs alike
        try:
            listed = [
                await self._listed(index, document)
                for index, document in enumerate(documents, start=self.count)
            ]
        finally:
            self.busy = False
        self.left |= {one.index: one for one in listed}
        self.count += len(listed)

    @property
    def again(self) -> bool:
        """What is left is the rest of what has been begun."""
        return self.outcomes["signed"] > 0

    def settle(self, index: int, outcome: str) -> None:
        """It has one for good."""
        self.left.pop(index, None)
        self.outcomes[outcome] += 1

    def insist_on(self, certificate: CertificateId) -> None:
        """What has begun with a key goes on with it."""
        self.wanted = replace(self.wanted, id=certificate)

    async def close(self) -> None:
        self.left.clear()
        if self.folder.is_made:
            await self.spool.run(self.folder.discard)

    async def _listed(self, index: int, document: b.BatchDocument) -> Listed:
        inline = document.source.document
        if isinstance(inline, UnsetType):
            known = await self.contents.known(document.source)
            size, sha256, opened = known.size, known.sha256, partial(self._content, document)
        else:
            kept = await self.spool.run(partial(_Kept.of, inline, self.folder))
            size, sha256, opened = kept.size, kept.sha256, partial(self._inline, kept)
        return Listed(
            index=index,
            name=document.name,
            profile=document.profile,
            options=options(document.options),
            kind=_kind(document.profile),
            size=size,
            sha256=sha256,
            opened=opened,
        )

    @asynccontextmanager
    async def _content(self, document: b.BatchDocument) -> AsyncIterator[Document]:
        chosen = options(document.options)
        try:
            async with opened_for(
                self.contents, document.source, profile=document.profile, options=chosen
            ) as found:
                yield found
        except ProtocolError as error:
            # It has been forgotten meanwhile: that document's own affair.
            raise DocumentError(error.code, **error.details) from error

    @asynccontextmanager
    async def _inline(self, kept: "_Kept") -> AsyncIterator[Document]:
        yield await self.spool.run(kept.octets)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A document that came in a message. Its methods block; they raise UserError storage_full."""

    size: int
    sha256: str
    held: bytes | None = field(repr=False)
    path: Path | None

    @classmethod
    def of(cls, document: bytes, folder: Folder) -> "_Kept":
        small = len(document) <= _IN_MEMORY_BYTES
        return cls(
            size=len(document),
            sha256=hashlib.sha256(document).hexdigest(),
            held=document if small else None,
            path=None if small else _written(document, folder),
        )

    def octets(self) -> bytes:
        if self.held is not None:
            return self.held
        assert self.path is not None
        return self.path.read_bytes()


def _written(document: bytes, folder: Folder) -> Path:
    path = folder.new_file(size=len(document))
    try:
        with os.fdopen(new_file(path), "wb") as file:
            file.write(document)
    except OSError as error:
        raise said(error) from error
    return path


def _kind(profile: str) -> str:
    """What a window calls it, before anybody has looked into it."""
    if profile in XML_PROFILE_NAMES or profile == "xml":
        return "xml"
    return "pdf" if profile == "pades" else "other"
