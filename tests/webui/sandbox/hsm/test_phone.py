"""The users' phone: one-time passwords, and requests that wait for a thumb."""

from webui.sandbox.hsm.phone import OTP_SECONDS, Habits, Phone, State


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_one_time_password_is_six_digits_and_its_account_s() -> None:
    phone = Phone()

    otp = phone.send("csc", "anna")

    assert len(otp) == 6
    assert otp.isdigit()
    assert not phone.redeem("csc", "bao", otp)
    assert phone.redeem("csc", "anna", otp)


def test_it_is_good_for_three_minutes() -> None:
    clock = Clock()
    phone = Phone(clock=clock)
    otp = phone.send("csc", "anna")

    clock.now = OTP_SECONDS + 1

    assert not phone.redeem("csc", "anna", otp)


def test_only_the_last_one_sent_is_good() -> None:
    phone = Phone()
    phone.habits = Habits(otp="246810")
    phone.send("csc", "anna")
    phone.habits = Habits(otp="135791")
    phone.send("csc", "anna")

    assert not phone.redeem("csc", "anna", "246810")


def test_a_request_waits_until_it_is_touched() -> None:
    phone = Phone()
    request = phone.ask("smartca", "anna", ("a.xml",))
    assert phone.state(request) is State.WAITING

    assert phone.touch(request.id, State.CONFIRMED)

    assert phone.state(request) is State.CONFIRMED
    assert phone.waiting() == []
    assert not phone.touch(request.id, State.REJECTED)


def test_nobody_s_thumb_times_it_out() -> None:
    clock = Clock()
    phone = Phone(clock=clock)
    request = phone.ask("smartca", "anna", ())

    clock.now = phone.habits.waiting_seconds + 1

    assert phone.state(request) is State.TIMED_OUT
    assert not phone.touch(request.id, State.CONFIRMED)


def test_it_may_answer_by_itself() -> None:
    clock = Clock()
    phone = Phone(clock=clock)
    phone.habits = Habits(answer_after=2.0, rejects=True)
    request = phone.ask("smartca", "anna", ())
    assert phone.state(request) is State.WAITING

    clock.now = 2.0

    assert phone.state(request) is State.REJECTED
