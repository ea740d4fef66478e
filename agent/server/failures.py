"""Every failure's way to the wire: the only place where an exception becomes an error reply.

    ProtocolError   raised at the edge (unknown method, wrong parameters, no rights): as it is
    AgentError      raised by the parts: its code is already one of the wire's
    anything else   `internal_error`, with a reference that is also in the log

The text of an unforeseen exception stays out of both: it may quote what a page or a token sent.
"""

import logging
import secrets
from typing import Final

from agent.errors import AgentError
from protocol.errors import ERRORS, ProtocolError

_log: Final = logging.getLogger(__name__)


def to_protocol_error(error: BaseException, *, method: str) -> ProtocolError:
    """The error reply for whatever a command raised; the unforeseen is logged with a reference."""
    match error:
        case ProtocolError():
            return error
        case AgentError() if error.code in ERRORS:
            if error.code == "internal_error":
                return _unforeseen(error, method)
            return ProtocolError(error.code, **error.details)
        case BaseExceptionGroup() if len(error.exceptions) == 1:
            return to_protocol_error(error.exceptions[0], method=method)
        case _:
            return _unforeseen(error, method)


def _unforeseen(error: BaseException, method: str) -> ProtocolError:
    reference = secrets.token_hex(4)
    _log.error("%s failed, reference %s: %s", method, reference, _where(error))
    return ProtocolError("internal_error", reference=reference)


def _where(error: BaseException) -> str:
    """The exception's type and the chain of source lines it came through, without its message."""
    frames = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        frames.append(f"{code.co_filename}:{step.tb_lineno} in {code.co_qualname}")
        step = step.tb_next
    return f"{type(error).__name__} at " + " <- ".join(reversed(frames))
