"""What signs in to an account, kept by a `SecretStore` under the account's id."""

from typing import Final

import msgspec

from agent.errors import UserError
from agent.hsm.provider import Login
from agent.platforms.secrets import SecretStore, SecretsUnavailable
from agent.secret import Secret

_PREFIX: Final = "account-"


class _Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: str
    fields: dict[str, str] = {}

    def __repr__(self) -> str:
        return "_Kept(…)"


class Passwords:
    """Each method raises UserError secrets_unavailable."""

    def __init__(self, store: SecretStore) -> None:
        self._store = store

    async def keep(self, account: str, login: Login) -> None:
        """`login.fields` here are the secret ones alone."""
        kept = _Kept(password=login.password.reveal(), fields=dict(login.fields))
        try:
            await self._store.put(_PREFIX + account, msgspec.json.encode(kept).decode())
        except SecretsUnavailable:
            raise UserError("secrets_unavailable") from None

    async def of(self, account: str, *, name: str) -> Login:
        """Also secrets_unavailable where the keyring has lost it: adding the account mends that."""
        try:
            text = await self._store.get(_PREFIX + account)
            kept = msgspec.json.decode(text or "", type=_Kept)
        except (SecretsUnavailable, msgspec.DecodeError):
            raise UserError("secrets_unavailable") from None
        return Login(name=name, password=Secret(kept.password), fields=kept.fields)

    async def forget(self, account: str) -> None:
        try:
            await self._store.remove(_PREFIX + account)
        except SecretsUnavailable:
            raise UserError("secrets_unavailable") from None
