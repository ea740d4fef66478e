"""Sign one document: which key, what, may I, PIN, signature, our own verification, journal; then
time stamps and evidence, as far as they were asked for and can be had.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.documents import Document, Made
from agent.errors import DocumentError
from agent.formats.api import fitted
from agent.formats.levels import Level
from agent.formats.options import Options
from agent.journal.entries import RAISE
from agent.signing.approval import Deed, approved
from agent.signing.candidates import Candidate, Wanted
from agent.signing.desk import Desk, Errand
from agent.signing.raising import raised
from agent.signing.record import Record
from agent.signing.select import to_sign_with

_AS_THE_PROFILE_HAS_IT: Final = Options()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    document: Document
    name: str
    profile: str
    wanted: Wanted
    options: Options = _AS_THE_PROFILE_HAS_IT


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    document: Made
    sha256: str  # hex, of the document as it was shown
    candidate: Candidate
    at: datetime
    level: Level = Level.B
    level_problem: str = ""  # the error code why it is not the level that was asked for


async def sign(desk: Desk, errand: Errand, order: Order) -> Signed:
    """Raises DocumentError, and what `to_sign_with` and `approved` do; nothing is left open."""
    profile = desk.formats().get(order.profile)
    if profile is None:
        raise DocumentError("profile_unknown", profile=order.profile)
    format_ = fitted(profile, options=order.options, name=order.name)

    candidate = await to_sign_with(desk, errand, order.wanted)
    at = desk.now()
    prepared = await asyncio.to_thread(
        format_.prepare, order.document, certificate=candidate.certificate.der, signing_time=at
    )
    sha256 = prepared.description.sha256
    made = await approved(
        desk,
        errand,
        candidate,
        Deed(
            action="sign",
            name=order.name,
            description=prepared.description,
            sha256=sha256,
            digest=prepared.digest,
            message=prepared.message,
            mechanism=prepared.mechanism,
            profile=order.profile,
            signed_at=at,
            complete=prepared.complete,
        ),
    )
    reached = await raised(
        desk, errand, format_, made, document=order.document, level=order.options.level
    )
    if order.options.level is not Level.B:
        # The signature has its line since it was made; this one is of what was put around it.
        line = Record(
            desk,
            errand,
            candidate,
            action=RAISE,
            name=order.name,
            sha256=sha256,
            size=prepared.description.size,
            profile=order.profile,
        )
        await asyncio.to_thread(line.close, "raised", reached.ending)
    return Signed(
        document=reached.document,
        sha256=sha256,
        candidate=candidate,
        at=at,
        level=reached.level,
        level_problem=reached.problem,
    )
