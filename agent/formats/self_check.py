"""Our own reader judges what we have made, before anybody gets it."""

from collections.abc import Iterator
from contextlib import contextmanager

from agent.errors import AgentError, InternalError


@contextmanager
def self_check() -> Iterator[None]:
    """What the reader finds wrong is our failure: InternalError self_check_failed, and why."""
    try:
        yield
    except AgentError as error:
        details = {"reason": error.code} | error.details
        raise InternalError("self_check_failed", **details) from error
