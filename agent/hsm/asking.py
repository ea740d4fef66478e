"""One conversation with a service for one account, and what is believed of what it answers.

A certificate is believed to be one when it can be read and its key is of a kind that we can use;
how good it is, is judged where it is to be used. A credential that the service lets nobody sign
with is left out.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from agent.errors import ServiceError, UserError
from agent.hsm.api import AccountOrder
from agent.hsm.door import Door
from agent.hsm.https import Doors
from agent.hsm.provider import Credential, Login, Session, SignsOut
from agent.hsm.providers import Kind, Kinds
from agent.hsm.recognise import recognised
from agent.hsm.records import Held

_log: Final = logging.getLogger(__name__)

#: Seconds in which an account must have told what it holds, in however many answers.
_LIST_SECONDS: Final = 60.0
_FAREWELL_SECONDS: Final = 3.0
#: More than any account has; a hostile list does not fill the disk.
_MOST_CERTIFICATES: Final = 64


class Asker:
    def __init__(self, *, kinds: Kinds, doors: Doors) -> None:
        self.kinds: Final = kinds
        self._doors = doors

    async def close(self) -> None:
        await self._doors.close()

    async def look(self, order: AccountOrder) -> tuple[Kind, Door, tuple[Held, ...]]:
        """Raises what `Services.look` does."""
        door = self._doors.to(order.host)
        if order.provider is None:
            kind = await recognised(self.kinds, door)
        else:
            kind = self.kinds.named(order.provider, host=door.host)
        missing = (f for f in kind.info.fields if f.required and not order.fields.get(f.name))
        if any(missing):
            # Recognised, yet nobody has been asked for what it needs: chosen by hand, they are.
            raise UserError("service_not_recognised", host=door.host)
        login = Login(name=order.name, password=order.password, fields=order.fields)
        held = await self._listed(kind, door, login)
        if not held:
            raise UserError("account_without_certificate")
        return kind, door, held

    async def held(self, provider: str, base: str, login: Login) -> tuple[Held, ...]:
        """What an account holds now. Raises as `look`, but for an account that holds nothing."""
        door = self._doors.to(base)
        return await self._listed(self.kinds.named(provider, host=door.host), door, login)

    @asynccontextmanager
    async def conversation(self, provider: str, base: str, login: Login) -> AsyncIterator[Session]:
        """Signed in. Raises UserError account_*, service_*; ServiceError."""
        door = self._doors.to(base)
        async with _signed_in(self.kinds.named(provider, host=door.host), door, login) as session:
            yield session

    async def _listed(self, kind: Kind, door: Door, login: Login) -> tuple[Held, ...]:
        try:
            async with (
                asyncio.timeout(_LIST_SECONDS),
                _signed_in(kind, door, login) as session,
            ):
                credentials = await session.list_credentials()
        except TimeoutError:
            raise ServiceError("service_timeout", host=door.host) from None
        return await asyncio.to_thread(_believed, credentials, door.host)


@asynccontextmanager
async def _signed_in(kind: Kind, door: Door, login: Login) -> AsyncIterator[Session]:
    session = await kind.provider().sign_in(door, login)
    try:
        yield session
    finally:
        if isinstance(session, SignsOut):
            try:
                async with asyncio.timeout(_FAREWELL_SECONDS):
                    await session.sign_out()
            except Exception as error:  # noqa: BLE001 - best effort, it ends by itself as well
                _log.info("%s was not signed out of: %s", door.host, type(error).__name__)


def _believed(credentials: Sequence[Credential], host: str) -> tuple[Held, ...]:
    from agent.certificates.describe import describe  # a fifth of the agent's start

    found: dict[str, Held] = {}
    for credential in credentials[:_MOST_CERTIFICATES]:
        if not credential.enabled:
            continue
        try:
            described = describe(credential.certificate)
        except UserError:
            described = None
        if described is None or described.key_type is None:
            _log.warning("a certificate of %s left out: it cannot be read or used", host)
            continue
        held = Held(
            id=described.id,
            der=credential.certificate,
            credential=credential.id,
            confirmation=credential.confirmation,
            key_type=described.key_type,
            key_bits=described.key_bits,
        )
        found.setdefault(held.id, held)
    return tuple(found.values())
