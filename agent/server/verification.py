"""Verifying files, and the certificates that are believed (SPEC 5).

Verifying is for every site that may sign: what it learns is what anybody could find out who has the
file and the same roots. Whom this machine believes is for our own window alone.
"""

import asyncio

from msgspec import UnsetType

from agent.errors import UserError
from agent.server import reports
from agent.server.call import Call
from agent.server.edge import Edge
from protocol import reports as m
from protocol.messages import Empty, Stage


async def verify(edge: Edge, call: Call[m.VerifyParams]) -> m.VerifyResult:
    asked = call.params
    await call.progress(Stage.VERIFYING)
    documents = call.client.contents
    content = None if isinstance(asked.content, UnsetType) else documents.document(asked.content)
    content_name = "" if isinstance(asked.content_name, UnsetType) else asked.content_name
    report = await edge.believed.verifier.report(
        documents.document(asked.source),
        name=asked.name,
        content=content,
        content_name=content_name,
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
