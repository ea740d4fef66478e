"""Documents of any kind: hashing them while they stream, holding them within bounds, showing them.

with open("scan.tiff", "rb", buffering=0) as file:
document = digested(file)                     # however large, in one MiB of memory
CmsFormat(attached=False).prepare(document, certificate=der, signing_time=now)
"""

import codecs
import hashlib
from collections.abc import Collection
from typing import Final, Protocol

from agent.documents import Description, Digested, Document, octets
from agent.errors import DocumentError

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
    if known is None:
        raise DocumentError("document_too_large", size=document.size, unknown=algorithm)
    return known


def held(document: Document, *, limit: int) -> bytes:
    """The document itself, for formats that contain it. Raises DocumentError document_too_large."""
    size = len(document) if isinstance(document, bytes) else document.size
    if isinstance(document, Digested) or size > limit:
        raise DocumentError("document_too_large", size=size, limit=limit)
    return octets(document)


def describe(document: Document, *, kind: str) -> Description:
    if isinstance(document, bytes):
        size, head = len(document), document[:HEAD_BYTES]
    else:
        size, head = document.size, document.head
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
