"""Whether a certificate may be used for a unit: each reason against has its own words."""

from datetime import datetime, timedelta
from typing import Final

from webui.bhxh.certificate import CertificateFacts
from webui.bhxh.mst import printed_mst
from webui.bhxh.trust import Chain, Judgement, Revocation
from webui.errors import Refused
from webui.filing.office import Office
from webui.store import certificates
from webui.store.records import CertificateRow

#: A judgement this young is not asked for again.
FRESH: Final = timedelta(minutes=5)
_PARENT_DIGITS: Final = 10


def check_mst(facts: CertificateFacts, unit_mst: str) -> None:
    """Raises Refused certificate_without_mst, mst_branch, mst_mismatch (both name both numbers)."""
    if not facts.mst:
        raise Refused("certificate_without_mst", expected=printed_mst(unit_mst))
    if unit_mst in facts.mst:
        return
    found = facts.mst[0]
    lengths = {len(found), len(unit_mst)}
    family = lengths <= {10, 13} and found[:_PARENT_DIGITS] == unit_mst[:_PARENT_DIGITS]
    raise Refused(
        "mst_branch" if family else "mst_mismatch",
        expected=printed_mst(unit_mst),
        found=", ".join(map(printed_mst, facts.mst)),
    )


def check_validity(facts: CertificateFacts, now: datetime) -> None:
    """Raises Refused certificate_expired, certificate_not_yet_valid."""
    if facts.is_expired(now):
        raise Refused("certificate_expired", date=_day(facts.not_after))
    if facts.is_not_yet_valid(now):
        raise Refused("certificate_not_yet_valid", date=_day(facts.not_before))


def check_judgement(judgement: Judgement) -> None:
    """Raises Refused certificate_untrusted, trust_not_configured, certificate_revoked.

    A revocation that could not be asked is no refusal, or a CA's silent server would stop every
    unit's work; it is stored and shown as unknown, and BHXH asks again.
    """
    if judgement.chain is Chain.UNTRUSTED:
        raise Refused("certificate_untrusted")
    if judgement.chain is not Chain.TRUSTED:
        raise Refused("trust_not_configured")
    if judgement.revocation is Revocation.REVOKED:
        raise Refused("certificate_revoked")


async def fresh(office: Office, row: CertificateRow) -> Judgement:
    """The stored judgement if it is young, else a new one, stored."""
    now = office.clock()
    known = Judgement(chain=Chain(row.chain), revocation=Revocation(row.revocation))
    if now - row.checked_at < FRESH:
        # An unknown one too: a CA that is silent would make the user wait for it twice in a minute.
        return known
    judgement = await office.judge.judge(row.der, now=now)
    async with office.database.writing() as tx:
        await certificates.set_judgement(
            tx,
            row.id,
            chain=judgement.chain,
            revocation=judgement.revocation,
            now=now,
        )
    return judgement


def _day(moment: datetime) -> str:
    from webui.bhxh.form05 import HANOI

    return moment.astimezone(HANOI).strftime("%d/%m/%Y")
