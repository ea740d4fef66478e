"""What can go wrong in the agent, as one tree.

    AgentError                      has a `code` of protocol/schema/errors.json and details
      UserError                     the user can mend it (refused, wrong certificate, no token, PIN)
      DocumentError                 the document cannot be signed as it is
      TokenError                    the device, its driver or its module failed
      ServiceError                  a remote signing service failed, or cannot be trusted
      InternalError                 we failed

Parts raise these with the wire's stable codes; `agent.server.failures` is the only place that turns
them (and everything unforeseen) into replies. Nothing below the server knows about JSON-RPC.
"""

from typing import Any


class AgentError(Exception):
    """`code` is one of protocol/schema/errors.json; `details` fills its texts' placeholders."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class UserError(AgentError):
    pass


class DocumentError(AgentError):
    pass


class TokenError(AgentError):
    pass


class ServiceError(AgentError):
    pass


class InternalError(AgentError):
    pass
