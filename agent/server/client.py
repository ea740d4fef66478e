"""Who is at the other end of one connection, and what they may do at this moment."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from agent.consent.grants import Grants
from agent.consent.prompts import Asker
from agent.hsm.api import Found
from agent.server.batch import Batch
from agent.server.contents import Contents
from agent.signing.digests import DigestSession
from protocol.batches import BatchDocumentDone
from protocol.errors import ProtocolError
from protocol.messages import AccountsChanged, Progress, Rights, TokensChanged

News = Progress | TokensChanged | AccountsChanged | BatchDocumentDone


@dataclass(slots=True, kw_only=True)
class Client:
    """Set once by `hello`; afterwards only what was allowed once changes."""

    asker: Asker
    native: bool = False
    first_party: bool = False
    allowed_once: bool = False
    digests_once: bool = False
    #: Sends a notification to this connection.
    notify: Callable[[News], Awaitable[None]]
    #: The documents that it sends, and those that are made for it.
    contents: Contents
    #: So many messages more than the rate allows (SPEC 3.4): of what the user has granted.
    allow: Callable[[int], None]
    #: Lives as long as the connection; what runs in it is cancelled with it.
    tasks: asyncio.TaskGroup
    following: set[str] = field(default_factory=set)
    #: A signing service is being asked for this connection.
    looking: bool = False
    #: What was looked up at signing services, by the number it was given; gone with the connection.
    looked_up: dict[str, Found] = field(default_factory=dict)
    #: By the handles that it was given; gone with the connection.
    batches: dict[str, Batch] = field(default_factory=dict)
    digest_sessions: dict[str, DigestSession] = field(default_factory=dict)
    digest_sessions_begun: int = 0

    def rights(self, sites: Grants) -> Rights:
        """Judged anew for each request: a site that the user forgets loses its rights at once."""
        if self.first_party:
            return Rights.FIRST_PARTY
        if self.native or self.allowed_once or sites.allows(self.asker.origin):
            return Rights.SITE
        return Rights.NONE

    def may_sign_digests(self, sites: Grants) -> bool:
        """Whoever it is, the user was asked. Judged anew each time, as `rights`."""
        return self.digests_once or sites.allows_digests(self.asker.origin)

    def require_digests(self, sites: Grants) -> None:
        """Raises ProtocolError digests_not_allowed."""
        if not self.may_sign_digests(sites):
            raise ProtocolError("digests_not_allowed")
