"""The accounts of the demo's unit at each service; told to everybody, they protect nothing."""

import base64
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from webui.sandbox.ca.ledger import replace
from webui.sandbox.ca.subject import SUBSCRIBER_LIFE
from webui.sandbox.hsm.keys import NAMES
from webui.sandbox.hsm.register import Account, Credential, Service
from webui.sandbox.hsm.world import HsmWorld
from webui.sandbox.world import OTHER_MST, UNIT

API_KEY: Final = "0123456789abcdef0123456789abcdef"
API_SECRET: Final = base64.b64encode(b"cyberhsm-demo-2026").decode()
CSC_ACCOUNT: Final = "minhhoa"
PASSWORD: Final = "hsm-demo-2026"  # noqa: S105
PIN: Final = "12345678"
OTP: Final = "246810"
PHONE_ACCOUNT: Final = UNIT.mst
_DAY: Final = timedelta(days=1)


def furnish(world: HsmWorld, folder: Path) -> None:
    """Put the demo's accounts into the register; certificates are issued once and kept."""
    made = _Certificates(world, folder)
    world.register.put(
        Account(
            service=Service.CYBERHSM,
            name=API_KEY,
            password=API_SECRET,
            credentials=[
                Credential(id="cyberhsm-1", key=NAMES[0], certificate=made("cyberhsm", 0))
            ],
        )
    )
    world.register.put(
        Account(
            service=Service.CSC,
            name=CSC_ACCOUNT,
            password=PASSWORD,
            credentials=list(_of_csc(made)),
        )
    )
    for service in (Service.SMARTCA, Service.MYSIGN):
        certificate = made(service.value, 2)
        credential = Credential(
            id=f"{service.value}-1", key=NAMES[2], certificate=certificate, phone=True
        )
        world.register.put(
            Account(
                service=service, name=PHONE_ACCOUNT, password=PASSWORD, credentials=[credential]
            )
        )


def login(service: Service) -> tuple[str, str]:
    """The demo unit's account and password there."""
    match service:
        case Service.CYBERHSM:
            return API_KEY, API_SECRET
        case Service.CSC:
            return CSC_ACCOUNT, PASSWORD
        case _:
            return PHONE_ACCOUNT, PASSWORD


def _of_csc(made: "_Certificates") -> Iterable[Credential]:
    """The new one, and what a clerk must not be able to choose."""
    yield Credential(id="csc-1", key=NAMES[1], certificate=made("csc", 1), pin=PIN, otp=True)
    yield Credential(
        id="csc-2",
        key=NAMES[1],
        certificate=made("csc-other", 1, name="CÔNG TY CỔ PHẦN THÍ DỤ", mst=OTHER_MST),
        pin=PIN,
    )
    yield Credential(
        id="csc-3",
        key=NAMES[1],
        certificate=made("csc-expired", 1, begins=-SUBSCRIBER_LIFE - 100 * _DAY),
        pin=PIN,
    )
    yield Credential(
        id="csc-4",
        key=NAMES[1],
        certificate=made("csc-revoked", 1, begins=-200 * _DAY, revoked=-5 * _DAY),
        pin=PIN,
    )


class _Certificates:
    def __init__(self, world: HsmWorld, folder: Path) -> None:
        self._world = world
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(
        self,
        label: str,
        key: int,
        *,
        name: str = UNIT.name,
        mst: str = UNIT.mst,
        begins: timedelta = -_DAY,
        revoked: timedelta | None = None,
    ) -> bytes:
        path = self._folder / f"{label}.der"
        if not path.exists():
            now = datetime.now(UTC)
            certificate = self._world.certificate(
                key=NAMES[key], name=name, mst=mst, not_before=now + begins
            )
            if revoked is not None:
                self._world.authority.revoke(certificate, at=now + revoked)
            replace(path, certificate, mode=0o644)
        return path.read_bytes()
