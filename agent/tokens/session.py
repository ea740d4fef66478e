"""One key in use: the `KeySession` of api.py over a host."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence

from agent.errors import UserError
from agent.keys import Mechanism, PinState
from agent.pin import Pin
from agent.tokens.calls import KeyRef, Signed, TokenRef
from agent.tokens.host import Host

#: Signatures that one request has in the module's queue.
_ASKED_AHEAD = 3


class HostKeySession:
    """See agent.tokens.api.KeySession. After `token_removed` or a lost worker, log in again."""

    def __init__(
        self,
        host: Host,
        token: TokenRef,
        key: KeyRef,
        *,
        always_authenticate: bool,
        on_refused: Callable[[], None],
    ) -> None:
        """`on_refused` is called at the end if a login was: the PIN's flags are not as before."""
        self._host = host
        self._token = token
        self._key = key
        self._pin_on_reader = False
        self._always_authenticate = always_authenticate
        self._on_refused = on_refused
        self._refused = False

    async def login(self, pin: Pin | None) -> None:
        self._pin_on_reader = pin is None
        try:
            self._always_authenticate = await self._host.login(self._token, self._key, pin)
        except UserError:
            self._refused = True
            raise

    async def sign(self, digest: bytes, mechanism: Mechanism) -> bytes:
        return (await self._ask(digest, mechanism)).signature

    async def sign_each(
        self, digests: Sequence[bytes], mechanism: Mechanism
    ) -> AsyncGenerator[bytes, None]:
        asked: deque[asyncio.Future[Signed]] = deque()
        waiting = deque(digests)
        try:
            while asked or waiting:
                # No more than that: others ask the same module, and each is served in turn.
                while waiting and len(asked) < _ASKED_AHEAD:
                    asked.append(self._ask(waiting.popleft(), mechanism))
                signature = (await asked[0]).signature
                asked.popleft()
                yield signature
        finally:
            for answer in asked:
                answer.cancel()

    def _ask(self, digest: bytes, mechanism: Mechanism) -> asyncio.Future[Signed]:
        on_reader = self._pin_on_reader and self._always_authenticate
        return self._host.ask_signature(self._token, digest, mechanism, pin_on_reader=on_reader)

    async def pin_state(self) -> PinState:
        return await self._host.read_pin(self._token)

    @property
    def always_authenticate(self) -> bool:
        return self._always_authenticate

    def end(self) -> None:
        """Log out, without waiting for it: the next login to the token comes after it."""
        self._host.log_out(self._token)
        if self._refused:
            self._on_refused()
