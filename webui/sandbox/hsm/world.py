"""What the services share: keys, accounts, the phone, and what each is told to do wrong."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from webui.sandbox.ca import Authority, Order
from webui.sandbox.hsm.faults import Faults
from webui.sandbox.hsm.keys import NAMES, Keys
from webui.sandbox.hsm.phone import Phone
from webui.sandbox.hsm.register import Credential, Register, Service

_OTHER_KEY: Final = NAMES[-1]


@dataclass(kw_only=True)
class HsmWorld:
    keys: Keys
    authority: Authority
    register: Register = field(default_factory=Register)
    phone: Phone = field(default_factory=Phone)
    faults: dict[Service, Faults] = field(
        default_factory=lambda: {service: Faults() for service in Service}
    )

    def certificate(
        self,
        *,
        key: str,
        name: str,
        mst: str,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> bytes:
        """For one of the keys, by the sandbox's CA, DER."""
        return self.authority.issue(
            Order(
                name=name,
                uids=(f"MST:{mst}",),
                public_key=self.keys.public_key(key),
                not_before=not_before,
                not_after=not_after,
            )
        )

    async def sign(
        self, service: Service, credential: Credential, digest: bytes, *, hash_name: str = "sha256"
    ) -> bytes:
        """By the credential's key, or by another when the service is told to. Raises KeysFailed."""
        key = _OTHER_KEY if self.faults[service].wrong_key else credential.key
        return await self.keys.sign(key, digest, hash_name=hash_name)
