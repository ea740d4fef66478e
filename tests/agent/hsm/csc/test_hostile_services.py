"""Whatever a service answers, at whichever step: only errors that are documented come out."""

import asyncio
import hashlib
import json
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import AgentError
from agent.hsm.api import ToSign
from agent.hsm.csc import Csc
from agent.hsm.door import WHOLE_SECONDS
from agent.hsm.provider import Login, Pending
from agent.keys import Mechanism, OtpKind
from agent.pin import Pin
from agent.secret import Secret
from protocol.errors import ERRORS
from tests.support.csc_service import Asks, CscService, Key, RefusedError
from tests.support.doors import Said

JSON = {"Content-Type": "application/json"}

#: What our own port promises (agent.hsm.api).
DOCUMENTED = {
    "service_not_recognised", "service_sign_in", "service_failed", "service_malformed",
    "service_timeout", "service_redirected", "service_batch", "account_refused", "account_blocked",
    "account_quota", "certificate_not_found", "certificate_unsuitable", "certificate_expired",
    "service_pin_incorrect", "otp_incorrect", "phone_rejected", "phone_timeout",
}  # fmt: skip

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
awkward = st.sampled_from(
    ["", "1", "-1", "9" * 5000, "\x00", "\n", "a\r\nb", "MAA=", "=", "ế" * 300, [], {}, None, True,
     0, -1, 2**63, 2**64, 1e308, ["", None], [[]], {"error": "invalid_pin"}]
)  # fmt: skip
descriptions = st.sampled_from(
    ["The PIN is invalid", "PIN locked", "OTP expired", "SAD expired", "quota", "Invalid parameter",
     "Numbers of signatures is too high", "Signing certificate 'CN=x' is expired", "ĐÃ KHÓA"]
)  # fmt: skip
errors = st.sampled_from(
    ["invalid_request", "invalid_pin", "invalid_otp", "access_denied", "invalid_token",
     "authentication_error", "invalid_authentication_data", "accepted_request", "server_error", "?"]
)  # fmt: skip


class Mutation:
    """One thing that is wrong in one answer."""

    def __init__(self, draw) -> None:
        self.at = draw(st.integers(0, 9))
        self.kind = draw(
            st.sampled_from(["replace", "drop", "add", "status", "refuse", "bytes", "type"])
        )
        self.value = draw(anything | awkward)
        self.status = draw(
            st.sampled_from(
                [200, 201, 202, 204, 400, 401, 402, 403, 404, 408, 429, 500, 501, 503, 504]
            )
        )
        self.pick = draw(st.integers(0, 10**6))
        self.bytes = draw(st.binary(max_size=40))
        self.error = {
            "error": draw(errors | anything),
            "error_description": draw(descriptions | anything),
        }

    def __repr__(self) -> str:
        return str(vars(self))

    def applied(self, status: int, body: bytes) -> tuple[int, dict[str, str], bytes]:
        match self.kind:
            case "status":
                return self.status, JSON, body
            case "refuse":
                return self.status, JSON, json.dumps(self.error).encode()
            case "bytes":
                return status, JSON, self.bytes
            case "type":
                return status, {"Content-Type": "text/html", "Retry-After": "x"}, body
        content = json.loads(body or b"{}")
        places = list(_places(content))
        holder, key = places[self.pick % len(places)] if places else ([content], 0)
        if self.kind == "drop":
            del holder[key]
        elif self.kind == "add" and isinstance(holder, dict):
            holder[key] = [holder[key], self.value]
        else:
            holder[key] = self.value
        return status, JSON, json.dumps(content).encode()


def _places(content):
    entries = (
        content.items() if isinstance(content, dict)
        else enumerate(content) if isinstance(content, list) else ()
    )  # fmt: skip
    for key, value in list(entries):
        yield content, key
        yield from _places(value)


