"""Which kind of signing service a host is: by the table, or by asking without any secret."""

import asyncio
from typing import Final

from agent.errors import AgentError, ServiceError, UserError
from agent.hsm.door import Door
from agent.hsm.providers import Kind, Kinds

#: Seconds for all questions together.
_SECONDS: Final = 30.0
#: Whatever is asked there, the answer will be the same.
_HOPELESS: Final = frozenset({"service_unknown", "service_unreachable", "service_tls"})


async def recognised(kinds: Kinds, door: Door) -> Kind:
    """A known host is believed; any other is asked by one kind after the other.

    Raises UserError service_not_recognised, service_unknown; ServiceError service_unreachable,
    service_tls, service_timeout, service_redirected.
    """
    known = kinds.of_host(door.host)
    if known is not None:
        return known
    redirected = False
    try:
        async with asyncio.timeout(_SECONDS):
            for kind in kinds.all():
                try:
                    if await kind.provider().recognise(door):
                        return kind
                except AgentError as error:
                    # One kind's path may lead to a page for people where another kind lives.
                    redirected |= error.code == "service_redirected"
                    if error.code in _HOPELESS:
                        raise
    except TimeoutError:
        raise ServiceError("service_timeout", host=door.host) from None
    if redirected:
        raise ServiceError("service_redirected", host=door.host)
    raise UserError("service_not_recognised", host=door.host)
