"""The agent's values as the protocol writes them."""

from agent import keys
from agent.hsm.api import Account, ProviderInfo
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


def service(info: keys.ServiceInfo) -> messages.Service:
    return messages.Service(
        provider=info.provider, provider_name=info.provider_name, host=info.host
    )


def account(kept: Account) -> messages.Account:
    return messages.Account(
        id=kept.id,
        provider=kept.provider,
        provider_name=kept.provider_name,
        host=kept.host,
        name=kept.name,
        certificates=kept.certificates,
        problem=kept.problem,
        checked_at=kept.checked_at,
    )


def accounts(kept: tuple[Account, ...]) -> tuple[messages.Account, ...]:
    return tuple(map(account, kept))


def provider(info: ProviderInfo) -> messages.Provider:
    return messages.Provider(
        id=info.id,
        name=info.name,
        account=messages.Words(vi=info.account.vi, en=info.account.en),
        password=messages.Words(vi=info.password.vi, en=info.password.en),
        fields=tuple(
            messages.ProviderField(
                name=field.name,
                label=messages.Words(vi=field.label.vi, en=field.label.en),
                required=field.required,
                secret=field.secret,
            )
            for field in info.fields
        ),
        hosts=info.hosts,
    )


def certificate(candidate: Candidate) -> messages.Certificate:
    summary, held = candidate.summary, candidate.certificate
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
        token=token(held.token) if isinstance(held, keys.TokenCertificate) else None,
        service=service(held.service) if isinstance(held, keys.ServiceCertificate) else None,
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
        size=entry.size,
        profile=entry.profile,
        level=entry.level,
        holder=entry.holder,
        serial=entry.serial,
        outcome=entry.outcome,
    )
