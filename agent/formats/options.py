"""What a request may choose of a signature besides its profile; a format refuses what it lacks."""

from dataclasses import dataclass
from typing import Literal

from agent.errors import DocumentError
from agent.formats.levels import Level
from agent.keys import Mechanism


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Where and how a PDF shows its signature. `page` counts from 1, or from the end with -1;
    `box` is left, bottom, right, top in points (1/72 inch) from the page's lower left corner.
    """

    page: int = 1
    box: tuple[int, int, int, int] = (36, 36, 256, 106)
    image: bytes | None = None  # PNG or JPEG, shown at the left
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The default is what Vietnamese receivers take."""

    level: Level = Level.B
    hash: Literal["sha256", "sha384", "sha512"] | None = None  # None: as the profile has it
    padding: Literal["pkcs1", "pss"] | None = None  # of RSA keys; None: as the profile has it
    stamp: Stamp | None = None  # of a PDF

    def allow(self, *names: str) -> None:
        """That nothing is chosen but these. Raises DocumentError option_unsupported."""
        unset = Options()
        for name in ("level", "hash", "padding", "stamp"):
            if name not in names and getattr(self, name) != getattr(unset, name):
                raise DocumentError("option_unsupported", option=name)


def chosen_mechanisms(options: Options, otherwise: tuple[Mechanism, ...]) -> tuple[Mechanism, ...]:
    """What a key may be asked for, of every kind of key; `otherwise` where nothing is chosen.

    On a curve a padding means nothing, so it forbids nothing there.
    """
    if options.hash is None and options.padding is None:
        return otherwise
    hashes = (options.hash,) if options.hash else ("sha256",)
    on_curves = (options.hash,) if options.hash else ("sha256", "sha384", "sha512")
    padding = options.padding or "pkcs1"
    return (
        *(Mechanism(f"rsa-{padding}-{name}") for name in hashes),
        *(Mechanism(f"ecdsa-{name}") for name in on_curves),
    )
