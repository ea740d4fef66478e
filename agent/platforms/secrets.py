"""Where secrets are kept between runs: one port, and the choice among its implementations.

    "system"   the system's keyring (`keyring`); an encrypted file where a machine has none
    "file"     the encrypted file (`secret_file`), always

A keyring that is there but stays locked is an error, never a reason to write a secret elsewhere.
"""

from pathlib import Path
from typing import Literal, Protocol

Choice = Literal["system", "file"]


class SecretsUnavailable(Exception):  # noqa: N818 - a statement about the place
    """The place cannot be opened now; the text says why, and quotes no secret."""


class SecretStore(Protocol):
    """Each method raises SecretsUnavailable."""

    async def put(self, name: str, secret: str) -> None: ...

    async def get(self, name: str) -> str | None: ...

    async def remove(self, name: str) -> None:
        """Nothing happens if there is none."""


def secret_store(choice: Choice, *, folder: Path) -> SecretStore:
    """Opens nothing yet. `folder` is where the encrypted file would be."""
    from agent.platforms.secret_file import SecretFile

    file = SecretFile(folder / "secrets.json")
    if choice == "file":
        return file
    from agent.platforms.keyring import KeyringOrFile

    return KeyringOrFile(file)
