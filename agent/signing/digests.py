"""A session of digests: one approval and one PIN, then signatures without a window, for a while.

    which key ─▶ one window, which says that nobody can show what is signed ─▶ approved
          ─▶ the session: digests ─▶ the key signs ─▶ verified ─▶ journal ─▶ signatures
          ─▶ used up, or its time is up, or closed, or the key failed: locked again

The token is held as long as the session lasts; other requests for it are told so (token_in_use).
A session ends with the first failure of its key: nothing is asked of the user any more, so nothing
can be mended.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from agent.consent.prompts import Approval, DigestsQuestion
from agent.errors import AgentError, InternalError, UserError
from agent.hsm.api import ToSign
from agent.keys import KeyCertificate, Mechanism, ServiceCertificate
from agent.signing.candidates import Candidate, Wanted, facts
from agent.signing.desk import Desk, Errand
from agent.signing.ready import ready
from agent.signing.record import Ledger, Line, Subject, recorded, sitting
from agent.signing.select import to_sign_with
from agent.signing.sitting import Key, sit
from agent.signing.verified import checker
from agent.signing.waiting import has_certificate
from agent.signing.window import Window

#: Signatures that are verified and written between two turns of the event loop.
_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestsOrder:
    count: int
    seconds: int
    hash: Literal["sha256", "sha384", "sha512"]
    padding: Literal["pkcs1", "pss"]  # of an RSA key
    reason: str
    wanted: Wanted


@asynccontextmanager
async def digest_session(
    desk: Desk, errand: Errand, order: DigestsOrder
) -> AsyncIterator["DigestSession"]:
    """Open as long as the block lasts. Raises what `to_sign_with` and `sit` do; service_batch for a
    service that asks its user each time; pin_each_time for such a token.
    """
    candidate = await to_sign_with(desk, errand, order.wanted)
    mechanism = _mechanism(candidate.certificate, order)
    async with (
        sitting(Ledger(desk, errand, candidate, action="sign")) as ledger,
        ready(desk, errand, candidate.certificate, signatures=order.count) as key,
    ):
        _judge(key, candidate.certificate)
        session = DigestSession(
            desk=desk,
            candidate=candidate,
            mechanism=mechanism,
            hash=order.hash,
            name=order.reason,
            left=order.count,
            _key=key,
            _ledger=ledger,
        )
        await _approved(errand, order, session)
        session.begin(order.seconds)
        try:
            yield session
        finally:
            await session.end()


async def _approved(errand: Errand, order: DigestsOrder, session: "DigestSession") -> None:
    """The journal has a line of a session that was not opened; one that was has its signatures'."""
    key = session._key  # noqa: SLF001 - its own half
    question = DigestsQuestion(
        asker=errand.asker,
        reason=order.reason,
        count=order.count,
        seconds=order.seconds,
        algorithm=session.mechanism.value,
        certificate=facts(session.candidate),
        pin=key.pin,
        confirmation=key.confirmation,
    )

    async def nothing_yet(window: Window, approval: Approval) -> None:
        del window, approval

    async with recorded(session.line()), session.desk.prompts.open_digests(question) as dialog:
        await sit(errand, key, dialog, nothing_yet)


def _mechanism(certificate: KeyCertificate, order: DigestsOrder) -> Mechanism:
    """Raises UserError certificate_unsuitable."""
    # Loaded with the first digest, as formats are.
    from agent.formats.algorithms import Kind, Scheme, best
    from agent.formats.signer import signer_of

    rsa = Kind.RSA_PSS if order.padding == "pss" else Kind.RSA_PKCS1
    schemes = (Scheme(rsa, order.hash), Scheme(Kind.ECDSA, order.hash))
    scheme = best(schemes, signer_of(certificate.der).key)
    if scheme is None:
        raise UserError("certificate_unsuitable", reason="key")
    return scheme.mechanism


def _judge(key: Key, certificate: KeyCertificate) -> None:
    """Raises UserError service_batch: a window for each message would be no session."""
    asked = key.confirmation
    if isinstance(certificate, ServiceCertificate) and asked and (asked.otp or asked.phone):
        raise UserError("service_batch", host=certificate.service.host)


@dataclass(slots=True, kw_only=True)
class DigestSession:
    desk: Desk
    candidate: Candidate
    mechanism: Mechanism
    hash: Literal["sha256", "sha384", "sha512"]
    name: str  # why, as the asker says
    left: int
    expires_at: datetime = field(init=False)
    #: The key is locked again; for who keeps it.
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    _key: Key
    _ledger: Ledger
    _is_its: Callable[[bytes, bytes], bool] = field(init=False)
    _under_way: int = field(default=0, init=False)
    _idle: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _over: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def __post_init__(self) -> None:
        self._is_its = checker(self.candidate.certificate.der, self.mechanism)

    def begin(self, seconds: int) -> None:
        """The key is unlocked."""
        self.expires_at = self.desk.now() + timedelta(seconds=seconds)

    def line(self) -> Line:
        """In the journal, of the session as such."""
        return self._ledger.line(self._subject(b""))

    async def sign(self, digests: Sequence[bytes]) -> tuple[bytes, ...]:
        """In order; what leaves is in the journal. Raises UserError digest_session_over, and what
        `Key.sign` does: then it is over.
        """
        if self._over.is_set() or len(digests) > self.left or self.desk.now() >= self.expires_at:
            raise UserError("digest_session_over")
        self.left -= len(digests)
        self._under_way += 1
        try:
            items = [ToSign(name=self.name, digest=digest, message=b"") for digest in digests]
            signatures = await self._key.sign(None, items, self.mechanism)
            if len(digests) <= _AT_ONCE:
                self._verify_and_record(digests, signatures)
            else:
                await asyncio.to_thread(self._verify_and_record, digests, signatures)
        except asyncio.CancelledError:
            self._not_signed(digests, "cancelled")
            raise
        except Exception as error:
            self.close()
            self._not_signed(
                digests, error.code if isinstance(error, AgentError) else "internal_error"
            )
            raise
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()
        if not self.left:
            self.close()
        return signatures

    def _verify_and_record(self, digests: Sequence[bytes], signatures: Sequence[bytes]) -> None:
        if not all(map(self._is_its, signatures, digests)):
            raise InternalError("self_check_failed")
        for digest in digests:
            self._ledger.signed(self._subject(digest))

    def _not_signed(self, digests: Sequence[bytes], code: str) -> None:
        """The key may have signed some; none of these leaves."""
        for digest in digests:
            self._ledger.ended(code, self._subject(digest))

    def _subject(self, digest: bytes) -> Subject:
        """Of another hash than SHA-256 the journal keeps the SHA-256."""
        sha256 = digest if self.hash == "sha256" else hashlib.sha256(digest).digest()
        return Subject(name=self.name, sha256=sha256.hex(), mechanism=self.mechanism.value)

    def close(self) -> None:
        """No further digests are taken."""
        self._over.set()

    async def over(self, *, within: float) -> bool:
        """Whether it is used up, its time is up, its key is gone, or it was closed, in so many
        seconds.
        """
        left = (self.expires_at - self.desk.now()).total_seconds()
        try:
            async with asyncio.timeout(max(0.0, min(left, within))):
                await self._over.wait()
        except TimeoutError:
            present = has_certificate(self.desk, self.candidate.certificate.id)
            if left > within and present:
                return False
        self.close()
        return True

    async def end(self) -> None:
        """Returns when what was under way has been answered."""
        self.close()
        while self._under_way:
            self._idle.clear()
            await self._idle.wait()
