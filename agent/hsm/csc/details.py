"""A credential as its service describes it, with what only this API needs to know of it."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.certificates.describe import read
from agent.errors import UserError
from agent.hsm.csc.algorithms import mechanisms
from agent.hsm.csc.factors import Factors
from agent.hsm.csc.messages import Cert, Count, Key
from agent.hsm.provider import Credential
from agent.keys import Confirmation

#: More hashes than this go out in no single call, whatever a service offers.
MOST_HASHES: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    credential: Credential
    factors: Factors
    algos: frozenset[str]
    binds_hashes: bool  # SCAL2: leave is for these hashes, so they must be named


def details(
    credential_id: str,
    *,
    key: Key,
    cert: Cert,
    factors: Factors | None,
    scal: Count | None,
    multisign: Count,
) -> Details:
    """Raises UserError certificate_not_found (there is none), certificate_unsuitable (unreadable).

    Its dates and the service's word on them are not judged here: an expired certificate is shown as
    expired, a token's or a service's.
    """
    certificate, *chain = decoded(cert.certificates)
    algos = frozenset(key.algo)
    return Details(
        credential=Credential(
            id=credential_id,
            certificate=certificate,
            chain=tuple(chain),
            enabled=(
                factors is not None
                and key.status.casefold() == "enabled"
                and (cert.status or "").casefold() not in ("revoked", "suspended")
            ),
            confirmation=factors.confirmation if factors else Confirmation(),
            mechanisms=mechanisms(algos),
            most_hashes=min(max(number(multisign, default=1), 1), MOST_HASHES),
        ),
        factors=factors or Factors(confirmation=Confirmation()),
        algos=algos,
        binds_hashes=number(scal, default=1) != 1,
    )


def decoded(certificates: Sequence[str]) -> list[bytes]:
    """The signer's first, as the API has it. One that cannot be read spoils the chain no further
    than itself; the signer's own does.
    """
    if not certificates:
        raise UserError("certificate_not_found")
    found = []
    for place, text in enumerate(certificates):
        try:
            der = base64.b64decode("".join(text.split()), validate=True)
            read(der)
        except (UserError, binascii.Error, ValueError):
            if place == 0:
                raise UserError("certificate_unsuitable", reason="unreadable") from None
            continue
        found.append(der)
    return found


def number(said: Count | None, *, default: int) -> int:
    """Services write numbers as strings too."""
    if isinstance(said, int):
        return said
    text = (said or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else default  # noqa: PLR2004 — digits
