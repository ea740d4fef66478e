"""The demo token: a USB token played by SoftHSM, with a key and a certificate for each holding."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from webui.sandbox.softhsm import SoftHsm
from webui.sandbox.world import ON_THE_TOKEN, Role, World

LABEL: Final = "OpenKySo Demo"
PIN: Final = "12345678"  # told to everybody; it protects nothing


class Token:
    def __init__(self, folder: Path) -> None:
        self._hsm = SoftHsm(folder, label=LABEL, pin=PIN)

    @property
    def configuration(self) -> Path:
        """For the environment variable SOFTHSM2_CONF of whoever uses the token."""
        return self._hsm.configuration

    @property
    def is_ready(self) -> bool:
        return self._hsm.is_ready

    def prepare(self, world: World, say: Callable[[Role], None]) -> None:
        """Make it, unless it is there. Raises TokenError."""
        with self._hsm.prepared() as fresh:
            if fresh is None:
                return
            for number, holding in enumerate(ON_THE_TOKEN, start=1):
                say(holding.role)
                public_key = fresh.make_key(number=number, label=holding.label)
                certificate = world.keep(holding, public_key)
                fresh.store(certificate, number=number, label=holding.label)
