"""The file that answers in a person's place (`agent.consent.scripted` follows it).

    pin = "12345678"                  # a token's; or a list, one for each window that asks
    only_tokens = ["OpenKySo Demo"]
    only_services = ["127.0.0.1:9444"]  # hosts of signing services
    service_pin = "12345678"          # a service's; or a list, one for each time it is asked
    otp = "246810"                    # or a list, one for each time it is asked
    exclude = ["thu.pdf"]             # names of documents to take out of every batch
    pick = ["/srv/demo/hoadon.xml"]   # files to choose in the dialog; none: it is refused
    delay = 0.2                       # seconds before each answer

    [decisions]
    site = "always"                   # "once", "always", "refused"
    select = "first"                  # or an MST, or "refuse"
    sign = "approve"                  # or "refuse": of one document, many, and unseen digests

Of a list, the last one serves for all that follow.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

import msgspec

from agent.consent.prompts import CertificateFacts, Grant


class Decisions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    site: Grant = Grant.REFUSED
    select: str = "refuse"
    sign: Literal["approve", "refuse"] = "refuse"


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not said in the file is refused."""

    only_tokens: tuple[str, ...] = ()
    only_services: tuple[str, ...] = ()
    pin: str | tuple[str, ...] = ()
    service_pin: str | tuple[str, ...] = ()
    otp: str | tuple[str, ...] = ()
    exclude: frozenset[str] = frozenset()
    pick: tuple[str, ...] = ()
    delay: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0
    decisions: Decisions = Decisions()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises OSError, ValueError with the file's name and what is wrong in it."""
        try:
            return msgspec.toml.decode(path.read_bytes(), type=cls)
        except msgspec.MsgspecError as error:
            raise ValueError(f"{path}: {error}") from error

    def lists(self, certificate: CertificateFacts) -> bool:
        """Whether the file names the place where the certificate's key is."""
        if certificate.token is not None:
            return certificate.token.label in self.only_tokens
        return certificate.service is not None and certificate.service.host in self.only_services

    def __repr__(self) -> str:
        # It holds PINs.
        return f"Script(only_tokens={self.only_tokens!r}, only_services={self.only_services!r}, …)"


class Supply:
    """One secret of the file after the other; the last one again and again."""

    def __init__(self, secrets: str | tuple[str, ...]) -> None:
        self._secrets = (secrets,) if isinstance(secrets, str) else secrets
        self._next = 0

    def take(self) -> str | None:
        """None if the file has none at all."""
        if not self._secrets:
            return None
        secret = self._secrets[min(self._next, len(self._secrets) - 1)]
        self._next += 1
        return secret

    @property
    def repeats(self) -> bool:
        """Whether the next one was given before."""
        return self._next >= len(self._secrets)
