"""The commands about single documents, digests and files."""

from functools import partial
from typing import Final

from msgspec import UnsetType

from agent.consent.prompts import PickQuestion
from agent.documents import Made, octets
from agent.server import wire
from agent.server.call import Call
from agent.server.edge import Edge
from agent.server.given import for_signing
from agent.server.opening import opened_for
from agent.server.options import options
from agent.signing.sign import Order, sign
from agent.signing.sign_digest import DigestOrder, sign_digest
from protocol import documents as d
from protocol.limits import MAX_INLINE_BYTES
from protocol.messages import Stage

#: What a signature may add to a document that came in a message, for it to go back in one.
_MOST_ADDED: Final = 1024 * 1024


async def document_sign(edge: Edge, call: Call[d.SignDocumentParams]) -> d.SignDocumentResult:
    params, contents = call.params, call.client.contents
    chosen = options(params.options)
    async with opened_for(
        contents,
        params.source,
        profile=params.profile,
        options=chosen,
        tell=partial(call.progress, Stage.CHECKING),
    ) as document:
        order = Order(
            document=document,
            name=params.name,
            profile=params.profile,
            wanted=for_signing(params),
            options=chosen,
        )
        signed = await sign(edge.desk, call.errand, order)
        inline = not isinstance(params.source.document, UnsetType) and _fits(signed.document)
        return d.SignDocumentResult(
            document=octets(signed.document) if inline else None,
            content=None if inline else await contents.offer(signed.document),
            size=_size(signed.document),
            sha256=signed.sha256,
            certificate=wire.certificate(signed.candidate),
            signed_at=signed.at,
            level=signed.level.value,
            level_problem=signed.level_problem,
        )


async def digest_sign(edge: Edge, call: Call[d.SignDigestParams]) -> d.SignDigestResult:
    params = call.params
    call.client.require_digests(edge.sites)
    order = DigestOrder(
        digest=params.digest,
        hash=params.hash,
        padding=params.padding,
        name=params.name,
        wanted=for_signing(params),
    )
    signed = await sign_digest(edge.desk, call.errand, order)
    return d.SignDigestResult(
        signature=signed.signature,
        algorithm=signed.mechanism.value,
        certificate=wire.certificate(signed.candidate),
        signed_at=signed.at,
    )


async def files_pick(edge: Edge, call: Call[d.FilesPickParams]) -> d.FilesPickResult:
    params, contents = call.params, call.client.contents
    await call.progress(Stage.WAITING_FOR_USER)
    question = PickQuestion(
        asker=call.client.asker,
        reason=params.reason,
        multiple=params.multiple,
        kinds=params.kinds,
    )
    files = []
    for path in await edge.desk.prompts.pick(question):
        handle, picked = await contents.pick(path, partial(call.progress, Stage.CHECKING))
        files.append(
            d.PickedFile(
                file=handle, name=picked.name, size=picked.size, sha256=picked.sha256.hex()
            )
        )
    return d.FilesPickResult(files=tuple(files))


def _size(made: Made) -> int:
    return len(made) if isinstance(made, bytes) else made.size


def _fits(made: Made) -> bool:
    return _size(made) <= MAX_INLINE_BYTES + _MOST_ADDED
