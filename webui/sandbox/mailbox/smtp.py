"""The mail server: takes whatever is sent to whomever, from this machine only (RFC 5321)."""

import asyncio
from typing import Any, Final

from aiosmtpd.smtp import SMTP

from webui.sandbox.mailbox.box import Box

_LONGEST: Final = 5 * 1024 * 1024
_MOST_RECIPIENTS: Final = 20


class _Receiver:
    """aiosmtpd calls these by name."""

    def __init__(self, box: Box) -> None:
        self._box = box

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's spelling
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        await self._box.keep(envelope.rcpt_tos, envelope.original_content)
        return "250 2.0.0 OK: in the box"


async def serve(box: Box, *, port: int) -> asyncio.Server:
    """Listen on the loopback. Raises OSError if the port is taken."""
    receiver = _Receiver(box)

    def protocol() -> asyncio.Protocol:
        server: asyncio.Protocol = SMTP(
            receiver,
            data_size_limit=_LONGEST,
            enable_SMTPUTF8=True,
            hostname="mailbox.example",
            ident="OpenKySo demo mailbox",
            timeout=60,
        )
        return server

    return await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port)
