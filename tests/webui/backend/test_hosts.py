import pytest
from hypothesis import given
from hypothesis import strategies as st

from webui.backend.hosts import may_ask, reached_at

OWN = "http://127.0.0.1:8620"
PUBLIC = "https://ivan.example"


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8620", "http://127.0.0.1:8620"),
        ("localhost:8620", "http://localhost:8620"),
        ("LOCALHOST:8620", "http://localhost:8620"),
        ("[::1]:8620", "http://[::1]:8620"),
    ],
)
def test_the_loopback_names_with_our_port_are_ours(host, origin):
    assert reached_at(host, port=8620, public_origin=None) == origin


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "127.0.0.1",
        "localhost",
        "127.0.0.1:8621",
        "evil.example:8620",
        "evil.example",
        "localhost.evil.example:8620",
        "127.0.0.1.evil.example:8620",
        "127.0.0.1:8620.evil.example",
        "127.0.0.2:8620",
        "127.1:8620",
        "0.0.0.0:8620",
        "[::]:8620",
        "[::ffff:127.0.0.1]:8620",
        "user@127.0.0.1:8620",
        " 127.0.0.1:8620",
        "127.0.0.1:08620",
        "ivan.example",
    ],
)
def test_dns_rebinding_and_look_alikes_are_not(host):
    """T3, T4: a foreign name that resolves to us is still a foreign name."""
    assert reached_at(host, port=8620, public_origin=None) is None


@given(st.text(max_size=40))
def test_no_other_text_is_a_name_of_ours(host):
    ours = {"127.0.0.1:8620", "localhost:8620", "[::1]:8620"}
    assert (reached_at(host, port=8620, public_origin=None) is not None) == (host.lower() in ours)


def test_run_centrally_only_the_public_name_is_ours():
    assert reached_at("ivan.example", port=8620, public_origin=PUBLIC) == PUBLIC
    assert reached_at("IVAN.example", port=8620, public_origin=PUBLIC) == PUBLIC
    for host in ("ivan.example:443", "127.0.0.1:8620", "www.ivan.example", None):
        assert reached_at(host, port=8620, public_origin=PUBLIC) is None


def ask(method="POST", origins=(OWN,), fetch_site=None, *, api=True):
    return may_ask(method, own=OWN, origins=list(origins), fetch_site=fetch_site, api=api)


def test_our_own_page_may_ask():
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert ask(method)
        assert ask(method, fetch_site="same-origin")


def test_what_changes_something_must_state_its_origin():
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert not ask(method, ())
    assert ask("GET", ())


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://127.0.0.1",
        "http://localhost:8620",
        "https://127.0.0.1:8620",
        "http://127.0.0.1:8620/",
        "http://evil.example",
        "HTTP://127.0.0.1:8620",
    ],
)
def test_another_origin_may_not_ask_anything(origin):
    for method in ("GET", "POST"):
        assert not ask(method, (origin,))


def test_two_origins_are_one_too_many():
    assert not ask("POST", (OWN, OWN))
    assert not ask("GET", (OWN, "http://evil.example"))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "garbage"])
def test_a_link_elsewhere_opens_the_page_and_asks_no_api(site):
    assert ask("GET", (), site, api=False)
    assert not ask("GET", (), site)
