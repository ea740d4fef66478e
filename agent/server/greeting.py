"""`hello`: which protocol version, who the caller is, and with what rights it begins."""

import asyncio
from collections.abc import Awaitable, Callable

from msgspec import UnsetType

from agent.consent.prompts import Asker
from agent.server.client import Client, News
from agent.server.edge import Edge
from agent.server.origins import Caller
from protocol.errors import ProtocolError
from protocol.messages import HelloParams, HelloResult, Rights
from protocol.methods import METHODS, Method
from protocol.version import PRODUCT, PRODUCT_VERSION, PROTOCOL_VERSIONS


def greet(
    edge: Edge,
    caller: Caller,
    params: HelloParams,
    *,
    notify: Callable[[News], Awaitable[None]],
    tasks: asyncio.TaskGroup,
) -> tuple[Client, HelloResult]:
    """Raises ProtocolError protocol_unsupported, native_token_invalid, ticket_invalid."""
    version = next((v for v in PROTOCOL_VERSIONS if v in params.versions), None)
    if version is None:
        raise ProtocolError("protocol_unsupported", supported=list(PROTOCOL_VERSIONS))
    _judge_native(edge, caller, params)
    client = Client(
        asker=Asker(
            origin=caller.origin if caller.origin is not None else f"native:{params.client}",
            client=params.client,
            language=params.language,
        ),
        native=caller.origin is None,
        first_party=_has_ticket(edge, caller, params),
        notify=notify,
        tasks=tasks,
    )
    result = HelloResult(
        protocol=version,
        product=PRODUCT,
        version=PRODUCT_VERSION,
        rights=client.rights(edge.sites),
        origin=caller.origin,
        capabilities=(
            *(name for name, method in METHODS.items() if _may_ever_call(client, method)),
            *(f"profile:{name}" for name in edge.desk.profiles),
        ),
        demo=edge.demo,
    )
    return client, result


def _may_ever_call(client: Client, method: Method) -> bool:
    """A site may gain the user's permission; it never becomes native or ours."""
    if method.native_only:
        return client.native
    return method.rights is not Rights.FIRST_PARTY or client.first_party


def _judge_native(edge: Edge, caller: Caller, params: HelloParams) -> None:
    """Without an Origin the token is needed; with one it must not be there.

    A page that knows the token got it from the user's files, and is not who it claims to be.
    """
    token = None if isinstance(params.native_token, UnsetType) else params.native_token
    if caller.origin is None:
        good = token is not None and edge.native_token.matches(token)
    else:
        good = token is None
    if not good:
        raise ProtocolError("native_token_invalid")


def _has_ticket(edge: Edge, caller: Caller, params: HelloParams) -> bool:
    if isinstance(params.ticket, UnsetType):
        return False
    if not edge.tickets.redeem(params.ticket, origin=caller.origin):
        raise ProtocolError("ticket_invalid")
    return True
