"""Verifying files, and the certificates that are believed (SPEC 5).

Verifying is for every site that may sign: what it learns is what anybody could find out who has the
file and the same roots. Whom this machine believes is for our own window alone.
"""

import asyncio
from contextlib import AsyncExitStack
from typing import Final

from msgspec import UnsetType

from agent.errors import UserError
from agent.server import reports
from agent.server.call import Call
from agent.server.edge import Edge
from agent.server.given import given
from protocol import reports as m
from protocol.messages import Empty, Stage

#: What is verified in memory anyway need not be put into a file first.
_HELD: Final = 1024 * 1024
#: By which a detached signature may know its content.
_HASHES: Final = ("sha256", "sha384", "sha512")


async def verify(edge: Edge, call: Call[m.VerifyParams]) -> m.VerifyResult:
    asked, contents = call.params, call.client.contents
    await call.progress(Stage.VERIFYING)
    async with AsyncExitStack() as kept:
        signed = await kept.enter_async_context(contents.document(asked.source, hold=_HELD))
        content = None
        if not isinstance(asked.content, UnsetType):
            content = await kept.enter_async_context(
                contents.document(asked.content, hashes=_HASHES)
            )
        report = await edge.believed.verifier.report(
            signed, name=asked.name, content=content, content_name=given(asked.content_name) or ""
        )
    return m.VerifyResult(report=reports.report(report, language=call.client.asker.language))


async def trust_list(edge: Edge, call: Call[Empty]) -> m.TrustListResult:
    del call
    return reports.trusted(await asyncio.to_thread(edge.believed.trust.certificates))


async def trust_add(edge: Edge, call: Call[m.TrustAddParams]) -> m.TrustListResult:
    """All that are believed afterwards. Raises UserError certificate_unsuitable."""
    store = edge.believed.trust
    await asyncio.to_thread(store.add, call.params.certificates)
    return reports.trusted(await asyncio.to_thread(store.certificates))


async def trust_remove(edge: Edge, call: Call[m.TrustRemoveParams]) -> m.TrustRemoveResult:
    try:
        await asyncio.to_thread(edge.believed.trust.remove, call.params.certificate)
    except UserError:
        return m.TrustRemoveResult(removed=False)
    return m.TrustRemoveResult(removed=True)
