"""signatures/signHash (v1 §11.9, v2 §11.10): several hashes under one SAD."""

import base64
import secrets
from dataclasses import dataclass
from typing import Any, Final

from webui.sandbox.hsm.csc.algorithms import hash_to_sign
from webui.sandbox.hsm.csc.asked import Asked
from webui.sandbox.hsm.csc.errors import Refused, invalid
from webui.sandbox.hsm.csc.permission import Permissions
from webui.sandbox.hsm.register import Credential, Service
from webui.sandbox.hsm.world import HsmWorld

#: How often an asynchronous request is "not ready yet".
_NOT_YET: Final = 2


@dataclass(kw_only=True)
class _Later:
    signatures: list[str]
    polls: int = _NOT_YET


class Signatures:
    def __init__(self, world: HsmWorld, permissions: Permissions) -> None:
        self._world = world
        self._permissions = permissions
        self._later: dict[str, _Later] = {}

    async def sign(self, credential: Credential, asked: Asked, *, version: int) -> dict[str, Any]:
        """Raises Refused, KeysFailed."""
        hashes = asked.hashes("hashes" if version > 1 else "hash")
        name, size = hash_to_sign(asked, version=version)
        if any(len(one) != size for one in hashes):
            raise Refused("invalid_request", "Invalid digest value length")
        self._permissions.redeem(asked.optional("SAD"), credential, hashes)
        made = [
            base64.b64encode(
                await self._world.sign(Service.CSC, credential, one, hash_name=name)
            ).decode()
            for one in hashes
        ]
        if version > 1 and asked.text("operationMode", "S") == "A":
            number = secrets.token_hex(8)
            self._later[number] = _Later(signatures=made)
            return {"responseID": number}
        return {"signatures": made}

    def poll(self, asked: Asked) -> dict[str, Any] | None:
        """None: not yet. Raises Refused."""
        later = self._later.get(asked.text("requestID"))
        if later is None:
            raise invalid("requestID")
        later.polls -= 1
        return {"signatures": later.signatures} if later.polls < 0 else None
