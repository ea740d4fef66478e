"""A real card stack, the agent's real windows, a clerk at the keyboard: PINs and pulled cards.

The card is a virtual one (tests/support/card), since SoftHSM can neither be pulled nor locked.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from protocol.version import PORTS
from tests.flows.clerk import Clerk
from tests.support.agent_process import AgentProcess
from tests.support.card import KeySlot, PcscStack, VirtualCard
from tests.support.desk import Desk, Window
from tests.support.sandbox import SandboxProgram
from tests.support.waiting import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.device]

ALLOW, CHOOSE, SIGN = "Cho phép trang web", "Chọn chứng thư số", "Ký tài liệu"
ESCAPE, ENTER, ALWAYS = "Escape", "Return", "alt+p"
RIGHT, WRONG = "123456", "654321"


@dataclass(frozen=True)
class AtTheDesk:
    """The clerk's other hand: the agent's windows and the card."""

    desk: Desk
    card: VirtualCard

    @property
    def presented(self) -> int:
        return self.card.person.pins_presented

    def allows_the_page(self) -> None:
        self._answers(ALLOW, lambda window: window.press(ALWAYS))

    def chooses_the_certificate(self) -> None:
        self._answers(CHOOSE, lambda window: window.press(ENTER))

    def types_the_pin(self, pin: str) -> None:
        """And confirms, as soon as the window lets anyone confirm."""
        before = self.presented

        def confirm(window: Window) -> None:
            # Typed anew each time: a window without its card takes no PIN.
            window.press("ctrl+a")
            window.type(pin)
            window.press(ENTER)

        self._answers(SIGN, confirm, until=lambda: self.presented > before)

    def refuses(self) -> None:
        self.desk.window(SIGN).press(ESCAPE)
        self.desk.gone(SIGN)

    def _answers(
        self,
        title: str,
        act: Callable[[Window], None],
        *,
        until: Callable[[], bool] | None = None,
    ) -> None:
        """Act until it had its effect: in its first moment a window lets nobody confirm."""
        done = until or (lambda: not self.desk.windows(title))
        self.desk.window(title)
        for _ in range(20):
            for window in self.desk.windows(title):
                act(window)
            with suppress(AssertionError):
                wait_for(done, f"{title!r} to be answered", seconds=1.0)
                return
        raise AssertionError(f"{title!r} could not be answered")


@pytest.fixture
def at_the_desk(
    tmp_path: Path, sandbox: SandboxProgram, card_stack: PcscStack, card: VirtualCard, mst: str
) -> Iterator[AtTheDesk]:
    """The card holds the unit's certificate and is in the reader; the agent asks in windows."""
    public = card.person.public_key(KeySlot.AUTHENTICATION)
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    order = {
        "name": "CÔNG TY TNHH THỬ NGHIỆM",
        "uids": [f"MST:{mst}"],
        "public_key": b64encode(spki).decode(),
    }
    issued = sandbox.call("/sandbox/ca/certificates", order)["certificate"]
    certificate = x509.load_der_x509_certificate(b64decode(issued))
    card.person.certificates[KeySlot.AUTHENTICATION] = certificate
    card.insert()
    with (
        Desk() as desk,
        AgentProcess(
            tmp_path,
            modules=[card_stack.module().path],
            roots=[Path(sandbox.places["trust"])],
            environment={**card_stack.environment, **desk.environment},
            ports=PORTS,
        ),
    ):
        yield AtTheDesk(desk, card)


@pytest.fixture
def before_signing(clerk: Clerk, at_the_desk: AtTheDesk) -> AtTheDesk:
    """The certificate is added, and Ký và Gửi BH is pressed."""
    clerk.registers()
    clerk.begins_to_add()
    at_the_desk.allows_the_page()
    at_the_desk.chooses_the_certificate()
    clerk.press("Xác nhận")
    clerk.sees("Đã thêm, CHƯA gửi BHXH")
    assert at_the_desk.presented == 0  # nothing so far needed a PIN
    return at_the_desk


def test_a_wrong_pin_costs_one_try_and_the_user_decides_whether_to_try_again(
    clerk: Clerk, before_signing: AtTheDesk
) -> None:
    person = before_signing.card.person
    clerk.adjusts_by_way_1()

    before_signing.types_the_pin(WRONG)

    wait_for(lambda: person.tries_left == 2, "the card's counter")
    assert before_signing.presented == 1
    before_signing.types_the_pin(RIGHT)
    clerk.sees_the_outcome("Chấp nhận")
    assert before_signing.presented == 2


def test_at_the_last_try_the_user_can_refuse_and_nothing_is_presented(
    clerk: Clerk, before_signing: AtTheDesk
) -> None:
    before_signing.card.person.tries_left = 1
    clerk.adjusts_by_way_1()

    before_signing.refuses()

    clerk.sees("Bạn đã từ chối")
    assert before_signing.presented == 0
    assert before_signing.card.person.tries_left == 1


def test_a_locked_card_is_said_and_no_pin_is_asked(clerk: Clerk, before_signing: AtTheDesk) -> None:
    before_signing.card.person.tries_left = 0
    clerk.adjusts_by_way_1()

    clerk.sees("USB token đã bị khóa")

    assert before_signing.presented == 0


def test_a_card_pulled_while_the_window_is_open_and_put_back_still_signs(
    clerk: Clerk, before_signing: AtTheDesk
) -> None:
    clerk.adjusts_by_way_1()
    before_signing.desk.window(SIGN)

    before_signing.card.remove()
    before_signing.card.insert()

    before_signing.types_the_pin(RIGHT)
    clerk.sees_the_outcome("Chấp nhận")
    assert before_signing.presented == 1


def test_closing_the_agent_s_window_leaves_nothing_behind(
    clerk: Clerk, before_signing: AtTheDesk, sandbox: SandboxProgram
) -> None:
    clerk.adjusts_by_way_1()

    before_signing.refuses()

    clerk.sees("Bạn đã từ chối")
    clerk.press("Hủy bỏ")
    clerk.opens("Lịch sử giao dịch")
    clerk.sees("Chưa có hồ sơ nào")
    assert [d for d in sandbox.dossiers() if d["mst"] == clerk.mst] == []
