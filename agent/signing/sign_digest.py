"""Sign one digest: what it is of nobody can show, so the window says that (T23)."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agent.keys import Mechanism
from agent.signing.approval import Deed, approved
from agent.signing.candidates import Candidate, Wanted
from agent.signing.desk import Desk, Errand
from agent.signing.select import to_sign_with


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestOrder:
    digest: bytes
    hash: Literal["sha256", "sha384", "sha512"]
    padding: Literal["pkcs1", "pss"]  # of an RSA key
    name: str  # what the asker says that it is of
    wanted: Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDigest:
    signature: bytes
    mechanism: Mechanism
    candidate: Candidate
    at: datetime


async def sign_digest(desk: Desk, errand: Errand, order: DigestOrder) -> SignedDigest:
    """Raises DocumentError for a digest that is none of that hash, and what `to_sign_with` and
    `approved` do; nothing is left open.
    """
    # Loaded with the first digest, as other formats are.
    from agent.formats.raw import RawFormat

    format_ = RawFormat(padding=order.padding)
    candidate = await to_sign_with(desk, errand, order.wanted)
    at = desk.now()
    prepared = await asyncio.to_thread(
        format_.prepare, order.digest, hash=order.hash, certificate=candidate.certificate.der
    )
    signature = await approved(
        desk,
        errand,
        candidate,
        Deed(
            action="sign",
            name=order.name,
            description=prepared.description,
            sha256=prepared.description.sha256,
            digest=prepared.digest,
            message=prepared.message,
            mechanism=prepared.mechanism,
            complete=prepared.complete,
        ),
    )
    return SignedDigest(
        signature=signature, mechanism=prepared.mechanism, candidate=candidate, at=at
    )
