"""Sign one document: which key, what, may I, PIN, signature, our own verification, journal."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from agent.documents import Document, Made
from agent.errors import DocumentError
from agent.formats.levels import Level
from agent.formats.options import Options
from agent.signing.approval import Deed, approved
from agent.signing.candidates import Candidate, Wanted
from agent.signing.desk import Desk, Errand
from agent.signing.select import to_sign_with


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    document: Document
    name: str
    profile: str
    wanted: Wanted
    options: Options = field(default_factory=Options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    document: Made
    sha256: str  # hex, of the document as it was shown
    candidate: Candidate
    at: datetime
    level: Level = Level.B
    level_problem: str = ""  # the error code why it is not the one that was asked for


async def sign(desk: Desk, errand: Errand, order: Order) -> Signed:
    """Raises DocumentError, and what `to_sign_with` and `approved` do; nothing is left open."""
    format_ = desk.formats().get(order.profile)
    if format_ is None:
        raise DocumentError("profile_unknown", profile=order.profile)
    if order.options != Options():
        format_ = format_.with_options(order.options)

    candidate = await to_sign_with(desk, errand, order.wanted)
    at = desk.now()
    prepared = await asyncio.to_thread(
        format_.prepare, order.document, certificate=candidate.certificate.der, signing_time=at
    )
    sha256 = prepared.description.sha256
    document = await approved(
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
    return Signed(document=document, sha256=sha256, candidate=candidate, at=at)
