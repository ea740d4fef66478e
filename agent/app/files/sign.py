"""Sign a file: the use case that pages use, then the signed file beside it, never over another."""

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from agent.app.files import place, reading
from agent.app.options import Options
from agent.certificates.fetch import HttpFetcher
from agent.certificates.timestamp import HttpTimestampAuthority
from agent.documents import Document
from agent.documents import octets as whole
from agent.errors import AgentError
from agent.keys import CertificateId
from agent.signing.candidates import Wanted
from agent.signing.desk import Errand
from agent.signing.sign import Order, Signed, sign
from protocol.messages import Stage

Tell = Callable[[Stage], Awaitable[None]]

#: How the files of other formats are known; a signed XML document is still one.
_SUFFIXES: Final = {
    "cades-attached": ".p7m",
    "cades-detached": ".p7s",
    "jws": ".jws",
    "jws-detached": ".jws",
}
_STAMPED: Final = ("cades-attached", "cades-detached")


class OutputExists(Exception):  # noqa: N818 - a statement, not a defect
    """The file that would be written is there."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class NoTimestamp(Exception):  # noqa: N818 - a statement, not a defect
    """A time stamp was asked for, and this profile has none, or no authority is configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToSign:
    file: Path
    profile: str
    out: Path | None = None
    certificate: str | None = None
    mst: str | None = None  # canonical
    timestamp: bool = False
    overwrite: bool = False

    @property
    def path(self) -> Path:
        """Where the signed file goes."""
        if self.out is not None:
            return self.out
        suffix = _SUFFIXES.get(self.profile)
        if suffix is not None:
            return self.file.with_name(self.file.name + suffix)
        return self.file.with_name(f"{self.file.stem}.signed{self.file.suffix}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    path: Path
    signed: Signed
    #: Why there is no time stamp although one was asked for.
    not_stamped: AgentError | None = None


async def signed_file(options: Options, asked: ToSign, *, progress: Tell) -> Done:
    """Nothing is written unless the signature is there and good.

    Raises OutputExists and NoTimestamp before anybody is asked; AgentError; OSError.
    """
    timestamps = options.config.timestamp
    if asked.timestamp and not (timestamps.url and asked.profile in _STAMPED):
        raise NoTimestamp
    document = await asyncio.to_thread(reading.document, asked.file)
    with _place_for(asked.path, overwrite=asked.overwrite) as file:
        signed = await _signed(options, asked, document, progress)
        octets, not_stamped = whole(signed.document), None
        if asked.timestamp:
            try:
                octets = await _stamped(options, octets, document)
            except AgentError as error:
                not_stamped = error
        file.write(octets)
    return Done(path=asked.path, signed=signed, not_stamped=not_stamped)


async def _signed(options: Options, asked: ToSign, document: Document, progress: Tell) -> Signed:
    wanted = Wanted(
        id=CertificateId(asked.certificate.lower()) if asked.certificate else None, mst=asked.mst
    )
    async with place.desk(options) as desk:
        errand = Errand(asker=place.asker(options), progress=progress)
        order = Order(document=document, name=asked.file.name, profile=asked.profile, wanted=wanted)
        return await sign(desk, errand, order)


async def _stamped(options: Options, signed: bytes, document: Document) -> bytes:
    from agent.formats import cms

    timestamps = options.config.timestamp
    (found,) = cms.verify(signed, content=document)
    async with HttpFetcher() as fetcher:
        authority = HttpTimestampAuthority(
            fetcher, timestamps.url, timeout_seconds=timestamps.timeout_seconds
        )
        return cms.timestamped(signed, await authority.stamp(found.signature))


@contextmanager
def _place_for(path: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """A file to write to, which is there before anybody is asked and gone unless all goes well.

    Raises OutputExists, OSError.
    """
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}") if overwrite else path
    try:
        file = unfinished.open("xb")
    except FileExistsError:
        raise OutputExists(path) from None
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
