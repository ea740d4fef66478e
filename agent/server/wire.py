"""The agent's values as the protocol writes them."""

from agent import keys
from agent.journal import Stored
from agent.signing.candidates import Candidate
from protocol import messages


def token(info: keys.TokenInfo) -> messages.Token:
    return messages.Token(
        id=info.id,
        label=info.label,
        manufacturer=info.manufacturer,
        model=info.model,
        serial=info.serial,
        reader=info.reader,
        pin=messages.PinState(
            low=info.pin.low,
            final_try=info.pin.final_try,
            locked=info.pin.locked,
            pin_pad=info.pin.pin_pad,
        ),
    )


def tokens(infos: tuple[keys.TokenInfo, ...]) -> tuple[messages.Token, ...]:
    return tuple(map(token, infos))


def certificate(candidate: Candidate) -> messages.Certificate:
    summary = candidate.summary
    return messages.Certificate(
        id=candidate.certificate.id,
        der=candidate.certificate.der,
        holder=summary.holder,
        mst=summary.mst,
        subject=summary.subject,
        issuer=summary.issuer,
        serial=summary.serial,
        not_before=summary.not_before,
        not_after=summary.not_after,
        key=summary.key,
        state=candidate.assessment.state,
        warnings=candidate.assessment.warnings,
        token=token(candidate.certificate.token),
    )


def signature(stored: Stored) -> messages.SignatureEntry:
    entry = stored.entry
    return messages.SignatureEntry(
        number=stored.number,
        at=entry.at,
        origin=entry.origin,
        action=entry.action,
        name=entry.name,
        sha256=entry.sha256,
        holder=entry.holder,
        serial=entry.serial,
        outcome=entry.outcome,
    )
