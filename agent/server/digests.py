"""The commands about sessions of digests, for sites that have the right to them (SPEC 6.9).

A session is a task of its connection: it holds the key until it is over, whoever says so.
"""

import asyncio
import logging
import secrets
from typing import Final

from agent.errors import UserError
from agent.server import wire
from agent.server.call import Call
from agent.server.client import Client
from agent.server.edge import Edge
from agent.server.failures import to_protocol_error
from agent.server.given import for_signing
from agent.signing.desk import Errand
from agent.signing.digests import DigestSession, DigestsOrder, digest_session
from protocol import documents as d
from protocol.errors import ProtocolError
from protocol.limits import MAX_DIGEST_SESSIONS

_log: Final = logging.getLogger(__name__)

#: Seconds within which a site that the user has forgotten loses its sessions.
_RIGHTS_SECONDS: Final = 1.0
_DIGEST_BYTES: Final = {"sha256": 32, "sha384": 48, "sha512": 64}

Opened = asyncio.Future[tuple[str, DigestSession]]


async def digests_open(edge: Edge, call: Call[d.DigestsOpenParams]) -> d.DigestsOpenResult:
    params, client = call.params, call.client
    client.require_digests(edge.sites)
    if client.digest_sessions_begun >= MAX_DIGEST_SESSIONS:
        raise ProtocolError("too_many_sessions", limit=MAX_DIGEST_SESSIONS)
    order = DigestsOrder(
        count=params.count,
        seconds=params.seconds,
        hash=params.hash,
        padding=params.padding,
        reason=params.reason,
        wanted=for_signing(params),
    )
    opened: Opened = asyncio.get_running_loop().create_future()
    keeping = client.tasks.create_task(_keep(edge, client, call.errand, order, opened))
    try:
        handle, session = await opened
    except asyncio.CancelledError:
        keeping.cancel()
        await asyncio.wait({keeping})
        raise
    # One message for each digest, at most, beyond what the rate allows.
    client.allow(params.count)
    return d.DigestsOpenResult(
        session=handle,
        count=params.count,
        expires_at=session.expires_at,
        algorithm=session.mechanism.value,
        certificate=wire.certificate(session.candidate),
    )


async def digests_sign(edge: Edge, call: Call[d.DigestsSignParams]) -> d.DigestsSignResult:
    session = call.client.digest_sessions.get(call.params.session)
    if session is None:
        raise UserError("digest_session_over")
    try:
        call.client.require_digests(edge.sites)
    except ProtocolError:
        session.close()
        raise
    for digest in call.params.digests:
        if len(digest) != _DIGEST_BYTES[session.hash]:
            raise ProtocolError("invalid_params", at="$.params.digests")
    signatures = await session.sign(call.params.digests)
    return d.DigestsSignResult(signatures=signatures, left=session.left)


async def digests_close(edge: Edge, call: Call[d.DigestsCloseParams]) -> d.DigestsCloseResult:
    """The token is free when this is answered."""
    del edge
    session = call.client.digest_sessions.get(call.params.session)
    if session is None:
        return d.DigestsCloseResult(closed=False)
    session.close()
    await session.ended.wait()
    return d.DigestsCloseResult(closed=True)


async def _keep(
    edge: Edge, client: Client, errand: Errand, order: DigestsOrder, opened: Opened
) -> None:
    """As long as it lasts. What goes wrong is for who asked, and ends no connection."""
    client.digest_sessions_begun += 1
    handle = secrets.token_hex(16)
    try:
        async with digest_session(edge.desk, errand, order) as session:
            client.digest_sessions[handle] = session
            if opened.cancelled():
                return
            opened.set_result((handle, session))
            while not await session.over(within=_RIGHTS_SECONDS):
                if not client.may_sign_digests(edge.sites):
                    return
    except Exception as error:  # noqa: BLE001 - it is answered, or in the log
        if not opened.done():
            opened.set_exception(error)
        else:
            problem = to_protocol_error(error, method="digests.open")
            _log.warning("a session of digests ended: %s", problem.code)
    finally:
        found = client.digest_sessions.pop(handle, None)
        if found is not None:
            found.ended.set()
        client.digest_sessions_begun -= 1
