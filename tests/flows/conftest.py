"""A whole office: BHXH's sandbox, the backend, an agent with a token, and a clerk at a browser.

Every program is a process of its own. The world lives for a module, since each test has a unit
(an MST) to itself; agents and tokens live for a test.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from cryptography import x509
from playwright.sync_api import Browser

from protocol.version import PORTS
from tests.flows.clerk import Clerk
from tests.support.agent_process import AgentProcess, script
from tests.support.backend_process import BackendProcess
from tests.support.chromium import chromium
from tests.support.sandbox import SandboxProgram, Subscriber, nth_mst
from tests.support.softhsm import new_softhsm

TOKEN = "Token thử"
#: What the screen showed when a test failed.
SCREENS = Path(__file__).parents[2] / "test-output"
_numbers = count(100)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    with SandboxProgram(tmp_path_factory.mktemp("sandbox")) as program:
        yield program


@pytest.fixture(scope="module")
def backend(
    tmp_path_factory: pytest.TempPathFactory, sandbox: SandboxProgram
) -> Iterator[BackendProcess]:
    with BackendProcess(tmp_path_factory.mktemp("backend"), sandbox) as process:
        yield process


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def mst() -> str:
    """A tax code nobody has, one for each test."""
    return nth_mst(next(_numbers))


@pytest.fixture(autouse=True)
def calm(sandbox: SandboxProgram) -> Iterator[None]:
    """Faults that a test set do not reach the next one."""
    yield
    sandbox.set_faults(
        down=False, latency=0, drop_answers=0, refuse=None, decide_after=0, receipt="good"
    )


@pytest.fixture
def clerk(
    browser: Browser, backend: BackendProcess, mst: str, request: pytest.FixtureRequest
) -> Iterator[Clerk]:
    context = browser.new_context(locale="vi-VN", viewport={"width": 1100, "height": 760})
    context.set_default_timeout(20_000)
    page = context.new_page()
    mistakes: list[str] = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.on("console", lambda said: mistakes.append(said.text) if _is_ours(said.text) else None)
    failed_before = request.session.testsfailed
    yield Clerk(page=page, url=backend.url, mst=mst)
    if request.session.testsfailed > failed_before:
        SCREENS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENS / f"{request.node.name}.png")
    context.close()
    assert mistakes == []  # an error that only the console tells is still a bug


def _is_ours(text: str) -> bool:
    """Not the browser's own lines about requests that failed, which the page tells in words."""
    return "Error:" in text


NewCertificate = Callable[..., Subscriber]


@pytest.fixture
def issue(sandbox: SandboxProgram, mst: str) -> NewCertificate:
    """A certificate by the sandbox's CA: for this test's unit, unless told otherwise."""

    def new(*, mst: str = mst, age_days: float = 1, **order: str) -> Subscriber:
        begins = datetime.now(UTC) - timedelta(days=age_days)
        return sandbox.subscriber(
            mst=mst, name="CÔNG TY TNHH THỬ NGHIỆM", not_before=begins.isoformat(), **order
        )

    return new


PlugIn = Callable[..., AgentProcess]


@pytest.fixture
def plug_in(tmp_path: Path, sandbox: SandboxProgram) -> Iterator[PlugIn]:
    """An agent with a SoftHSM token that holds these certificates; consent answered by script."""
    with ExitStack() as stack:

        def start(*companies: Subscriber, **consent: str) -> AgentProcess:
            place = _folder(tmp_path / f"pc-{next(_numbers)}")
            hsm = new_softhsm(place)
            token = hsm.new_token(TOKEN)
            for number, company in enumerate(companies, start=1):
                key_id = bytes([number])
                token.add_key(company.key, label=f"khóa {number}", key_id=key_id)
                certificate = x509.load_der_x509_certificate(company.certificate)
                token.add_certificate(certificate, label=f"chứng thư {number}", key_id=key_id)
            return stack.enter_context(
                AgentProcess(
                    _folder(place / "agent"),
                    modules=[hsm.library],
                    roots=[Path(sandbox.places["trust"])],
                    environment=hsm.environment,
                    consent=script(only_tokens=[TOKEN], **consent),
                    ports=PORTS,
                )
            )

        yield start


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