class DirectDoor:
    """To a service in the same process, with one answer of it spoilt."""

    host, base = "csc.example.vn", "https://csc.example.vn"

    def __init__(self, service: CscService, mutation: Mutation | None) -> None:
        self._service, self._mutation = service, mutation
        self.calls: list[str] = []

    async def get(self, path, *, headers=None, seconds=WHOLE_SECONDS):
        """The OAuth 2.0 server's metadata."""
        assert path == "/.well-known/oauth-authorization-server"
        self.calls.append(path)
        said = {"issuer": self.base, "token_endpoint": f"{self.base}/oauth2/token"}
        return self._spoilt(200, json.dumps(said).encode())

    async def post(
        self, path, body, *, headers=None, content_type="application/json", seconds=WHOLE_SECONDS
    ):
        assert all(c.isprintable() for value in (headers or {}).values() for c in value)
        assert path.isascii()
        assert path.isprintable()
        self.calls.append(path)
        sent = (
            json.loads(body)
            if content_type == "application/json"
            else dict(parse_qsl(body.decode()))
        )
        method = path.removeprefix(f"{self._service.base}/")
        status, answer = 404, b"{}"
        if method != path or path == "/oauth2/token":
            try:
                response = await self._service._dispatch(
                    method, sent, (headers or {}).get("Authorization", "")
                )
                status, answer = response.status, response.body or b""
            except RefusedError as refused:
                said = {"error": refused.error, "error_description": refused.description}
                status, answer = refused.status, json.dumps(said).encode()
        return self._spoilt(status, bytes(answer))

    def _spoilt(self, status: int, answer: bytes) -> Said:
        kept = JSON
        if self._mutation and self._mutation.at == len(self.calls) - 1:
            status, kept, answer = self._mutation.applied(status, answer)
        return Said(status=status, headers=kept, body=answer, host=self.host)


async def conversation(door: DirectDoor) -> str:
    """Everything that a session does, as far as it gets; "" or the code where it ended."""
    try:
        return await _conversation(door)
    except AgentError as error:
        told = error
    assert set(told.details) <= {"host", "reason"}
    return told.code


async def _conversation(door: DirectDoor) -> str:
    name = "tờ khai"
    item = ToSign(name=name, digest=hashlib.sha256(name.encode()).digest(), message=name.encode())
    if not await Csc().recognise(door):
        return "service_not_recognised"
    session = await Csc().sign_in(door, Login(name="minhhoa", password=Secret("hsm-demo-2026")))
    for credential in await session.list_credentials():
        found = await session.describe(credential.id)
        if found.confirmation.otp is OtpKind.SENT:
            await session.send_otp(found)
        leave = await session.authorise(
            found,
            [item],
            Mechanism.RSA_PKCS1_SHA256,
            pin=Pin(bytearray(b"2468")) if found.confirmation.pin else None,
            otp=Pin(bytearray(b"135790")) if found.confirmation.otp else None,
        )
        outcome = await session.sign_hashes(leave)
        for _ in range(10):
            if not isinstance(outcome, Pending):
                break
            assert 0 <= outcome.poll_after <= 30
            outcome = await session.poll(outcome)
    await session.sign_out()
    return ""


def services(certificates, version, kind):
    asks = {
        "typed": Asks(pin="2468", otp="135790"),
        "phone": Asks(phone=True),
        "nothing": Asks(),
    }[kind]
    key = Key(holder=certificates.company, chain=certificates.chain, asks=asks)
    service = CscService(key, version=version)
    service.asynchronous = version == "v2"
    service.oauth2 = DirectDoor.base
    if version == "v2":
        service.oauth2_issuer = DirectDoor.base
    if kind == "nothing":
        service.auth_types = ("oauth2client",)
    return service


@pytest.fixture(params=["typed", "phone", "nothing"])
def kind(request):
    return request.param


@pytest.fixture(params=["v1", "v2"])
def version(request):
    return request.param


async def test_an_honest_service_is_spoken_with_to_the_end(certificates, version, kind):
    door = DirectDoor(services(certificates, version, kind), None)

    assert await conversation(door) == ""
    assert any(path.endswith("signatures/signHash") for path in door.calls)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_whatever_is_spoilt_is_an_error_in_words(certificates, version, kind, data):
    mutation = data.draw(st.composite(Mutation)())
    door = DirectDoor(services(certificates, version, kind), mutation)

    code = asyncio.run(conversation(door))

    assert code in DOCUMENTED | {""}
    assert set(ERRORS) >= DOCUMENTED
    # What a service says of what was typed never makes us say it again.
    assert sum(path.endswith("credentials/authorize") for path in door.calls) <= 1
    assert sum(path.endswith("signatures/signHash") for path in door.calls) <= 1
