"""Documents that the Python client has signed: wherever they are, and wherever they are to go."""

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from msgspec import UNSET

from protocol.client_connection import Connection, Disconnected, ProgressCallback
from protocol.client_contents import Stream, Tell, stream_of
from protocol.documents import (
    PickedFile,
    SignDocumentParams,
    SignDocumentResult,
    SignOptions,
    Source,
)

#: What can be signed: the bytes, a file's path, a stream of known size, or a file that was picked.
Signable = bytes | os.PathLike[str] | Stream | PickedFile

#: Larger ones travel in binary frames.
INLINE_BYTES: Final = 256 * 1024
#: Profiles for which the agent need not keep the document.
_BY_DIGEST: Final = frozenset({"cades-detached"})


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """`pieces` is what was made, to be read once; `result` is all else of the answer."""

    result: SignDocumentResult
    pieces: AsyncIterator[bytes]


@asynccontextmanager
async def sent(
    connection: Connection,
    document: Signable,
    *,
    profile: str,
    options: SignOptions,
    moved: Tell | None,
) -> AsyncIterator[Source]:
    """Where the agent has it, for as long as the block lasts."""
    source = await uploaded(connection, document, profile=profile, options=options, moved=moved)
    try:
        yield source
    finally:
        if isinstance(source.content, int):
            with suppress(Disconnected):
                await connection.contents.forget(source.content)


async def uploaded(
    connection: Connection,
    document: Signable,
    *,
    profile: str,
    options: SignOptions,
    inline: int = INLINE_BYTES,
    moved: Tell | None = None,
) -> Source:
    """A content stays with the agent until it is forgotten."""
    if isinstance(document, PickedFile):
        return Source(file=document.file)
    if isinstance(document, bytes) and len(document) <= inline:
        return Source(document=document)
    digest_only = profile in _BY_DIGEST and options.hash in {UNSET, "sha256"}
    stream = document if isinstance(document, Stream) else stream_of(document)
    number = await connection.contents.upload(stream, digest_only=digest_only, tell=moved)
    return Source(content=number)


@asynccontextmanager
async def signed(
    connection: Connection,
    params: SignDocumentParams,
    *,
    progress: ProgressCallback | None,
    moved: Tell | None,
) -> AsyncIterator[SignedDocument]:
    result = await connection.ask("sign.document", params, SignDocumentResult, progress)
    try:
        async with aclosing(_pieces(connection, result, moved)) as pieces:
            yield SignedDocument(result, pieces)
    finally:
        if result.content is not None:  # nobody may have begun to take it
            with suppress(Disconnected):
                await connection.contents.refuse(result.content)


async def _pieces(
    connection: Connection, result: SignDocumentResult, moved: Tell | None
) -> AsyncGenerator[bytes, None]:
    if result.content is None:
        yield result.document or b""
        return
    async with aclosing(
        connection.contents.download(result.content, result.size, tell=moved)
    ) as pieces:
        async for piece in pieces:
            yield piece


async def written(path: Path, pieces: AsyncIterator[bytes]) -> None:
    """To a file that appears when it is whole. Raises OSError."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with await asyncio.to_thread(unfinished.open, "xb") as file:
            async for piece in pieces:
                await asyncio.to_thread(file.write, piece)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
