"""Whatever a service and its user do: no secret goes out twice, nothing unverified leaves.

The service's answers and the user's are drawn; the story in between is the real one, with its
journal. What must hold is at the end of the test.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.consent.prompts import Approval, SignQuestion
from agent.errors import AgentError, ServiceError, UserError
from agent.hsm.api import ToSign
from agent.keys import Confirmation, Mechanism, OtpKind, ServiceCertificate
from agent.pin import Pin
from agent.signing.candidates import Wanted
from agent.signing.sign import Order, sign
from tests.support.services import MemoryServices, RemoteKey
from tests.support.signing import desk_with, traced_errand
from tests.support.tokens import MemoryTokens

KEY = RemoteKey()
STRANGER = RemoteKey(number=12)
CONFIRMATIONS = st.builds(
    Confirmation,
    pin=st.booleans(),
    otp=st.sampled_from([None, *OtpKind]),
    phone=st.booleans(),
)
ANSWERS = st.lists(
    st.sampled_from(
        [
            "signed",
            "signed by another",
            "signed nothing",
            "signed twice",
            "service_pin_incorrect",
            "otp_incorrect",
            "account_blocked",
            "phone_rejected",
            "service_failed",
        ]
    ),
    max_size=6,
)
#: Whether the user goes on, each time that something is asked of them.
WILLING = st.lists(st.sampled_from([True, True, True, False]), max_size=8)


@dataclass
class Ledger:
    """What was seen at both ends."""

    approvals: int = 0
    otps: int = 0
    sent: int = 0
    attempts: list[str] = field(default_factory=list)
    open_windows: int = 0
    secrets: list[Pin] = field(default_factory=list)
    used: list[str] = field(default_factory=list)

    def typed(self, kind: str) -> Pin:
        secret = Pin(bytearray(f"{kind} {len(self.secrets)}".encode()))
        self.secrets.append(secret)
        return secret


class Service(MemoryServices):
    def __init__(self, asked: Confirmation, answers: Sequence[str], ledger: Ledger) -> None:
        super().__init__(KEY)
        self._asked, self._answers, self._ledger = asked, list(answers), ledger
        self.certificate: ServiceCertificate = KEY.held
        self.confirmation = asked
        self._knows_pin = False

    @asynccontextmanager
    async def open(self, certificate) -> AsyncIterator["Service"]:
        assert certificate == KEY.id
        self.open_sessions += 1
        try:
            yield self
        finally:
            self.open_sessions -= 1

    async def send_otp(self) -> None:
        assert self._asked.otp is OtpKind.SENT
        self._ledger.sent += 1

    async def sign(self, items: Sequence[ToSign], mechanism: Mechanism, *, pin, otp, on_wait):
        assert (pin is not None) == (self._asked.pin and not self._knows_pin)
        assert (otp is not None) == (self._asked.otp is not None)
        for secret in (pin, otp):
            if secret is not None:
                self._ledger.used.append(secret.consume().decode())
        if self._asked.phone:
            await on_wait(60.0)
        answer = self._answers.pop(0) if self._answers else "signed"
        if answer == "service_pin_incorrect" and pin is None:
            answer = "signed"  # a service that was given none cannot find it wrong
        if answer == "otp_incorrect" and otp is None:
            answer = "signed"
        self._ledger.attempts.append(answer)
        self._knows_pin = self._asked.pin and answer != "service_pin_incorrect"
        return self._signatures(answer, items)

    def _signatures(self, answer: str, items: Sequence[ToSign]) -> tuple[bytes, ...]:
        [item] = items
        match answer:
            case "signed":
                return (_signature(KEY, item),)
            case "signed by another":
                return (_signature(STRANGER, item),)
            case "signed nothing":
                return ()
            case "signed twice":
                return (_signature(KEY, item),) * 2
            case "service_failed":
                raise ServiceError(answer, host=KEY.host)
            case code:
                raise UserError(code)


def _signature(key: RemoteKey, item: ToSign) -> bytes:
    return key.key.sign(item.message, padding.PKCS1v15(), hashes.SHA256())


class User:
    """Implements `Prompts` and `SignDialog` as far as a signature needs them."""

    def __init__(self, willing: Sequence[bool], ledger: Ledger) -> None:
        self._willing, self._ledger = list(willing), ledger
        self._asked = Confirmation()

    @asynccontextmanager
    async def sign(self, question: SignQuestion) -> AsyncIterator["User"]:
        assert question.confirmation is not None
        self._asked = question.confirmation
        self._ledger.open_windows += 1
        try:
            yield self
        finally:
            self._ledger.open_windows -= 1

    def _goes_on(self) -> None:
        if not self._willing or not self._willing.pop(0):
            raise UserError("user_refused")

    async def approval(self) -> Approval:
        self._goes_on()
        self._ledger.approvals += 1
        return Approval(pin=self._ledger.typed("pin") if self._asked.pin else None)

    async def otp(self, *, rejected: bool) -> Pin:
        assert rejected == (self._ledger.attempts[-1:] == ["otp_incorrect"])
        self._goes_on()
        self._ledger.otps += 1
        return self._ledger.typed("otp")

    async def service_pin_rejected(self) -> None:
        assert self._ledger.attempts[-1] == "service_pin_incorrect"

    async def working(self, stage: str) -> None:
        assert self._ledger.approvals, f"{stage} before the user has approved"

    async def phone(self, *, seconds: float) -> None:
        assert self._asked.phone
        assert seconds == 60.0

    async def refused_by_user(self) -> None:
        await asyncio.Event().wait()


@settings(max_examples=80, deadline=None)
@given(asked=CONFIRMATIONS, answers=ANSWERS, willing=WILLING)
def test_a_signature_leaves_only_when_all_went_well(
    asked: Confirmation, answers: list[str], willing: list[bool]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(one_request(Path(directory), asked, answers, willing))


async def one_request(
    directory: Path, asked: Confirmation, answers: list[str], willing: list[bool]
) -> None:
    ledger = Ledger()
    service, user = Service(asked, answers, ledger), User(willing, ledger)
    desk = desk_with(directory, tokens=MemoryTokens(), user=user, services=service)
    order = Order(document=b"<a/>", name="a", profile="test", wanted=Wanted(id=KEY.id))
    errand, _ = traced_errand()

    try:
        await sign(desk, errand, order)
        ended = "signed"
    except AgentError as error:
        ended = error.code

    # What left was signed at the last attempt, with the right key; the journal knows.
    assert (ended == "signed") == (ledger.attempts[-1:] == ["signed"])
    if ledger.attempts and ledger.attempts[-1].startswith("signed "):
        assert ended == "service_wrong_signature"
    desk.journal.verify()
    assert [stored.entry.outcome for stored in desk.journal.latest(limit=9)] == [ended]
    desk.journal.close()
    # Each attempt is an act of the user's, and no secret goes out twice or stays behind.
    acts = ledger.approvals if asked.otp is None else ledger.otps
    assert len(ledger.attempts) == acts
    assert len(set(ledger.used)) == len(ledger.used)
    for secret in ledger.secrets:
        try:
            secret.consume()
        except ValueError:
            continue
        raise AssertionError("a secret was left behind")
    if asked.otp is not OtpKind.SENT:
        assert ledger.sent == 0
    # Only what leads back to the user is followed by another attempt.
    assert set(ledger.attempts[:-1]) <= {"service_pin_incorrect", "otp_incorrect"}
    assert (ledger.open_windows, service.open_sessions) == (0, 0)
