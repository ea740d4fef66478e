import pytest

from agent.consent.service_wording import (
    clock_words,
    otp_claim,
    otp_source,
    phone_instruction,
    pin_help,
    service_words,
    what_follows,
)
from agent.consent.text import Texts
from agent.consent.windows.samples import HOSTILE_SERVICE, HOSTILE_TEXT, SERVICE
from agent.keys import Confirmation, OtpKind

VI = Texts("vi")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(300.0, "05:00"), (59.01, "01:00"), (0.2, "00:01"), (0.0, "00:00"), (-7.0, "00:00")],
)
def test_the_clock_never_shows_nothing_while_something_is_left(seconds, words):
    assert clock_words(seconds) == words


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Confirmation(pin=True), ("Dịch vụ này không hỏi thêm gì",)),
        (Confirmation(otp=OtpKind.SENT), ("dịch vụ sẽ gửi mã OTP cho bạn",)),
        (Confirmation(otp=OtpKind.GENERATED), ("thiết bị tạo mã của bạn",)),
        (Confirmation(phone=True), ("trong ứng dụng Sao Mai Remote Signing",)),
        (Confirmation(otp=OtpKind.SENT, phone=True), ("mã OTP", "điện thoại")),
    ],
)
def test_what_follows_the_approval_is_said_before_it(asked, words):
    sentences = what_follows(SERVICE, asked, VI, button="Ký")

    assert len(sentences) == len(words)
    for word, sentence in zip(words, sentences, strict=True):
        assert word in sentence


def test_a_strangers_texts_are_one_short_line():
    asked = Confirmation(otp=OtpKind.SENT, otp_label=HOSTILE_TEXT, phone=True)
    for words in (
        service_words(HOSTILE_SERVICE, VI),
        pin_help(HOSTILE_SERVICE, VI),
        otp_source(HOSTILE_SERVICE, asked, VI),
        otp_claim(asked, VI),
        phone_instruction(HOSTILE_SERVICE, VI),
        *what_follows(HOSTILE_SERVICE, asked, VI, button="Ký"),
    ):
        assert len(words) < 250
        assert not set(words) & set("\u202e\u200b\n")


def test_a_service_without_a_label_claims_nothing():
    assert otp_claim(Confirmation(otp=OtpKind.SENT), VI) == ""
