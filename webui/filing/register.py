"""First use: the unit's profile is made, by password or by a proof from its token."""

from webui.bhxh import mst as numbers
from webui.errors import Refused
from webui.filing import passwords
from webui.filing.login import count_attempt
from webui.filing.office import Office
from webui.filing.profile import Profile, checked
from webui.filing.sessions import digest
from webui.store import attempts, history, sessions, units
from webui.store.records import UnitRow


async def register(
    office: Office,
    *,
    mst: str,
    profile: Profile,
    email_again: str,
    password: str | None,
    proof: str | None,
) -> UnitRow:
    """Raises Refused with the field at fault; unit_exists; proof_expired; too_many_attempts."""
    number = numbers.checked(mst)
    new = checked(profile, email_again=email_again)
    if password is None and proof is None:
        raise Refused("required", field="password")
    if proof is None and not office.open_registration:
        # Run centrally, anyone could otherwise take another unit's number.
        raise Refused("registration_needs_token")
    hashed = None
    if password is not None:
        passwords.check_new(password)
        # Hashing is slow on purpose; whoever has no proof cannot have it done without end.
        await count_attempt(office, number)
        hashed = await passwords.hashed(password)
    now = office.clock()
    async with office.database.writing() as tx:
        if proof is not None:
            proven = await sessions.take_proof(tx, digest(proof), now=now)
            if proven is None:
                raise Refused("proof_expired")
            if proven != number:
                raise Refused(
                    "mst_mismatch",
                    field="mst",
                    expected=numbers.printed_mst(number),
                    found=numbers.printed_mst(proven),
                )
        unit_id = await units.add(
            tx, mst=number, created_at=now, password_hash=hashed, **new.as_columns()
        )
        await attempts.forgive(tx, mst=number)
        await history.add(tx, unit_id=unit_id, event="registered", at=now)
        return await units.get(tx, unit_id)
