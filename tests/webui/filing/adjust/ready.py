"""A unit with a certificate to register."""

from tests.webui.world import CONTACT, added, registered
from webui.bhxh.trust import Chain, Judgement, Revocation
from webui.filing import adjust

REVOKED = Judgement(chain=Chain.TRUSTED, revocation=Revocation.REVOKED)


async def ready(office, holder=None):
    unit = await registered(office)
    return unit, await added(office, unit, holder)


async def prepare(office, unit, row, contact=CONTACT, again=None):
    return await adjust.prepare(
        office, unit.id, row.sha256, contact, email_again=again or contact.email
    )
