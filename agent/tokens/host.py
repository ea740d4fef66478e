"""One PKCS#11 module, as something that can be asked and that survives its own driver.

Questions are queued and put to one worker process, which answers one at a time, as drivers want it.
Of signatures the next one waits at the worker already while it makes one, so that a token is never
idle while there is work. A worker that crashes, hangs or garbles is killed; what it has not
answered gets an `AgentError`, and the next question starts a new worker. A module that fails
`_QUARANTINE_AFTER` times without a quiet minute between is left alone until `forgive` is called (a
token was plugged in, or the user asks to look again).

Cancelling who asked does not disturb the exchange: its answer is awaited and dropped, so the worker
is never one answer behind, and a card is not torn out of an operation.
"""

import asyncio
import logging
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Never, TypeVar, assert_never

from agent.errors import AgentError, InternalError, TokenError, UserError
from agent.keys import Mechanism, PinState
from agent.pin import Pin, wipe
from agent.tokens.calls import (
    MAX_PIN,
    Call,
    Failed,
    Garbled,
    KeyRef,
    LoggedIn,
    LoggedOut,
    Login,
    Logout,
    PinRead,
    Poll,
    Polled,
    ReadPin,
    Reply,
    Scan,
    Scanned,
    Sign,
    Signed,
    TokenRef,
)
from agent.tokens.child import Loss
from agent.tokens.mechanisms import SCHEMES
from agent.tokens.process import Worker, WorkerLost, worker_command

log = logging.getLogger(__name__)

_QUARANTINE_AFTER = 5
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 30.0
_FORGOTTEN_AFTER_SECONDS = 60.0
#: The one that is being made, and the one that waits in the worker's pipe.
_SIGNATURES_AT_WORKER = 2


