import pytest

from agent.hsm.csc.factors import label, of_v1, of_v2
from agent.hsm.csc.messages_v1 import Otp, Pin
from agent.hsm.csc.messages_v2 import Auth, AuthObject
from agent.keys import Confirmation, OtpKind

PIN = AuthObject(type="Password", id="PIN")
SMS = AuthObject(type="ChallengeResponse", id="SMS", label="Mã SMS")
TOTP = AuthObject(type="Password", id="token", generator="totp", label="Token")
APP = AuthObject(type="PasswordOOB", id="app")
STRANGE = AuthObject(type="Iris", id="eye")


def auth(*objects, expression=None, mode="explicit"):
    return Auth(mode=mode, objects=objects, expression=expression)


class TestV1:
    def test_what_is_optional_is_not_asked_for(self):
        factors = of_v1("explicit", Pin(presence="optional"), Otp(presence="optional"))

        assert factors.confirmation == Confirmation()

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [("online", OtpKind.SENT), ("offline", OtpKind.GENERATED), ("", OtpKind.GENERATED)],
    )
    def test_only_an_online_otp_is_sent(self, kind, expected):
        factors = of_v1("explicit", None, Otp(presence="true", type=kind))

        assert factors.confirmation == Confirmation(otp=expected)
        assert factors.otp_alone

    def test_a_boolean_is_taken_for_the_word(self):
        assert of_v1("explicit", Pin(presence=True), None).confirmation.pin
        assert not of_v1("explicit", Pin(presence=False), None).confirmation.pin


class TestV2:
    def test_without_a_formula_all_are_needed(self):
        factors = of_v2(auth(PIN, SMS, APP), sends=False)

        assert factors.confirmation == Confirmation(
            pin=True, otp=OtpKind.SENT, otp_label="Mã SMS", phone=True
        )
        assert (factors.pin_id, factors.otp_id, factors.out_of_band) == ("PIN", "SMS", ("app",))

    def test_the_first_alternative_that_we_can_ask_for_is_taken(self):
        factors = of_v2(
            auth(PIN, SMS, TOTP, STRANGE, expression="eye OR (SMS AND token) OR (PIN AND token)"),
            sends=False,
        )

        assert factors.confirmation == Confirmation(
            pin=True, otp=OtpKind.GENERATED, otp_label="Token"
        )

    @pytest.mark.parametrize(
        "said",
        [
            auth(STRANGE),
            auth(SMS, TOTP),
            auth(PIN, AuthObject(type="Password", id="PIN2")),
            auth(PIN, expression="PIN AND"),
            auth(PIN, mode="oauth2code"),
            auth(PIN, mode=""),
        ],
    )
    def test_what_we_cannot_ask_for_is_none(self, said):
        assert of_v2(said, sends=False) is None

    def test_what_needs_nobody_asks_nobody(self):
        assert of_v2(auth(), sends=False).confirmation == Confirmation()

    @pytest.mark.parametrize(("sends", "kind"), [(True, OtpKind.SENT), (False, OtpKind.GENERATED)])
    def test_a_password_that_is_called_otp_is_one(self, sends, kind):
        said = auth(PIN, AuthObject(type="Password", id="otp1"))

        assert of_v2(said, sends=sends).confirmation == Confirmation(pin=True, otp=kind)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Mã OTP", "Mã OTP"),
        ("a\r\n\tb", "a b"),
        ("\x1b[31mđỏ", "[31mđỏ"),
        ("\u202egnol", "gnol"),
        ("x" * 500, "x" * 80),
        ("", ""),
    ],
)
def test_a_label_is_one_short_line(text, shown):
    assert label(text) == shown
