import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ServiceError, UserError
from agent.hsm.csc.failures import ROWS, STATUSES, Step, judge
from protocol.errors import ERRORS, Group
from tests.support.doors import Said


def said(error, description, *, status=400, content="application/json"):
    body = json.dumps({"error": error, "error_description": description}).encode()
    return Said(status=status, headers={"Content-Type": content}, body=body)


def judged(answer, step, **rest):
    return judge(answer, step=step, host="csc.example.vn", **rest)


@pytest.mark.parametrize(
    ("error", "description", "step", "code"),
    [
        # v1.0.4.0 and v2.0.0.2 in their own words, by method.
        (
            "authentication_error",
            "An error occurred during authentication process",
            Step.SIGN_IN,
            "account_refused",
        ),
        ("invalid_request", "Malformed username-password", Step.SIGN_IN, "account_refused"),
        ("invalid_request", "Invalid parameter client_secret", Step.SIGN_IN, "account_refused"),
        ("unauthorized_client", "", Step.SIGN_IN, "account_blocked"),
        ("invalid_grant", "", Step.SIGN_IN, "account_refused"),
        ("invalid_request", "The account is locked", Step.SIGN_IN, "account_blocked"),
        ("invalid_request", "Invalid parameter credentialID", Step.READ, "certificate_not_found"),
        ("invalid_request", "Invalid parameter pageToken", Step.READ, "service_failed"),
        ("invalid_pin", "The PIN is invalid", Step.AUTHORISE, "service_pin_incorrect"),
        ("invalid_request", "The PIN is invalid", Step.AUTHORISE, "service_pin_incorrect"),
        ("invalid_request", "Invalid parameter PIN", Step.AUTHORISE, "service_pin_incorrect"),
        ("invalid_otp", "The OTP is invalid", Step.AUTHORISE, "otp_incorrect"),
        ("invalid_otp", "The OTP is invalid", Step.SIGN, "otp_incorrect"),
        ("invalid_request", "Invalid parameter OTP", Step.AUTHORISE, "otp_incorrect"),
        ("invalid_request", "OTP expired", Step.AUTHORISE, "otp_incorrect"),
        ("invalid_pin", "PIN locked", Step.AUTHORISE, "account_blocked"),
        ("invalid_request", "PIN locked", Step.AUTHORISE, "account_blocked"),
        ("invalid_request", "OTP locked", Step.AUTHORISE, "account_blocked"),
        ("invalid_request", "Credential locked", Step.AUTHORISE, "account_blocked"),
        (
            "invalid_request",
            "The credential identified by credentialID is disabled",
            Step.AUTHORISE,
            "account_blocked",
        ),
        ("invalid_request", "Numbers of signatures is too high", Step.AUTHORISE, "service_batch"),
        ("invalid_request", "SAD expired", Step.SIGN, "service_timeout"),
        ("invalid_request", "Hash is not authorized by the SAD", Step.SIGN, "service_failed"),
        ("invalid_request", "Invalid parameter signAlgo", Step.SIGN, "certificate_unsuitable"),
        (
            "invalid_request",
            "Invalid parameter hashAlgorithmOID",
            Step.SIGN,
            "certificate_unsuitable",
        ),
        (
            "invalid_request",
            "Signing certificate 'O=[organization],CN=[common_name]' is expired",
            Step.SIGN,
            "certificate_expired",
        ),
        ("invalid_request", "Signing certificate is expired", Step.SIGN, "certificate_expired"),
        ("invalid_token", "The access token is expired", Step.READ, "service_failed"),
        ("access_denied", "", Step.AUTHORISE, "account_blocked"),
        # v2 tells by the description, if at all, which of the factors was wrong.
        ("invalid_authentication_data", "The OTP is invalid", Step.AUTHORISE, "otp_incorrect"),
        ("invalid_authentication_data", "", Step.AUTHORISE, "service_pin_incorrect"),
        ("server_error", "", Step.SIGN_IN, "service_failed"),
        ("temporarily_unavailable", "The PIN is invalid", Step.AUTHORISE, "service_failed"),
        ("quota_exceeded", "", Step.SIGN, "account_quota"),
    ],
)
def test_the_specifications_words(error, description, step, code):
    assert judged(said(error, description), step).code == code


@pytest.mark.parametrize(
    ("error", "description", "step", "code"),
    [
        ("access_denied", "", Step.AUTHORISE, "phone_rejected"),
        ("access_denied", "", Step.SIGN, "phone_rejected"),
        ("invalid_authentication_data", "", Step.WAIT, "phone_rejected"),
        ("invalid_request", "Invalid parameter handle", Step.WAIT, "phone_timeout"),
        ("invalid_request", "SAD expired", Step.SIGN, "phone_timeout"),
    ],
)
def test_words_that_mean_another_thing_while_a_user_confirms(error, description, step, code):
    assert judged(said(error, description), step, phone=True).code == code


@pytest.mark.parametrize(
    ("status", "step", "code"),
    [
        (401, Step.SIGN_IN, "account_refused"),
        (400, Step.SIGN_IN, "account_refused"),
        (403, Step.SIGN_IN, "account_blocked"),
        (401, Step.SIGN, "service_failed"),
        (402, Step.SIGN, "account_quota"),
        (403, Step.READ, "account_blocked"),
        (404, Step.READ, "service_failed"),
        (429, Step.SIGN_IN, "service_failed"),
        (500, Step.SIGN_IN, "service_failed"),
        (504, Step.SIGN, "service_timeout"),
    ],
)
def test_a_bare_status(status, step, code):
    page = Said(status=status, headers={"Content-Type": "text/html"}, body=b"<h1>?</h1>")

    assert judged(page, step).code == code


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "account_refused"), (401, "account_refused"), (403, "account_blocked")],
)
def test_a_denied_sign_in_is_told_apart_by_its_status(status, code):
    assert judged(said("access_denied", "", status=status), Step.SIGN_IN).code == code


def test_a_gateway_that_gave_up_while_a_user_was_asked():
    page = Said(status=504, headers={}, body=b"")

    assert judged(page, Step.AUTHORISE, phone=True).code == "phone_timeout"


def test_an_error_that_is_not_said_in_json_is_not_read():
    answer = said("invalid_pin", "The PIN is invalid", content="text/html")

    assert judged(answer, Step.AUTHORISE).code == "service_failed"


def test_every_code_is_the_protocols_and_of_the_right_kind():
    for code in {row.code for row in ROWS} | set(STATUSES.values()):
        error = judged(Said(status=400, headers={}, body=b""), Step.READ)
        assert isinstance(error, ServiceError)
        assert ERRORS[code].group in (Group.USER, Group.SERVICE)


def test_every_row_can_be_reached():
    """A row behind another that always fits first would be a dead letter."""
    for row in ROWS:
        reached = {
            judged(said(row.error or "invalid_request", " ".join(row.says)), step, phone=phone).code
            for step in row.steps
            for phone in ((False, True) if row.phone is None else (row.phone,))
        }
        assert row.code in reached, row


@given(error=st.text(), description=st.text(), status=st.integers(300, 599))
def test_strangers_words_are_not_in_what_is_raised(error, description, status):
    raised = judged(said(f"<{error}>", f"<{description}>", status=status), Step.AUTHORISE)

    assert isinstance(raised, UserError | ServiceError)
    assert set(raised.details) <= {"host"}
    assert str(raised) == raised.code
