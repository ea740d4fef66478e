"""Sign a file: the use case that pages use, then the signed file beside it, never over another."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent.app.files import place, reading
from agent.app.files.output import place_for
from agent.app.options import Options
from agent.documents import Document
from agent.formats.levels import Level
from agent.formats.options import Options as Choice
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
    "asic-e": ".asice",
}
#: Profiles whose signed file contains the document, and that can do so without holding it.
_WHOLE: Final = ("cades-attached", "pades", "asic-e")


class NoTimestamp(Exception):  # noqa: N818 - a statement, not a defect
    """A time stamp was asked for, and no authority is configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToSign:
    file: Path
    profile: str
    out: Path | None = None
    certificate: str | None = None
    mst: str | None = None  # canonical
    overwrite: bool = False
    choice: Choice = field(default_factory=Choice)

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


async def signed_file(options: Options, asked: ToSign, *, progress: Tell) -> Done:
    """Nothing is written unless the signature is there and good.

    Raises OutputExists and NoTimestamp before anybody is asked; AgentError; OSError.
    """
    if asked.choice.level is not Level.B and not options.config.timestamp.all_urls:
        raise NoTimestamp
    with place_for(asked.path, overwrite=asked.overwrite) as out:
        scratch = out.scratch() if asked.profile in _WHOLE else None
        algorithms = {asked.choice.hash or "sha256"}
        document = await asyncio.to_thread(
            reading.document, asked.file, algorithms=algorithms, scratch=scratch
        )
        signed = await _signed(options, asked, document, progress)
        out.put(signed.document)
    return Done(path=asked.path, signed=signed)


async def _signed(options: Options, asked: ToSign, document: Document, progress: Tell) -> Signed:
    wanted = Wanted(
        id=CertificateId(asked.certificate.lower()) if asked.certificate else None, mst=asked.mst
    )
    order = Order(
        document=document,
        name=asked.file.name,
        profile=asked.profile,
        wanted=wanted,
        options=asked.choice,
    )
    async with place.desk(options) as desk:
        errand = Errand(asker=place.asker(options), progress=progress)
        return await sign(desk, errand, order)
