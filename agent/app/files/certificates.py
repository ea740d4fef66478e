"""The certificates that can sign here now, with what is known of each."""

from agent.app.files import place
from agent.app.options import Options
from agent.app.text import text
from agent.consent.plain import one_line
from agent.consent.text import Texts
from agent.consent.wording import certificate_words
from agent.keys import ServiceCertificate
from agent.signing.candidates import Candidate, all_assessed, at_a_glance, facts


async def found(options: Options) -> tuple[Candidate, ...]:
    """On the tokens plugged in and in the accounts at services. Raises ConfigError, OSError."""
    async with place.desk(options) as desk:
        return await all_assessed(desk, at_a_glance(desk))


def lines(candidates: tuple[Candidate, ...], *, language: str) -> tuple[str, ...]:
    return tuple(_line(one, language) for one in candidates) or (
        text(language, "no_certificate_here"),
    )


def _line(candidate: Candidate, language: str) -> str:
    words = certificate_words(facts(candidate), Texts(language))
    held = candidate.certificate
    where = held.service.host if isinstance(held, ServiceCertificate) else held.token.label
    return text(
        language,
        "certificate",
        holder=words.holder,
        mst=words.mst,
        issuer=words.issuer,
        serial=words.serial,
        validity=words.validity,
        state=words.state,
        where=one_line(where, limit=80),
        id=held.id,
    )
