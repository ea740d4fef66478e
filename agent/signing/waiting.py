"""Waiting for a certificate, and doing something beside a dialog until it ends."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeVar

from agent.errors import UserError
from agent.keys import (
    CertificateId,
    KeyCertificate,
    ServiceCertificate,
    TokenCertificate,
    TokenInfo,
)
from agent.signing.desk import Desk, Errand
from protocol.messages import Stage

T = TypeVar("T")

#: What there is at one moment: tokens, and what they and the services hold.
Present = tuple[tuple[TokenInfo, ...], tuple[TokenCertificate, ...], tuple[ServiceCertificate, ...]]


def has_certificate(desk: Desk, wanted: CertificateId) -> bool:
    everywhere: Iterable[KeyCertificate] = (
        *desk.tokens.certificates(),
        *desk.services.certificates(),
    )
    return any(certificate.id == wanted for certificate in everywhere)


async def certificate_present(desk: Desk, errand: Errand, wanted: CertificateId) -> None:
    """That certificate is here, at the latest when its token is plugged in.

    Raises UserError no_token or certificate_not_found when nobody plugs it in.
    """
    if not await _plugged_in(desk, errand, lambda: has_certificate(desk, wanted)):
        known = desk.tokens.tokens() or desk.services.accounts()
        raise UserError("certificate_not_found" if known else "no_token")


async def any_token_present(desk: Desk, errand: Errand) -> None:
    """Raises UserError no_token when nobody plugs one in."""
    if not await _plugged_in(desk, errand, lambda: bool(desk.tokens.tokens())):
        raise UserError("no_token")


async def _plugged_in(desk: Desk, errand: Errand, found: Callable[[], bool]) -> bool:
    """Whether it was found while there was time."""
    if found():
        return True
    await errand.progress(Stage.WAITING_FOR_TOKEN)
    try:
        async with asyncio.timeout(desk.waiting_seconds), aclosing(moments(desk)) as now:
            async for _ in now:
                if found():
                    return True
    except TimeoutError:
        pass
    return False


def present(desk: Desk) -> Present:
    return desk.tokens.tokens(), desk.tokens.certificates(), desk.services.certificates()


async def moments(desk: Desk) -> AsyncGenerator[None, None]:
    """Yields at once, and again whenever the tokens or the certificates are different.

    A change while the caller is busy with the last moment is not lost: it yields again at once.
    """
    changed = asyncio.Event()
    async with (
        beside(_mark(changed, desk.tokens.changes())),
        beside(_mark(changed, desk.services.changes())),
    ):
        while True:
            seen = present(desk)
            yield
            while present(desk) == seen:
                await changed.wait()
                changed.clear()


async def _mark(changed: asyncio.Event, changes: AsyncIterator[None]) -> None:
    # What changed before this began to listen is told too: whoever waits looks again.
    changed.set()
    try:
        async for _ in changes:
            changed.set()
    finally:
        if isinstance(changes, AsyncGenerator):
            await changes.aclose()


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run `work` until the block ends. An error of the block stays what it is.

    A task group would wrap it; and `work` only decorates a dialog, so its own failure is the
    dialog's and shows there.
    """
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
