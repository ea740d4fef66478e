"""The two state machines, as tables. What is not in a table cannot happen.

A dossier:

    da-ky ──sending──▶ dang-gui ──acknowledged──▶ da-nhan ──accepted──▶ chap-nhan
                        │ │ │ ▲                      └─────refused────▶ tu-choi
          refused at    │ │ │ └─sending── cho-gui-lai                    ▲
          the door ─────┼─┼─┘             ▲       ▲                      │
                        │ └─not delivered─┘       └──never received──┐   │
                        └─uncertain─▶ khong-ro ──────────────────────┘   │
                                        │ └──acknowledged──▶ da-nhan     │
    (at the door) ──────────────────────┴────────────────────────────────┘

Theory. `dang-gui` is written before the first byte leaves, so whoever finds a dossier in that state
without its writer knows that it may have arrived: to him it is `khong-ro`, and a dossier that is
`khong-ro` is asked about, never sent. A time-out is uncertain, not undelivered. From `chap-nhan`
and `tu-choi` nothing leads away: BHXH has decided.

A certificate (of the unit, at BHXH, as far as we know):

    chua-gui ──submitted──▶ dang-cho ──accepted──▶ dang-dung ──replaced──▶ da-thay-the
                             ▲   └────refused────▶ bi-tu-choi
                             └──────submitted──────────┘

Theory. Only BHXH's believed answer moves a certificate out of `dang-cho`. The one in use may be
submitted again (its contact person changes): it stays in use whatever the answer. At most one is in
use: the acceptance of one replaces the other, in the same transaction. `het-han` is not stored: it
is what a stored state looks like after the certificate's last day.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final


class DossierState(StrEnum):
    SIGNED = "da-ky"
    SENDING = "dang-gui"
    WAITING = "cho-gui-lai"
    UNKNOWN = "khong-ro"
    RECEIVED = "da-nhan"
    ACCEPTED = "chap-nhan"
    REFUSED = "tu-choi"


class DossierEvent(StrEnum):
    SENDING = "sending"
    NOT_DELIVERED = "not_delivered"
    UNCERTAIN = "uncertain"
    NEVER_RECEIVED = "never_received"
    ACKNOWLEDGED = "acknowledged"
    REFUSED_AT_THE_DOOR = "refused_at_the_door"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class CertificateState(StrEnum):
    NOT_SENT = "chua-gui"
    PENDING = "dang-cho"
    IN_USE = "dang-dung"
    REFUSED = "bi-tu-choi"
    REPLACED = "da-thay-the"
    EXPIRED = "het-han"  # shown, never stored


class CertificateEvent(StrEnum):
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    REPLACED = "replaced"


_D, _DE = DossierState, DossierEvent
DOSSIER_TRANSITIONS: Final[dict[tuple[DossierState, DossierEvent], DossierState]] = {
    (_D.SIGNED, _DE.SENDING): _D.SENDING,
    (_D.WAITING, _DE.SENDING): _D.SENDING,
    (_D.SENDING, _DE.ACKNOWLEDGED): _D.RECEIVED,
    (_D.SENDING, _DE.REFUSED_AT_THE_DOOR): _D.REFUSED,
    (_D.SENDING, _DE.NOT_DELIVERED): _D.WAITING,
    (_D.SENDING, _DE.UNCERTAIN): _D.UNKNOWN,
    (_D.UNKNOWN, _DE.ACKNOWLEDGED): _D.RECEIVED,
    (_D.UNKNOWN, _DE.NEVER_RECEIVED): _D.WAITING,
    (_D.RECEIVED, _DE.ACCEPTED): _D.ACCEPTED,
    (_D.RECEIVED, _DE.REFUSED): _D.REFUSED,
}
DECIDED: Final = frozenset({DossierState.ACCEPTED, DossierState.REFUSED})

_C, _CE = CertificateState, CertificateEvent
CERTIFICATE_TRANSITIONS: Final[
    dict[tuple[CertificateState, CertificateEvent], CertificateState]
] = {
    (_C.NOT_SENT, _CE.SUBMITTED): _C.PENDING,
    (_C.REFUSED, _CE.SUBMITTED): _C.PENDING,
    (_C.PENDING, _CE.ACCEPTED): _C.IN_USE,
    (_C.PENDING, _CE.REFUSED): _C.REFUSED,
    # The one in use, submitted again for its contact person.
    (_C.IN_USE, _CE.SUBMITTED): _C.IN_USE,
    (_C.IN_USE, _CE.ACCEPTED): _C.IN_USE,
    (_C.IN_USE, _CE.REFUSED): _C.IN_USE,
    (_C.IN_USE, _CE.REPLACED): _C.REPLACED,
    # It was replaced while that second submission was under way; BHXH's last word counts.
    (_C.REPLACED, _CE.ACCEPTED): _C.IN_USE,
    (_C.REPLACED, _CE.REFUSED): _C.REPLACED,
}


class Impossible(Exception):  # noqa: N818 - it reads as the verdict on the event
    """An event in a state that does not know it: a bug, never the user's doing."""


def dossier_after(state: DossierState, event: DossierEvent) -> DossierState:
    try:
        return DOSSIER_TRANSITIONS[state, event]
    except KeyError:
        raise Impossible(f"{event} in {state}") from None


def certificate_after(state: CertificateState, event: CertificateEvent) -> CertificateState:
    try:
        return CERTIFICATE_TRANSITIONS[state, event]
    except KeyError:
        raise Impossible(f"{event} in {state}") from None


def may_submit(state: CertificateState) -> bool:
    return (state, CertificateEvent.SUBMITTED) in CERTIFICATE_TRANSITIONS


def shown(state: CertificateState, *, not_after: datetime, now: datetime) -> CertificateState:
    """What the user is told. A pending or replaced one stays what it is, expired or not."""
    keeps = {CertificateState.PENDING, CertificateState.REPLACED}
    return CertificateState.EXPIRED if now > not_after and state not in keeps else state
