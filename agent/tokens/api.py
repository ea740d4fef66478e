"""Keys in devices, as the rest of the agent sees them: two ports.

`Tokens` is implemented by `inventory` over supervised worker processes; tests implement it in
memory. Nothing here knows PKCS#11 handles, modules or pipes.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from agent.keys import CertificateId, Mechanism, PinState, TokenCertificate, TokenInfo
from agent.pin import Pin


class KeySession(Protocol):
    """One signing session with one key: log in, sign one or many digests, close.

    The PIN stays in the worker's session alone. Closing logs out.
    """

    async def login(self, pin: Pin | None) -> None:
        """Log in once. `pin` is consumed (erased); None for a PIN pad. Never retried by us.

        Raises UserError pin_incorrect (details: final_try, locked), pin_locked, pin_length,
        token_changed (another token sits in the slot; the PIN was not used), token_removed;
        TokenError token_failed, token_timeout, module_failed.
        """

    async def sign(self, digest: bytes, mechanism: Mechanism) -> bytes:
        """The signature over an already computed digest.

        A key with CKA_ALWAYS_AUTHENTICATE needs `login` before every `sign`
        (`always_authenticate` says so). Raises UserError token_removed; TokenError token_failed,
        token_busy (log in again), token_timeout, module_failed, UserError certificate_unsuitable
        (the token lacks the mechanism).
        """

    def sign_each(
        self, digests: Sequence[bytes], mechanism: Mechanism
    ) -> AsyncGenerator[bytes, None]:
        """Their signatures in order, each as soon as it is there; the token does not wait between
        them. Raises as `sign`; what has not been signed when it is closed is not signed any more,
        save the one that the token is at and the one after it.
        """

    async def pin_state(self) -> PinState:
        """Read afresh from the device."""

    @property
    def always_authenticate(self) -> bool: ...


class Tokens(Protocol):
    def tokens(self) -> tuple[TokenInfo, ...]:
        """The tokens now present; cheap, from the last scan."""

    def certificates(self) -> tuple[TokenCertificate, ...]:
        """Certificates with a private key on the tokens now present; cheap."""

    def changes(self) -> AsyncIterator[None]:
        """Yields whenever the two above have changed, until closed. Each caller gets its own."""

    async def refresh(self) -> None:
        """Look at all devices now; raises nothing.

        Plugging in and out is noticed without it. A certificate that another program (a CA's
        renewal tool) writes to a token that stays plugged in is not: call it before showing the
        user a choice.
        """

    def open(
        self, certificate: CertificateId, *, for_long: bool = False
    ) -> AbstractAsyncContextManager[KeySession]:
        """A session with that certificate's key. Raises UserError certificate_not_found, TokenError
        token_in_use.

        A token has one user at a time: a second caller waits here until the first has closed, or is
        refused with token_in_use where the first has it `for_long`.
        """
