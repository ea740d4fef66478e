"""Sign one document: which key, what, may I, PIN, signature, our own verification, journal."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from agent.consent.prompts import SignQuestion
from agent.documents import Document
from agent.errors import DocumentError, UserError
from agent.keys import TokenCertificate
from agent.signing.approval import approved_signature, pin_state
from agent.signing.candidates import Candidate, Wanted, facts
from agent.signing.desk import Desk, Errand
from agent.signing.record import Record, recorded
from agent.signing.select import to_sign_with
from protocol.messages import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    document: Document
    name: str
    profile: str
    wanted: Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    document: bytes
    sha256: str  # hex, of the document as it was shown
    candidate: Candidate
    at: datetime


async def sign(desk: Desk, errand: Errand, order: Order) -> Signed:
    """Raises DocumentError, UserError, TokenError, InternalError; nothing is left open then."""
    format_ = desk.formats().get(order.profile)
    if format_ is None:
        raise DocumentError("profile_unknown", profile=order.profile)

    candidate = await to_sign_with(desk, errand, order.wanted)
    certificate = candidate.certificate
    if not isinstance(certificate, TokenCertificate):
        raise UserError("certificate_unsuitable")
    at = desk.now()
    prepared = await asyncio.to_thread(
        format_.prepare, order.document, certificate=certificate.der, signing_time=at
    )
    record = Record(
        desk,
        errand,
        candidate,
        action="sign",
        name=order.name,
        sha256=prepared.description.sha256,
    )

    async with recorded(record):
        question = SignQuestion(
            asker=errand.asker,
            action="sign",
            name=order.name,
            description=prepared.description,
            certificate=facts(candidate),
            pin=await pin_state(desk, certificate),
        )
        async with desk.prompts.sign(question) as dialog:
            signature = await approved_signature(
                desk,
                errand,
                dialog,
                certificate,
                digest=prepared.digest,
                mechanism=prepared.mechanism,
            )
            await errand.progress(Stage.VERIFYING)
            await dialog.working(Stage.VERIFYING)

            def verified_and_recorded() -> bytes:
                # In one thread without a pause: a document that leaves is in the journal.
                document = prepared.complete(signature)
                if not record.close("signed"):
                    raise UserError("cancelled")
                return document

            document = await asyncio.to_thread(verified_and_recorded)

    return Signed(document=document, sha256=prepared.description.sha256, candidate=candidate, at=at)
