"""The user guide's HSM path, by both ways, to BHXH's acceptance; and what a service may do instead.

The services are the sandbox's, over https on this machine, believed by the sandbox's CA alone.
"""

import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from protocol.version import PORTS
from tests.flows.clerk import Clerk
from tests.support.agent_process import AgentProcess, script
from tests.support.backend_process import BackendProcess
from tests.support.sandbox import HsmAccount, SandboxProgram

pytestmark = pytest.mark.browser

#: What the user chooses where the form is to show the service's own fields.
NAMES = {"cyberhsm": "", "csc": "", "smartca": "VNPT SmartCA", "mysign": "Viettel MySign"}
SERVICES = tuple(NAMES)
PIN, OTP = "86420975", "246810"
GOOD = {
    "answers": "good",
    "clock": 0,
    **dict.fromkeys(("down", "wrong_key", "wrong_name"), False),
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    with SandboxProgram(tmp_path_factory.mktemp("sandbox"), with_hsm=True) as program:
        yield program


@pytest.fixture(autouse=True)
def calm_services(sandbox: SandboxProgram) -> Iterator[None]:
    sandbox.phone(answer_after=0.5, rejects=False, otp=OTP, waiting_seconds=120.0)
    yield
    for service in SERVICES:
        sandbox.set_hsm_faults(service, **GOOD)


Open = Callable[..., HsmAccount]


@pytest.fixture
def account(sandbox: SandboxProgram, mst: str) -> Open:
    """An account at a service, with a certificate of this test's unit unless told otherwise."""

    def opened(service: str, **opening: Any) -> HsmAccount:
        return sandbox.account(service, **{"mst": mst, **opening})

    return opened


@pytest.fixture
def otps() -> str | list[str]:
    """What the user types when he is asked, in turn."""
    return OTP


@pytest.fixture
def agent(tmp_path: Path, sandbox: SandboxProgram, otps: str | list[str]) -> Iterator[AgentProcess]:
    """Without any token; consent is answered by script, for the sandbox's services alone."""
    place = tmp_path / "agent"
    place.mkdir()
    trust = Path(sandbox.places["trust"])
    hosts = [url.removeprefix("https://") for url in sandbox.places["hsm"].values()]
    consent = script(only_tokens=[], only_services=hosts, service_pin=PIN, otp=otps)
    with ExitStack() as stack:
        yield stack.enter_context(
            AgentProcess(place, roots=[trust], services_ca=[trust], consent=consent, ports=PORTS)
        )


@pytest.fixture
def at_home(clerk: Clerk, agent: AgentProcess) -> Clerk:
    """A clerk of a new unit, in our own window."""
    clerk.registers()
    clerk.opens_our_window(agent)
    return clerk


@pytest.mark.parametrize("service", SERVICES)
def test_way_1_leads_to_acceptance_by_bhxh(
    at_home: Clerk, account: Open, sandbox: SandboxProgram, service: str
) -> None:
    at_home.adds_the_certificate_in_the_service(account(service), provider=NAMES[service])

    at_home.adjusts_by_way_1()

    at_home.sees_the_outcome("Chấp nhận")
    assert len([d for d in sandbox.dossiers() if d["mst"] == at_home.mst]) == 1
    at_home.opens("Chứng thư số")
    at_home.sees("Đang dùng")


@pytest.mark.parametrize("service", ["cyberhsm", "csc"])
def test_way_2_leads_to_acceptance_and_replaces_the_old_certificate(
    at_home: Clerk, account: Open, sandbox: SandboxProgram, service: str
) -> None:
    provider = NAMES[service]
    at_home.adds_the_certificate_in_the_service(account(service), provider=provider)
    at_home.adjusts_by_way_1()
    at_home.sees_the_outcome("Chấp nhận")

    at_home.adds_the_certificate_in_the_service(account(service), provider=provider)
    at_home.adjusts_by_way_2()

    at_home.sees_the_outcome("Chấp nhận")
    at_home.opens("Chứng thư số")
    at_home.sees("Đang dùng")
    at_home.sees("Đã thay thế")
    assert len([d for d in sandbox.dossiers() if d["mst"] == at_home.mst]) == 2


def test_a_pin_and_a_one_time_password_are_asked_for_and_lead_to_acceptance(
    at_home: Clerk, account: Open, sandbox: SandboxProgram
) -> None:
    sent = len(sandbox.on_the_phone()["messages"])
    at_home.adds_the_certificate_in_the_service(account("csc", pin=PIN, otp=True))

    at_home.adjusts_by_way_1()

    at_home.sees_the_outcome("Chấp nhận")
    assert len(sandbox.on_the_phone()["messages"]) == sent + 1


@pytest.mark.parametrize("otps", [["000000", OTP]], ids=["wrong, right"])
def test_a_wrong_one_time_password_is_asked_for_anew_and_leads_to_acceptance(
    at_home: Clerk, account: Open, sandbox: SandboxProgram
) -> None:
    sent = len(sandbox.on_the_phone()["messages"])
    at_home.adds_the_certificate_in_the_service(account("csc", otp=True))

    at_home.adjusts_by_way_1()

    at_home.sees_the_outcome("Chấp nhận")
    assert len(sandbox.on_the_phone()["messages"]) == sent + 2


def test_a_wrong_password_is_said_and_the_right_one_mends_it(at_home: Clerk, account: Open) -> None:
    right = account("cyberhsm")
    at_home.asks_the_service(replace(right, password=base64.b64encode(b"another").decode()))
    at_home.sees("Tài khoản hoặc mật khẩu của dịch vụ ký số không đúng")

    at_home.fills_in_the_account(right)

    at_home.press("Xác nhận")
    at_home.sees("Đã thêm, CHƯA gửi BHXH")


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ({"down": True}, "Không kết nối được tới dịch vụ ký số"),
        ({"wrong_name": True}, "Không xác minh được máy chủ"),
        ({"answers": "redirect"}, "chuyển hướng sang nơi khác"),
        ({"answers": "malformed"}, "trả lời không đúng quy cách"),
        ({"answers": "html"}, "trả lời không đúng quy cách"),
        ({"answers": "huge"}, "trả lời không đúng quy cách"),
        ({"answers": "half"}, "Không kết nối được tới dịch vụ ký số"),
        ({"answers": "error"}, "đang gặp lỗi"),
        ({"answers": "drip"}, "không trả lời kịp"),
        ({"clock": 3600}, "giờ của máy này lệch"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_a_service_does_instead_is_said_and_nothing_is_kept(
    at_home: Clerk, account: Open, sandbox: SandboxProgram, faults: dict[str, Any], words: str
) -> None:
    opened = account("cyberhsm")
    sandbox.set_hsm_faults("cyberhsm", **faults)

    at_home.asks_the_service(opened, provider="CyberHSM")

    at_home.sees(words, seconds=30)
    expect(at_home.dialog.locator('[name="host"]')).to_have_value(opened.host)


def test_a_host_that_does_not_exist_is_said(at_home: Clerk, account: Open) -> None:
    nowhere = replace(account("cyberhsm"), host="hsm.example.invalid")
    at_home.asks_the_service(nowhere, provider="CyberHSM")
    at_home.sees("Không tìm thấy máy chủ hsm.example.invalid")


def test_another_company_s_certificate_cannot_be_chosen(at_home: Clerk, account: Open) -> None:
    at_home.asks_the_service(account("csc", mst="0101300842"))
    at_home.sees("Không có chứng thư số nào của tài khoản dùng được cho đơn vị")


def test_a_service_whose_subscription_has_ended_is_told(at_home: Clerk, account: Open) -> None:
    at_home.asks_the_service(account("cyberhsm", standing="expired"), provider="CyberHSM")
    at_home.sees("Gói dịch vụ ký số của tài khoản đã hết hạn")


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    service: str
    opening: dict[str, Any] = field(default_factory=dict)
    habits: dict[str, Any] = field(default_factory=dict)
    words: str


REJECTED, USED_UP = "đã bị từ chối trên điện thoại", "hết số lượt ký"
OBSTACLES = (
    Obstacle(service="smartca", habits={"answer_after": 0.5, "rejects": True}, words=REJECTED),
    Obstacle(service="mysign", habits={"answer_after": 0.5, "rejects": True}, words=REJECTED),
    Obstacle(
        service="smartca",
        habits={"answer_after": None, "waiting_seconds": 1.0},
        words="Chưa có xác nhận trên điện thoại",
    ),
    Obstacle(service="smartca", opening={"standing": "quota"}, words=USED_UP),
    Obstacle(service="mysign", opening={"standing": "quota"}, words=USED_UP),
)


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_what_stops_a_signature_is_said_and_nothing_reaches_bhxh(
    at_home: Clerk, account: Open, sandbox: SandboxProgram, obstacle: Obstacle
) -> None:
    opened = account(obstacle.service, **obstacle.opening)
    at_home.adds_the_certificate_in_the_service(opened, provider=NAMES[obstacle.service])
    sandbox.phone(**obstacle.habits)

    at_home.adjusts_by_way_1()

    at_home.sees(obstacle.words, seconds=30)
    assert [d for d in sandbox.dossiers() if d["mst"] == at_home.mst] == []


@pytest.mark.parametrize("service", ["cyberhsm", "mysign"])
def test_a_signature_by_another_key_is_caught_before_anything_is_sent(
    at_home: Clerk, account: Open, sandbox: SandboxProgram, service: str
) -> None:
    at_home.adds_the_certificate_in_the_service(account(service), provider=NAMES[service])
    sandbox.set_hsm_faults(service, wrong_key=True)

    at_home.adjusts_by_way_1()

    at_home.sees("trả về chữ ký không khớp chứng thư số", seconds=30)
    assert [d for d in sandbox.dossiers() if d["mst"] == at_home.mst] == []
    sandbox.set_hsm_faults(service, wrong_key=False)
    at_home.press("Hủy bỏ")
    at_home.adjusts_by_way_2()
    at_home.sees_the_outcome("Chấp nhận")


def test_an_ordinary_tab_may_use_a_kept_account_but_add_none(at_home: Clerk, account: Open) -> None:
    at_home.adds_the_certificate_in_the_service(account("cyberhsm"))
    at_home.page.goto("about:blank")
    at_home.comes_back()  # without a ticket

    at_home.adjusts_by_way_1()
    at_home.sees_the_outcome("Chấp nhận")

    at_home.begins_to_add()
    at_home.page.get_by_role("radio", name="HSM").check()
    at_home.sees("Tài khoản HSM chỉ thêm được trong cửa sổ OpenKySo")


def test_no_secret_is_in_any_file_or_log_of_a_run(
    at_home: Clerk,
    account: Open,
    agent: AgentProcess,
    backend: BackendProcess,
) -> None:
    """In the agent's folders, the backend's, and the browser's storage."""
    opened = [account("cyberhsm"), account("csc", pin=PIN, otp=True), account("mysign")]
    for one, service in zip(opened, ("cyberhsm", "csc", "mysign"), strict=True):
        at_home.adds_the_certificate_in_the_service(one, provider=NAMES[service])
    at_home.adjusts_by_way_1()
    at_home.sees_the_outcome("Chấp nhận")
    kept = at_home.page.evaluate(
        "() => JSON.stringify([{...localStorage}, {...sessionStorage}, location.href])"
    )
    agent.stop()

    secrets = {one.password.encode() for one in opened} | {PIN.encode(), OTP.encode()}
    names = {one.account.encode() for one in opened}
    forms = {form for secret in secrets for form in _forms(secret)}
    assert not [secret for secret in forms | names if secret in kept.encode()]
    found = {
        (path, secret)
        for path in _files(agent.directory, backend.directory)
        if path.name != "consent.toml"  # where the test itself wrote the PIN
        for secret in forms
        if secret in path.read_bytes()
    }
    assert found == set()


def _forms(secret: bytes) -> Iterator[bytes]:
    """As it is, and as it would be hidden from a plain search."""
    yield secret
    yield base64.b64encode(secret).rstrip(b"=")[:-1]
    yield secret.hex().encode()
    yield secret.decode().encode("utf-16-le")


def _files(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        assert folder.is_dir()
        yield from (path for path in folder.rglob("*") if path.is_file())
