"""The request's signature against OpenSSL's, and that nothing of a request is left out of it."""

import base64
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent.errors import UserError
from agent.hsm.cyberhsm.requests import Keys, Moment, Request, headers, signed
from agent.hsm.provider import Login
from agent.secret import Secret

KEYS = Keys("0123456789abcdef0123456789abcdef", b"a secret of the tests")
AT = datetime(2026, 11, 23, 7, 8, 9, 123456, tzinfo=UTC)
MOMENT = Moment(at=AT, nonce="2b7f4b4e-2a5b-4f0e-9f2a-0c5f8f6f5f11")
POST = Request(
    method="POST",
    base="https://api.cyberhsm.vn",
    resource="/api/bin/sign/base64",
    content_type="application/json",
    body='{"payload":"xin chào"}'.encode(),
)


def _mac(made: dict[str, str]) -> str:
    return made["Authorization"].split(":")[2]


def test_the_signature_is_what_openssl_makes_of_the_lines() -> None:
    lines = (
        "POST\nhttps\napi.cyberhsm.vn:443\n/api/bin/sign/base64\napplication/json\n"
        "0123456789abcdef0123456789abcdef\n2b7f4b4e-2a5b-4f0e-9f2a-0c5f8f6f5f11\n"
        'Mon, 23 Nov 2026 07:08:09 GMT\n{"payload":"xin chào"}\n'
    )
    command = ["openssl", "dgst", "-sha256", "-binary", "-mac", "HMAC", "-macopt"]
    openssl = subprocess.run(
        [*command, f"hexkey:{KEYS.secret.hex()}"],
        input=lines.encode(),
        capture_output=True,
        check=True,
    )
    assert headers(POST, KEYS, MOMENT) == {
        "Authorization": (
            "HmacSHA256 0123456789abcdef0123456789abcdef:2b7f4b4e-2a5b-4f0e-9f2a-0c5f8f6f5f11:"
            f"{base64.b64encode(openssl.stdout).decode()}:{int(AT.timestamp())}"
        ),
        "Date": "Mon, 23 Nov 2026 07:08:09 GMT",
    }


def test_a_get_has_no_line_for_a_content_type_and_an_empty_one_for_its_body() -> None:
    get = Request(method="GET", base="http://127.0.0.1:9443", resource="/api/account/endcert")
    assert signed(get, "key", Moment(at=AT, nonce="n")) == (
        b"GET\nhttp\n127.0.0.1:9443\n/api/account/endcert\nkey\nn\n"
        b"Mon, 23 Nov 2026 07:08:09 GMT\n\n"
    )


@pytest.mark.parametrize(
    ("base", "host"),
    [
        ("https://api.cyberhsm.vn", "api.cyberhsm.vn:443"),
        ("http://127.0.0.1", "127.0.0.1:80"),
        ("https://[fd00::5]", "[fd00::5]:443"),
        ("https://[fd00::5]:8443", "[fd00::5]:8443"),
    ],
)
def test_the_port_is_always_there(base: str, host: str) -> None:
    assert signed(replace(POST, base=base), "key", MOMENT).split(b"\n")[2] == host.encode()


OTHERS = st.one_of(
    st.sampled_from(["GET", "PUT"]).map(lambda v: replace(POST, method=v)),
    st.sampled_from(["http://api.cyberhsm.vn", "https://api.cyberhsm.vn:8443", "https://x.vn"]).map(
        lambda v: replace(POST, base=v)
    ),
    st.from_regex(r"/[a-z0-9/]{1,40}", fullmatch=True).map(lambda v: replace(POST, resource=v)),
    st.sampled_from(["text/plain", "application/json; charset=utf-8", "", None]).map(
        lambda v: replace(POST, content_type=v)
    ),
    st.binary(max_size=200).map(lambda v: replace(POST, body=v)),
)


@given(OTHERS)
def test_any_other_request_has_another_signature(other: Request) -> None:
    assume(other != POST)
    assert _mac(headers(other, KEYS, MOMENT)) != _mac(headers(POST, KEYS, MOMENT))


@given(
    st.integers(min_value=1, max_value=10**8),
    st.uuids().map(str),
    st.binary(min_size=1, max_size=64),
    st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
)
def test_another_time_nonce_secret_or_account_gives_another_signature(
    seconds: int, nonce: str, secret: bytes, api_key: str
) -> None:
    first = _mac(headers(POST, KEYS, MOMENT))
    later = replace(MOMENT, at=AT + timedelta(seconds=seconds))
    assert _mac(headers(POST, KEYS, later)) != first
    assert _mac(headers(POST, KEYS, replace(MOMENT, nonce=nonce))) != first
    # HMAC pads a short key with zeros, so that such keys are the same key.
    assume(secret.rstrip(b"\0") != KEYS.secret)
    assert _mac(headers(POST, Keys(KEYS.api_key, secret), MOMENT)) != first
    assert _mac(headers(POST, Keys(api_key, KEYS.secret), MOMENT)) != first


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("", "AAAA"),
        ("a:b", "AAAA"),
        ("a\r\nX-Injected: 1", "AAAA"),
        ("khóa", "AAAA"),
        ("k" * 129, "AAAA"),
        ("key", "not base64"),
        ("key", ""),
    ],
)
def test_what_can_be_no_key_is_refused_before_anything_is_sent(name: str, password: str) -> None:
    with pytest.raises(UserError, match="account_refused"):
        Keys.of(Login(name=name, password=Secret(password)))


def test_keys_are_not_printed() -> None:
    assert "secret" not in repr(KEYS)
    assert repr(Keys.of(Login(name=" key ", password=Secret("AA AA")))) == "Keys(…)"
