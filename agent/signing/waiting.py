"""Waiting for a token, and doing something beside a dialog until it ends."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeVar

from agent.errors import UserError
from agent.keys import CertificateId, TokenCertificate
from agent.signing.desk import Desk, Errand
from agent.tokens.api import Tokens
from protocol.messages import Stage

T = TypeVar("T")


async def certificate_present(
    desk: Desk, errand: Errand, wanted: CertificateId
) -> TokenCertificate:
    """That certificate, as soon as its token is plugged in.

    Raises UserError no_token or certificate_not_found when nobody plugs it in.
    """

    def found() -> TokenCertificate | None:
        return next((c for c in desk.tokens.certificates() if c.id == wanted), None)

    return await _plugged_in(desk, errand, found)


async def any_token_present(desk: Desk, errand: Errand) -> None:
    """Raises UserError no_token when nobody plugs one in."""
    await _plugged_in(desk, errand, lambda: desk.tokens.tokens() or None)


async def _plugged_in(desk: Desk, errand: Errand, found: Callable[[], T | None]) -> T:
    if (already := found()) is not None:
        return already
    await errand.progress(Stage.WAITING_FOR_TOKEN)
    try:
        async with asyncio.timeout(desk.waiting_seconds), aclosing(moments(desk.tokens)) as now:
            async for _ in now:
                if (arrived := found()) is not None:
                    return arrived
    except TimeoutError:
        pass
    raise UserError("certificate_not_found" if desk.tokens.tokens() else "no_token")


async def moments(tokens: Tokens) -> AsyncGenerator[None, None]:
    """Yields at once, and again whenever the tokens or their certificates are different.

    A change while the caller is busy with the last moment is not lost: it yields again at once.
    """
    changes = tokens.changes()
    try:
        while True:
            seen = tokens.tokens(), tokens.certificates()
            yield
            while (tokens.tokens(), tokens.certificates()) == seen:
                await anext(changes)
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
