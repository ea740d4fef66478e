"""What may be typed as a service's address, and where it leads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import UserError
from agent.hsm.address import judged


@pytest.mark.parametrize(
    ("typed", "host", "base"),
    [
        ("api.cyberhsm.vn", "api.cyberhsm.vn", "https://api.cyberhsm.vn"),
        ("  https://api.cyberhsm.vn/\n", "api.cyberhsm.vn", "https://api.cyberhsm.vn"),
        ("HTTPS://API.CyberHSM.vn", "api.cyberhsm.vn", "https://api.cyberhsm.vn"),
        ("api.cyberhsm.vn.", "api.cyberhsm.vn", "https://api.cyberhsm.vn"),
        ("api.cyberhsm.vn:443", "api.cyberhsm.vn", "https://api.cyberhsm.vn"),
        ("https://hsm.vn:8443/", "hsm.vn:8443", "https://hsm.vn:8443"),
        ("hsm.vn:80", "hsm.vn:80", "https://hsm.vn:80"),
        ("hsm", "hsm", "https://hsm"),
        ("127.0.0.1:9443", "127.0.0.1:9443", "https://127.0.0.1:9443"),
        ("[FD00::0:5]:8443", "[fd00::5]:8443", "https://[fd00::5]:8443"),
        ("https://[::1]", "[::1]", "https://[::1]"),
        ("chữký.vn", "xn--chk-noa2449a.vn", "https://xn--chk-noa2449a.vn"),
    ],
)
def test_how_an_address_is_read(typed: str, host: str, base: str) -> None:
    address = judged(typed)
    assert (address.host, address.base) == (host, base)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "http://api.cyberhsm.vn",
        "http://127.0.0.1:9000",
        "ftp://api.cyberhsm.vn",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https:///x",
        "//api.cyberhsm.vn",
        "https:api.cyberhsm.vn",
        "https://api.cyberhsm.vn/csc/v1",
        "https://api.cyberhsm.vn//",
        "api.cyberhsm.vn/x",
        "https://api.cyberhsm.vn?",
        "https://api.cyberhsm.vn?x=1",
        "https://api.cyberhsm.vn#x",
        "https://user@api.cyberhsm.vn",
        "https://api.cyberhsm.vn:80@evil.vn",
        "https://api.cyberhsm.vn\\@evil.vn",
        "https://api.cyber\thsm.vn",
        "https://api.cyberhsm\n.vn",
        "https://api.cyberhsm.vn\x00",
        "https://api%2ecyberhsm.vn",
        "api.cyberhsm.vn:",
        "api.cyberhsm.vn:0",
        "api.cyberhsm.vn:65536",
        "api.cyberhsm.vn:x",
        "api.cyberhsm.vn:-1",
        "api..vn",
        ".vn",
        "-a.vn",
        "a-.vn",
        "a_b.vn",
        "a" * 64 + ".vn",
        "a." * 130 + "vn",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "127.0.0.01",
        "256.1.1.1",
        "[::1",
        "::1",
        "[fe80::1%25eth0]",
        "[127.0.0.1]",
        "[v1.x]",
        "https://xn--\u0301.vn",
        "a" * 301,
    ],
)
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(UserError) as refusal:
        judged(typed)
    assert refusal.value.code == "service_address"


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://127.8.8.8:80/", "http://127.8.8.8:80"),
        ("http://[::1]:9000", "http://[::1]:9000"),
        ("http://127.0.0.1:443", "http://127.0.0.1:443"),
    ],
)
def test_plain_http_to_this_machine_can_be_allowed(typed: str, base: str) -> None:
    assert judged(typed, loopback_http=True).base == base


@pytest.mark.parametrize("typed", ["http://localhost:9000", "http://10.0.0.1", "http://hsm.vn"])
def test_plain_http_leads_nowhere_else_even_then(typed: str) -> None:
    with pytest.raises(UserError):
        judged(typed, loopback_http=True)


@given(st.text(max_size=40) | st.from_regex(r"(https?://)?[a-z0-9.:\[\]-]{1,30}/?", fullmatch=True))
def test_whatever_is_typed_is_refused_in_words_or_stays_the_same_address(typed: str) -> None:
    try:
        address = judged(typed, loopback_http=True)
    except UserError:
        return
    assert judged(address.base, loopback_http=True) == address
    assert address.base.isascii()
