"""What every story needs: store, judge of certificates, gateway, clock and bell."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from webui.bhxh.gateway import Gateway
from webui.bhxh.receipt import ReceiptRules
from webui.bhxh.trust import CertificateJudge
from webui.config import Delivery, Ivan
from webui.filing.notify import Bell
from webui.store.database import Database


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    database: Database
    judge: CertificateJudge
    gateway: Gateway
    ivan: Ivan
    receipt_rules: ReceiptRules
    delivery: Delivery
    bell: Bell
    open_registration: bool = True  # False: a new unit must prove its MST with its token
    clock: Callable[[], datetime] = utc_now
    jitter: Callable[[], float] = field(default=random.random)  # in [0, 1)
