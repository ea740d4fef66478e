"""What the whole server shares: the desk, the sites allowed, and the secrets of this run."""

from collections.abc import Callable
from dataclasses import dataclass, field

from agent.consent.grants import Grants
from agent.server.events import Events
from agent.server.looking import Looking
from agent.server.nagging import Nagging
from agent.server.rights import NativeToken, Tickets
from agent.server.spool import Spool
from agent.signing.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    desk: Desk
    sites: Grants
    events: Events
    native_token: NativeToken
    spool: Spool
    tickets: Tickets = field(default_factory=Tickets)
    nagging: Nagging = field(default_factory=Nagging)
    looking: Looking = field(default_factory=Looking)
    #: Called after each request that was answered.
    on_answered: list[Callable[[], None]] = field(default_factory=list)
    #: Consent is answered by script, for what it names alone; said in every `hello`.
    demo: bool = False
