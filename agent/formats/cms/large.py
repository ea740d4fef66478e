"""A CMS file of any size: its signatures are held, its content is hashed where it stands.

One pass from the front. What announces the hashes stands before the content (RFC 5652 §5.1), so
each octet is read once. Both ways of writing are read: lengths that are said, as DER wants them and
we write them, and open ones with the content in pieces, as `openssl cms -stream` and Java do.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from agent.documents import Digested
from agent.errors import DocumentError
from agent.formats.cms import ber, der, identifiers, oids
from agent.formats.cms.ber import Element
from agent.formats.cms.envelope import detached
from agent.formats.cms.reasons import Reason, Rejected
from agent.formats.cms.verify import SIGNATURE_ROOM
from agent.formats.content import HEAD_BYTES, Slice

_BUFFER_BYTES: Final = 1024 * 1024
_HEAD_OCTETS: Final = 8  # a tag and as many octets of length as are taken
_PREFIX_BYTES: Final = 64 * 1024  # version, digest algorithms: a few dozen in truth
_CONSTRUCTED: Final = 0x20
_FIRST: Final = 0xA0  # [0]
_END: Final = b"\0\0"
#: Each costs time of its own. Real ones have a thousand octets and more.
_MOST_PIECES: Final = 1000
_LEAST_PIECE_BYTES: Final = 256
_MOST_PARTS: Final = 3  # behind the content: certificates, CRLs, signers


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """A file with its content taken apart."""

    signature: bytes  # the same signatures, detached
    content: Digested  # by all hashes that the file announces
    #: Where the content stands, unless it is in pieces.
    place: Slice | None


def apart(path: Path) -> Apart:
    """Raises DocumentError signature_invalid (grammar, algorithm, content: there is none),
    document_too_large (of what is not content); OSError.
    """
    with path.open("rb", buffering=_BUFFER_BYTES) as file:
        try:
            return _apart(_Walk(file), path)
        except ber.Malformed as error:
            raise Rejected(Reason.GRAMMAR) from error


def _apart(walk: "_Walk", path: Path) -> Apart:
    info = walk.enter(der.SEQUENCE)
    if walk.take().whole != oids.SIGNED_DATA:
        raise Rejected(Reason.GRAMMAR)
    explicit = walk.enter(_FIRST)
    data = walk.enter(der.SEQUENCE)
    version, digests = walk.take(), walk.take()
    announced = {identifiers.read_digest(one) for one in digests.children()}
    encapsulated = walk.enter(der.SEQUENCE)
    oid = walk.take()
    if walk.at_end(encapsulated):
        raise Rejected(Reason.CONTENT)
    octets = walk.enter(_FIRST)
    content, place = _content(walk, announced | {"sha256"}, path)
    walk.leave(octets)
    walk.leave(encapsulated)
    rest = tuple(walk.elements(data))
    for box in (data, explicit, info):
        walk.leave(box)
    if walk.left:
        raise Rejected(Reason.GRAMMAR)
    return Apart(signature=detached(version, digests, oid, *rest), content=content, place=place)


def _content(walk: "_Walk", algorithms: set[str], path: Path) -> tuple[Digested, Slice | None]:
    hashes = {name: hashlib.new(name) for name in algorithms}
    head, size, start = bytearray(), 0, 0
    whole = walk.enter(der.OCTET_STRING, der.OCTET_STRING | _CONSTRUCTED)
    in_pieces = whole.tag != der.OCTET_STRING
    for piece in walk.pieces(whole) if in_pieces else (whole,):
        start = walk.at
        for chunk in walk.octets(piece):
            for one in hashes.values():
                one.update(chunk)
            head += chunk[: HEAD_BYTES - len(head)]
            size += len(chunk)
    walk.leave(whole)
    digests = {name: one.digest() for name, one in hashes.items()}
    place = None if in_pieces else Slice(path=path, start=start, size=size)
    return Digested(size=size, digests=digests, head=bytes(head)), place


@dataclass(frozen=True, slots=True)
class _Box:
    tag: int
    end: int | None  # None: open until two zeros


class _Walk:
    """Reads a file from the front, element by element. Raises Malformed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = os.fstat(file.fileno()).st_size
        self._chunk = memoryview(bytearray(_BUFFER_BYTES))
        self.at = 0

    @property
    def left(self) -> int:
        return self._size - self.at

    def enter(self, *tags: int) -> _Box:
        octets = self._peek(_HEAD_OCTETS)
        tag, start, length, _ = ber.head(memoryview(octets), 0)
        if tag not in tags or (length or 0) > self.left - start:
            raise ber.Malformed
        self._go(self.at + start)
        return _Box(tag, None if length is None else self.at + length)

    def at_end(self, box: _Box) -> bool:
        if box.end is None:
            return self._peek(len(_END)) == _END
        if self.at > box.end:
            raise ber.Malformed
        return self.at == box.end

    def leave(self, box: _Box) -> None:
        if not self.at_end(box):
            raise ber.Malformed
        if box.end is None:
            self._go(self.at + len(_END))

    def take(self) -> Element:
        """A small element, held."""
        found = ber.first(self._peek(_PREFIX_BYTES))
        self._go(self.at + len(found.whole))
        return found

    def pieces(self, string: _Box) -> Iterator[_Box]:
        """Of an OCTET STRING that is in pieces: each is entered, and must be read to its end."""
        count, begin = 0, self.at
        while not self.at_end(string):
            count += 1
            if count > _MOST_PIECES + (self.at - begin) // _LEAST_PIECE_BYTES:
                raise ber.Malformed
            yield self.enter(der.OCTET_STRING)

    def octets(self, box: _Box) -> Iterator[memoryview]:
        """The content of a primitive element; each chunk counts until the next is asked for."""
        assert box.end is not None  # `head` takes open lengths of constructed ones alone
        while left := box.end - self.at:
            count = self._file.readinto(self._chunk[: min(left, len(self._chunk))])  # type: ignore[attr-defined]
            if not count:
                raise ber.Malformed  # it became shorter while it was read
            self.at += count
            yield self._chunk[:count]

    def elements(self, box: _Box) -> Iterator[Element]:
        """What is left in `box`, held. Raises DocumentError document_too_large."""
        if self.left > SIGNATURE_ROOM:
            raise DocumentError("document_too_large", size=self.left, limit=SIGNATURE_ROOM)
        begin, octets = self.at, memoryview(self._file.read())
        for _ in range(_MOST_PARTS + 1):
            if self._ended(box, octets, self.at - begin):
                self._go(self.at)
                return
            found = ber.first(octets[self.at - begin :])
            yield found
            self.at += len(found.whole)
        raise ber.Malformed

    def _ended(self, box: _Box, octets: memoryview, at: int) -> bool:
        return bytes(octets[at : at + 2]) == _END if box.end is None else self.at >= box.end

    def _peek(self, count: int) -> bytes:
        octets = self._file.read(count)
        self._file.seek(self.at)
        return octets

    def _go(self, at: int) -> None:
        self.at = at
        self._file.seek(at)
