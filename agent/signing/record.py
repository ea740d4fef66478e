"""The journal's line for one request: written once, whatever the end."""

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from agent.errors import AgentError
from agent.journal import Entry
from agent.signing.candidates import Candidate
from agent.signing.desk import Desk, Errand

#: A CRL can have megabytes; of a larger piece only the hash is kept.
_MAX_EVIDENCE_BYTES: Final = 64 * 1024


class Record:
    """The first outcome is the one that is written.

    So when a page goes away while its signature is being checked, either the journal says
    `cancelled` and the signature is discarded, or it says `signed` and may have been sent.
    """

    def __init__(
        self,
        desk: Desk,
        errand: Errand,
        candidate: Candidate,
        *,
        action: str,
        name: str,
        sha256: str,
    ) -> None:
        self._desk = desk
        self._errand = errand
        self._candidate = candidate
        self._action = action
        self._name = name
        self._sha256 = sha256
        self._lock = threading.Lock()
        self._closed = False

    def close(self, outcome: str) -> bool:
        """Write `outcome` to the disk; False if another was written before. Blocks."""
        with self._lock:
            if self._closed:
                return False
            evidence = self._candidate.assessment.evidence
            self._desk.journal.append(
                Entry(
                    at=self._desk.now(),
                    origin=self._errand.asker.origin,
                    action=self._action,
                    name=self._name,
                    sha256=self._sha256,
                    certificate=self._candidate.certificate.der,
                    holder=self._candidate.summary.holder,
                    serial=self._candidate.summary.serial,
                    outcome=outcome,
                    evidence=tuple(e for e in evidence if len(e) <= _MAX_EVIDENCE_BYTES),
                    evidence_hashes=tuple(
                        hashlib.sha256(e).hexdigest()
                        for e in evidence
                        if len(e) > _MAX_EVIDENCE_BYTES
                    ),
                )
            )
            self._closed = True
            return True


@asynccontextmanager
async def recorded(record: Record) -> AsyncIterator[Record]:
    """Write how the block ended, unless it has written that itself."""
    try:
        yield record
    except asyncio.CancelledError:
        await asyncio.to_thread(record.close, "cancelled")
        raise
    except AgentError as error:
        await asyncio.to_thread(record.close, error.code)
        raise
    except Exception:
        await asyncio.to_thread(record.close, "internal_error")
        raise