_R = TypeVar("_R", bound=Reply)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds each kind of call may take. A real card needs 44 ms for an APDU, 1.6 s to be known.

    `login_on_reader` is how long a user may take to type a PIN on a reader's keys.
    """

    start: float = 20.0
    scan: float = 30.0
    poll: float = 10.0
    read_pin: float = 10.0
    login: float = 20.0
    login_on_reader: float = 90.0
    sign: float = 20.0


@dataclass(slots=True)
class _Job:
    kind: type[object]
    call: Call
    pin: bytearray | None
    limit_seconds: float
    answer: asyncio.Future[Any]


class Host:
    """`run` serves the queue as long as the host lives; the other methods ask.

    All asking methods raise TokenError module_failed or token_timeout if the worker is lost.
    """

    def __init__(
        self,
        module: Path,
        *,
        limits: Limits | None = None,
        command: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
        on_idle_loss: Callable[[], None] = lambda: None,
    ) -> None:
        """`command` and `environment` are for tests; a worker inherits ours.

        `on_idle_loss` is called when the worker was lost while nobody asked anything.
        """
        self.module = module
        self._limits = limits or Limits()
        self._command = tuple(command or worker_command())
        self._environment = environment
        self._jobs: deque[_Job | None] = deque()
        self._woken = asyncio.Event()
        #: Signatures that the worker has been asked for.
        self._signing: list[_Job] = []
        #: It does something that nothing may overlap.
        self._busy = False
        self._worker: Worker | None = None
        self._failures = 0
        self._last_loss = -_FORGOTTEN_AFTER_SECONDS
        self._trouble = ""
        self._on_idle_loss = on_idle_loss

    @property
    def pid(self) -> int | None:
        """Of the worker, if one runs."""
        return self._worker.pid if self._worker else None

    @property
    def trouble(self) -> str:
        """Why the last worker was lost; "" once a scan has succeeded again."""
        return self._trouble

    @property
    def quarantined(self) -> bool:
        return self._failures >= _QUARANTINE_AFTER

    @property
    def pause_seconds(self) -> float:
        """How long to wait before asking again without being asked to by the user."""
        if not self._failures:
            return 0.0
        return float(min(_FIRST_PAUSE_SECONDS * 2 ** (self._failures - 1), _LONGEST_PAUSE_SECONDS))

    def forgive(self) -> None:
        """Give a quarantined module one more chance."""
        self._failures = min(self._failures, _QUARANTINE_AFTER - 1)

    async def scan(self) -> Scanned:
        scanned = await self._ask(Scanned, Scan(), self._limits.scan)
        self._trouble = ""
        # Not at once: a module may crash after each scan, for ever.
        if monotonic() - self._last_loss >= _FORGOTTEN_AFTER_SECONDS:
            self._failures = 0
        return scanned

    async def poll(self) -> Polled:
        return await self._ask(Polled, Poll(), self._limits.poll)

    async def read_pin(self, token: TokenRef) -> PinState:
        """Raises UserError token_removed, token_changed."""
        return (await self._ask(PinRead, ReadPin(token=token), self._limits.read_pin)).pin

    async def login(self, token: TokenRef, key: KeyRef, pin: Pin | None) -> bool:
        """Log in for one key; True if it wants a login for each signature. See api.KeySession."""
        value = pin.consume() if pin else None
        if value is not None and len(value) > MAX_PIN:
            wipe(value)
            raise UserError("pin_length")
        call = Login(token=token, key=key, pin_follows=value is not None)
        limit = self._limits.login if pin else self._limits.login_on_reader
        return (await self._ask(LoggedIn, call, limit, value)).always_authenticate

    async def sign(
        self, token: TokenRef, digest: bytes, mechanism: Mechanism, *, pin_on_reader: bool = False
    ) -> bytes:
        """`pin_on_reader`: the user types a PIN on the reader's keys for this very signature."""
        asked = self.ask_signature(token, digest, mechanism, pin_on_reader=pin_on_reader)
        return (await asked).signature

    def ask_signature(
        self, token: TokenRef, digest: bytes, mechanism: Mechanism, *, pin_on_reader: bool = False
    ) -> asyncio.Future[Signed]:
        """As `sign`, to be awaited later: several are made one after the other without a pause."""
        if len(digest) != SCHEMES[mechanism].digest_bytes:
            raise ValueError(f"{mechanism} does not sign {len(digest)} bytes")
        call = Sign(token=token, mechanism=mechanism, digest=digest)
        limit = self._limits.login_on_reader if pin_on_reader else self._limits.sign
        return self._put(Signed, call, limit, None)

    def log_out(self, token: TokenRef) -> None:
        """Queue the end of a login; nobody needs to wait for it, and no worker is started."""
        self._put(LoggedOut, Logout(token=token), self._limits.login, None)

    def rest(self) -> None:
        """End the worker after what is queued; the next question starts one again."""
        self._jobs.append(None)
        self._woken.set()

    async def run(self) -> Never:
        """Serve the queue until cancelled; then the worker is killed."""
        try:
            while True:
                job = await self._next_job()
                self._busy = True
                if job is None:
                    await self._end_worker()
                else:
                    await self._perform(job)
                self._busy = False
        finally:
            self._refuse_the_rest()
            if self._worker is not None:
                await asyncio.shield(self._worker.kill())

    async def _next_job(self) -> _Job | None:
        """The next one that may begin; meanwhile a worker that dies is noticed."""
        while True:
            if self._worker is not None and self._worker.lost.done():
                await self._bury(self._worker.lost.result())
            self._sign_on()
            if self._jobs and not self._signing:
                return self._jobs.popleft()
            self._woken.clear()
            await self._woken.wait()

    async def _bury(self, lost: WorkerLost) -> None:
        """It was lost while signing, or while nobody asked anything."""
        failed, self._signing = self._signing, []
        await self._lost(lost)
        for job in failed:
            _fail(job, _error(lost, self.module))
        if not failed:
            self._on_idle_loss()

    def _sign_on(self) -> None:
        """Ask for as many of the next signatures as may be at the worker."""
        worker = self._worker
        while (
            worker is not None
            and not (self._busy or worker.lost.done())
            and len(self._signing) < _SIGNATURES_AT_WORKER
            and self._jobs
            and (job := self._jobs[0]) is not None
            and isinstance(job.call, Sign)
        ):
            self._jobs.popleft()
            if not self._pointless(job):
                self._signing.append(job)
                worker.begin(job.call, partial(self._signed, job), limit_seconds=job.limit_seconds)

    def _signed(self, job: _Job, outcome: Reply | WorkerLost) -> None:
        """Raises Garbled."""
        if isinstance(outcome, WorkerLost):
            return  # see `_bury`
        _check_kind(outcome, job)
        self._signing.remove(job)
        _answer(job, outcome)
        self._sign_on()
        if self._jobs:
            self._woken.set()

    async def _perform(self, job: _Job) -> None:
        if self._pointless(job):
            return
        try:
            worker = await self._ready(job)
            if self._pointless(job):
                return
            reply = await worker.exchange(job.call, limit_seconds=job.limit_seconds, pin=job.pin)
            try:
                _check_kind(reply, job)
            except Garbled as error:
                raise WorkerLost(Loss.GARBLED, str(error)) from error
        except WorkerLost as lost:
            await self._lost(lost)
            _fail(job, _error(lost, self.module))
        except AgentError as error:
            _fail(job, error)
        except BaseException:
            _fail(job, TokenError("module_failed", module=self.module.name, reason="stopped"))
            raise
        else:
            _answer(job, reply)

    def _pointless(self, job: _Job) -> bool:
        """Whether who asked has gone, or the login to be ended went with its worker."""
        if job.answer.done():
            wipe(job.pin or bytearray())
            return True
        if isinstance(job.call, Logout) and self._worker is None:
            job.answer.set_result(LoggedOut())
            return True
        return False

    async def _ready(self, job: _Job) -> Worker:
        if self._worker is None:
            if self.quarantined:
                raise TokenError("module_failed", module=self.module.name, reason="quarantined")
            try:
                self._worker = await Worker.start(
                    self.module,
                    command=self._command,
                    environment=os.environ if self._environment is None else self._environment,
                    limit_seconds=self._limits.start,
                )
            finally:
                if self._worker is None:
                    wipe(job.pin or bytearray())
            self._worker.lost.add_done_callback(lambda _: self._woken.set())
        return self._worker

    async def _lost(self, lost: WorkerLost) -> None:
        self._failures += 1
        self._last_loss = monotonic()
        self._trouble = str(lost)
        log.warning("the worker of %s was lost: %s", self.module.name, lost)
        await self._end_worker()

    async def _end_worker(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            await worker.kill()

    def _refuse_the_rest(self) -> None:
        rest, self._signing, self._jobs = [*self._signing, *self._jobs], [], deque()
        for job in rest:
            if job is not None:
                wipe(job.pin or bytearray())
                _fail(job, TokenError("module_failed", module=self.module.name, reason="stopped"))

    def _put(
        self, kind: type[_R], call: Call, limit: float, pin: bytearray | None
    ) -> asyncio.Future[_R]:
        answer: asyncio.Future[_R] = asyncio.get_running_loop().create_future()
        self._jobs.append(_Job(kind, call, pin, limit, answer))
        self._sign_on()
        if self._jobs:
            self._woken.set()
        return answer

    async def _ask(
        self, kind: type[_R], call: Call, limit: float, pin: bytearray | None = None
    ) -> _R:
        return await self._put(kind, call, limit, pin)


def _check_kind(reply: Reply, job: _Job) -> None:
    """Raises Garbled."""
    if not isinstance(reply, (job.kind, Failed)):
        raise Garbled(f"{type(reply).__name__} for {type(job.call).__name__}")


def _answer(job: _Job, reply: Reply) -> None:
    if isinstance(reply, Failed):
        _fail(job, _refusal(reply))
    elif not job.answer.done():
        job.answer.set_result(reply)


def _fail(job: _Job, error: AgentError) -> None:
    if not job.answer.done():
        job.answer.set_exception(error)
        # Nobody may be left to look at it.
        job.answer.exception()


def _error(lost: WorkerLost, module: Path) -> TokenError:
    match lost.loss:
        case Loss.HUNG:
            code = "token_timeout"
        case Loss.DIED | Loss.GARBLED | Loss.UNLOADABLE:
            code = "module_failed"
        case _:
            assert_never(lost.loss)
    return TokenError(code, module=module.name, reason=str(lost))


#: Whose affair an answer is; anything else is the token's.
_USERS = frozenset(
    {
        "pin_incorrect",
        "pin_locked",
        "pin_length",
        "user_refused",
        "token_removed",
        "token_changed",
        "certificate_unsuitable",
    }
)


def _refusal(failed: Failed) -> AgentError:
    """Details: `reason` for the log; after a refused PIN also what the device then said of it."""
    details: dict[str, object] = {"reason": failed.reason}
    if failed.pin is not None:
        details |= {"final_try": failed.pin.final_try, "locked": failed.pin.locked}
        details |= {"low": failed.pin.low}
    if failed.code == "internal_error":
        return InternalError(failed.code, **details)
    kind = UserError if failed.code in _USERS else TokenError
    return kind(failed.code, **details)
