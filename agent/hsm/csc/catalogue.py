"""The account's credentials: listed page by page, described one by one, bounded both ways."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from agent.errors import UserError
from agent.hsm.csc.details import Details
from agent.hsm.csc.dialect import Dialect, Listed
from agent.hsm.csc.wire import Wire
from agent.hsm.provider import Credential

_MOST_PAGES: Final = 20
_MOST_CREDENTIALS: Final = 100
_SECONDS: Final = 60.0  # for all of a list's requests
#: Nothing to sign with: a key without a certificate, a certificate that nobody can read.
_NOTHING: Final = frozenset({"certificate_not_found", "certificate_unsuitable"})


class Catalogue:
    def __init__(self, wire: Wire, dialect: Dialect, *, user_id: str | None) -> None:
        self._wire = wire
        self._dialect = dialect
        self._user_id = user_id
        self._known: dict[str, Details] = {}

    async def all(self) -> tuple[Credential, ...]:
        try:
            async with asyncio.timeout(_SECONDS):
                return tuple([found async for found in self._each()])
        except TimeoutError:
            raise self._wire.refusal("service_timeout") from None

    async def details(self, credential_id: str) -> Details:
        """As it was last described, or asked for now."""
        return self._known.get(credential_id) or await self.describe(credential_id)

    async def describe(self, credential_id: str) -> Details:
        """Raises UserError certificate_not_found, certificate_unsuitable."""
        call = self._dialect.info(credential_id)
        answer = await self._wire.read(call)
        details = self._dialect.described(credential_id, answer)
        self._known[credential_id] = details
        return details

    async def _each(self) -> AsyncIterator[Credential]:
        seen: set[str] = set()
        async for page in self._pages():
            for credential_id in page.ids:
                if credential_id in seen:
                    continue
                seen.add(credential_id)
                if len(seen) > _MOST_CREDENTIALS:
                    raise self._wire.refusal("service_malformed")
                try:
                    yield (await self._of(credential_id, page)).credential
                except UserError as refusal:
                    if refusal.code not in _NOTHING:
                        raise

    async def _of(self, credential_id: str, page: Listed) -> Details:
        if credential_id not in page.described:
            return await self.describe(credential_id)
        details = page.described[credential_id]()
        self._known[credential_id] = details
        return details

    async def _pages(self) -> AsyncIterator[Listed]:
        page: str | None = None
        for _ in range(_MOST_PAGES):
            call = self._dialect.list(user_id=self._user_id, page=page)
            listed = self._dialect.listed(await self._wire.read(call))
            yield listed
            if not listed.next_page or listed.next_page == page:
                return
            page = listed.next_page
        raise self._wire.refusal("service_malformed")
