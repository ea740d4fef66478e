"""An office for benchmarks: a CA that answers OCSP, and a token with one of its certificates."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from cryptography import x509

from tests.support.agent_process import AgentProcess, script
from tests.support.sandbox import SandboxProgram, Subscriber, nth_mst
from tests.support.softhsm import SoftHSM, new_softhsm

TOKEN = "Token đo"
PIN = "12345678"
_numbers = count()


@pytest.fixture(scope="session", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is measured starts from bytecode, as on a user's machine, whatever is set on this one:
    where Python may not write any, every process compiles all its sources again.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("bytecode")))
        yield


@dataclass(frozen=True, kw_only=True)
class Office:
    sandbox: SandboxProgram
    hsm: SoftHSM
    company: Subscriber  # whose key is in the token

    def agent(self, directory: Path) -> AgentProcess:
        """Not yet started; its questions are answered by script at once."""
        directory.mkdir(exist_ok=True)
        return AgentProcess(
            directory,
            modules=[self.hsm.library],
            roots=[Path(self.sandbox.places["trust"])],
            environment=self.hsm.environment,
            consent=script(only_tokens=[TOKEN], pin=PIN),
        )


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    place = tmp_path_factory.mktemp("office")
    with SandboxProgram(place / "sandbox") as sandbox:
        company = sandbox.subscriber(mst=nth_mst(0), name="CÔNG TY TNHH ĐO LƯỜNG")
        hsm = new_softhsm(place / "token")
        token = hsm.new_token(TOKEN, pin=PIN)
        token.add_key(company.key, label="khóa", key_id=b"\x01")
        certificate = x509.load_der_x509_certificate(company.certificate)
        token.add_certificate(certificate, label="chứng thư", key_id=b"\x01")
        yield Office(sandbox=sandbox, hsm=hsm, company=company)


NewAgent = Callable[[], AgentProcess]


@pytest.fixture
def new_agent(office: Office, tmp_path: Path) -> NewAgent:
    """Each with a folder of its own, as after an installation."""
    return lambda: office.agent(tmp_path / f"agent-{next(_numbers)}")
