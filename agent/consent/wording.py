"""How facts are put into words, the same in windows and terminal; foreign text is neutralised.

Dates are Vietnamese (dd/mm/yyyy) in local time, tax codes as people write them, sizes in KB and
numbers grouped as the language groups them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from agent.consent.origins import ShownOrigin, shown
from agent.consent.plain import one_line
from agent.consent.prompts import CertificateFacts, PickQuestion
from agent.consent.service_wording import service_words
from agent.consent.text import Texts

NAME_CHARS: Final = 200
#: Claims get less room than facts, so that they cannot push these out of sight.
CLAIM_CHARS: Final = 60
REASON_CHARS: Final = 200
_SOON_DAYS: Final = 30
_KILO: Final = 1024
_MINUTE: Final = 60
_HOUR: Final = 3600
_UNITS: Final = ((_KILO, "KB"), (_KILO**2, "MB"), (_KILO**3, "GB"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateWords:
    """A certificate, ready to print."""

    holder: str
    mst: str
    issuer: str
    validity: str
    serial: str
    token: str  # "" when its key is in a service
    service: str  # who and where; "" when its key is on a token
    account: str
    state: str
    warnings: tuple[str, ...]
    why_not: str  # "" when it can be used


def remarks(origin: ShownOrigin, texts: Texts) -> tuple[str, ...]:
    """What the user must know of an origin; nothing to say is the ordinary case, https."""
    if origin.native:
        return (texts("origin.native"),)
    found = []
    if origin.local:
        found.append(texts("origin.local"))
    elif not origin.secure:
        found.append(texts("origin.http"))
    if origin.international:
        found.append(texts("origin.international"))
    return tuple(found)


def pick_title(question: PickQuestion, texts: Texts) -> str:
    """Who asks for files."""
    key = "pick.title_several" if question.multiple else "pick.title"
    return texts(key, origin=shown(question.asker).text)


def certificate_words(
    facts: CertificateFacts, texts: Texts, *, now: datetime | None = None
) -> CertificateWords:
    return CertificateWords(
        holder=one_line(facts.holder, limit=NAME_CHARS),
        mst=", ".join(map(mst_words, facts.mst)) or texts("certificate.no_mst"),
        issuer=one_line(facts.issuer, limit=NAME_CHARS),
        validity=_validity(facts, texts, now=now or datetime.now(UTC)),
        serial=one_line(facts.serial, limit=80),
        token=one_line(facts.token.label, limit=64) if facts.token else "",
        service=service_words(facts.service, texts) if facts.service else "",
        account=one_line(facts.service.name, limit=NAME_CHARS) if facts.service else "",
        state=state_words(facts.state, texts),
        warnings=tuple(texts.error(code) for code in facts.warnings),
        why_not="" if facts.usable else _why_not(facts, texts),
    )


def place_words(words: CertificateWords, texts: Texts) -> tuple[tuple[str, str], ...]:
    """Where the key is, as names and values."""
    if words.service:
        return (
            (texts("certificate.service"), words.service),
            (texts("certificate.account"), words.account),
        )
    return ((texts("certificate.token"), words.token),) if words.token else ()


def mst_words(canonical: str) -> str:
    """As people write it: a branch's last three digits after a hyphen."""
    # Like protocol.identity.printed_mst, without the ASN.1 library that module imports: the window
    # has 0.4 s to appear.
    branch_length = 13
    if len(canonical) == branch_length and canonical.isdigit():
        return f"{canonical[:10]}-{canonical[10:]}"
    return one_line(canonical, limit=40)


def state_words(state: str, texts: Texts) -> str:
    key = f"state.{state}"
    return texts(key) if key in texts else one_line(state, limit=40)


def kind_words(kind: str, texts: Texts) -> str:
    key = f"kind.{kind}"
    return texts(key if key in texts else "kind.other")


def warning_words(code: str, texts: Texts) -> str:
    """What the user must see of a document before signing, as a sentence."""
    key = f"warning.{code}"
    return texts(key) if key in texts else texts.error(code)


def number_words(number: int, texts: Texts) -> str:
    """Grouped by thousands as the language groups them."""
    shown = f"{number:,}"
    return shown.replace(",", ".") if texts.language == "vi" else shown


def counted(texts: Texts, key: str, count: int, **values: str) -> str:
    """The sentence `key` about `count` things; `key.one` is the one about a single thing."""
    words = texts(f"{key}.one" if count == 1 else key)
    return words.format_map({"count": number_words(count, texts), **values})


def duration_words(seconds: int, texts: Texts) -> str:
    """Exactly, in the largest unit that says it whole."""
    if seconds and seconds % _HOUR == 0:
        return counted(texts, "time.hours", seconds // _HOUR)
    if seconds and seconds % _MINUTE == 0:
        return counted(texts, "time.minutes", seconds // _MINUTE)
    return counted(texts, "time.seconds", seconds)


def roughly(seconds: float) -> int:
    """As exact as a guess deserves: to five seconds, beyond two minutes to the minute."""
    step = 5 if seconds < 2 * _MINUTE else _MINUTE if seconds < 4 * _HOUR else _HOUR
    return max(round(seconds / step) * step, step)


def date_words(moment: datetime) -> str:
    return moment.astimezone().strftime("%d/%m/%Y")


def size_words(size: int, texts: Texts) -> str:
    """Bytes in the unit that people expect, with the language's decimal mark."""
    if size < _KILO:
        return f"{size} B"
    scale, unit = next(one for one in reversed(_UNITS) if size >= one[0])
    shown = f"{size / scale:.1f} {unit}"
    return shown.replace(".", ",") if texts.language == "vi" else shown


def digest_words(sha256: str) -> str:
    """Hex in groups of sixteen, which eyes can compare and lines can break at."""
    return " ".join(sha256[i : i + 16] for i in range(0, len(sha256), 16))


def _validity(facts: CertificateFacts, texts: Texts, *, now: datetime) -> str:
    since, until = date_words(facts.not_before), date_words(facts.not_after)
    days = (facts.not_after - now).days
    if facts.not_before <= now and 0 <= days <= _SOON_DAYS:
        return texts("certificate.days_left", since=since, until=until, days=str(days))
    return texts("certificate.validity_value", since=since, until=until)


def _why_not(facts: CertificateFacts, texts: Texts) -> str:
    details = {
        name: mst_words(value) if name in {"found", "expected"} else one_line(value, limit=80)
        for name, value in facts.why_not_details.items()
    }
    return texts.error(facts.why_not, **details)
