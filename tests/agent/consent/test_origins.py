import pytest

from agent.consent.origins import shown
from agent.consent.prompts import Asker


def show(origin):
    return shown(Asker(origin=origin, client="x"))


@pytest.mark.parametrize(
    ("origin", "secure", "local", "remembered"),
    [
        ("https://a.vn", True, False, True),
        ("https://a.vn:8443", True, False, True),
        ("http://a.vn", False, False, False),
        ("http://127.0.0.1:8080", False, True, True),
        ("http://[::1]:8080", False, True, True),
        ("http://localhost:3000", False, True, True),
        ("http://localhost.evil.example", False, False, False),
        ("http://127.0.0.1.evil.example", False, False, False),
        ("null", False, False, False),
        ("http://[::1", False, False, False),
        ("", False, False, False),
    ],
)
def test_what_is_known_of_an_origin(origin, secure, local, remembered):
    seen = show(origin)

    assert (seen.secure, seen.local, seen.may_be_remembered) == (secure, local, remembered)


def test_an_origin_is_shown_whole_and_exact():
    longest = "https://" + ".".join(["a" * 60] * 4) + ":65535"

    assert show(longest).text == longest


def test_punycode_stays_punycode_and_is_pointed_out():
    seen = show("https://xn--bhxh-vna.example")

    assert seen.text == "https://xn--bhxh-vna.example"
    assert seen.international


@pytest.mark.parametrize("origin", ["https://bảohiểm.vn", "https://а.vn", "https://a\u202e.vn"])
def test_letters_that_a_browser_would_not_send_are_escaped(origin):
    seen = show(origin)

    assert seen.text.isascii()
    assert seen.international


def test_a_native_program_is_named_by_its_claim():
    seen = show("native:kyso\u202edemo")

    assert seen.native
    assert seen.text == "kyso�demo"
