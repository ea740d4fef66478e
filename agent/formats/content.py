"""Documents of any kind: hashing them while they stream, holding them within bounds, showing them,
and making new ones in files without holding them.

    with open("scan.tiff", "rb", buffering=0) as file:
        document = digested(file)                 # however large, in one MiB of memory
    CmsFormat(attached=False).prepare(document, certificate=der, signing_time=now)
"""

import codecs
import hashlib
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from agent.documents import Description, Digested, Document, Filed
from agent.errors import DocumentError
from agent.full_disk import room

_CHUNK_BYTES: Final = 1024 * 1024
#: More than a window shows.
HEAD_BYTES: Final = 64 * 1024
_LAYOUT: Final = frozenset("\t\n\r")


class Readable(Protocol):
    def readinto(self, buffer: memoryview, /) -> int | None: ...


def digested(file: Readable, *, algorithms: Collection[str] = ("sha256",)) -> Digested:
    """Read `file` to its end. `algorithms` are hashlib's names; SHA-256 is always computed.

    Raises what reading raises.
    """
    hashes = {name: hashlib.new(name) for name in {"sha256", *algorithms}}
    chunk = memoryview(bytearray(_CHUNK_BYTES))
    size, head = 0, bytearray()
    while count := file.readinto(chunk):
        read = chunk[:count]
        for one in hashes.values():
            one.update(read)
        head += read[: HEAD_BYTES - len(head)]
        size += count
    return Digested(
        size=size,
        digests={name: one.digest() for name, one in hashes.items()},
        head=bytes(head),
    )


def digest(document: Document, algorithm: str) -> bytes:
    """Raises DocumentError document_too_large when this hash is not known of a document which is
    not at hand.
    """
    if isinstance(document, bytes):
        return hashlib.new(algorithm, document).digest()
    known = document.digests.get(algorithm)
    if known is not None:
        return known
    if isinstance(document, Filed):
        with document.path.open("rb", buffering=0) as file:
            return digested(file, algorithms=(algorithm,)).digests[algorithm]
    raise DocumentError("document_too_large", size=document.size, unknown=algorithm)


def known_digests(document: Document) -> frozenset[str] | None:
    """By which hashes it can be signed; None for all."""
    return frozenset(document.digests) if isinstance(document, Digested) else None


def size_of(document: Document) -> int:
    return len(document) if isinstance(document, bytes) else document.size


def held(document: Document, *, limit: int) -> bytes:
    """The document itself, for formats that contain it. Raises DocumentError document_too_large;
    OSError.
    """
    size = size_of(document)
    if isinstance(document, Digested) or size > limit:
        raise DocumentError("document_too_large", size=size, limit=limit)
    return document if isinstance(document, bytes) else document.path.read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A part of a file."""

    path: Path
    start: int
    size: int  # bytes


def filed(scratch: Path, pieces: Iterable[bytes | Slice]) -> Filed:
    """A new file in `scratch` that consists of `pieces`. Raises DocumentError storage_full;
    OSError.
    """
    path = new_file(scratch)
    try:
        with room(), path.open("xb", buffering=0) as file:
            for piece in pieces:
                if isinstance(piece, bytes):
                    _write(file, memoryview(piece))
                else:
                    copy(piece, file)
        return as_filed(path, scratch=scratch)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def as_filed(path: Path, *, scratch: Path) -> Filed:
    """Of a file of ours, which is read once. Raises OSError."""
    with path.open("rb", buffering=0) as file:
        read = digested(file)
    return Filed(path=path, size=read.size, digests=read.digests, head=read.head, scratch=scratch)


def new_file(scratch: Path) -> Path:
    """A name in `scratch` that no file has."""
    return scratch / f"made-{secrets.token_hex(8)}"


def copy(part: Slice, to: "Writable") -> None:
    """Raises OSError, also when the part is not there any more."""
    chunk = memoryview(bytearray(_CHUNK_BYTES))
    left = part.size
    with part.path.open("rb", buffering=0) as file:
        file.seek(part.start)
        while left:
            count = file.readinto(chunk[: min(left, len(chunk))])
            if not count:
                raise OSError("the document became shorter while it was signed")
            _write(to, chunk[:count])
            left -= count


class Writable(Protocol):
    def write(self, octets: memoryview, /) -> int: ...


def _write(file: "Writable | BinaryIO", octets: memoryview) -> None:
    """A raw file may take less than it is given."""
    while octets:
        octets = octets[file.write(octets) :]


def describe(document: Document, *, kind: str) -> Description:
    size = size_of(document)
    head = document[:HEAD_BYTES] if isinstance(document, bytes) else document.head
    text = _text(head, whole=len(head) == size)
    return Description(
        kind=kind,
        sha256=digest(document, "sha256").hex(),
        size=size,
        preview=text,
        preview_cut=len(head) < size or (size > 0 and not text),
    )


def _text(head: bytes, *, whole: bool) -> str:
    """What a person can read of it: all of `head` if it is text, else nothing."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        text = decoder.decode(head, final=whole)
    except UnicodeDecodeError:
        return ""
    unprintable = any(char < " " and char not in _LAYOUT for char in text)
    return "" if unprintable else text
