"""Host and Origin: the table that is judged before the upgrade."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.server.origins import Caller, Forbidden, judge, judge_host, judge_origin

PORT = 14517
HOST = f"127.0.0.1:{PORT}"


class TestHost:
    @pytest.mark.parametrize("host", [HOST, f"[::1]:{PORT}", f"localhost:{PORT}"])
    def test_our_own_addresses_are_accepted_literally(self, host: str) -> None:
        judge_host([host], port=PORT)

    @pytest.mark.parametrize(
        "hosts",
        [
            [],
            [""],
            ["127.0.0.1"],  # without the port
            ["127.0.0.1:14518"],
            ["127.0.0.1:014517"],
            ["127.0.0.1:14517 "],
            [f"evil.test:{PORT}"],
            [f"127.0.0.1.nip.io:{PORT}"],
            [f"localhost.:{PORT}"],
            [f"LOCALHOST:{PORT}"],
            [f"127.1:{PORT}"],
            [f"127.0.0.2:{PORT}"],
            [f"2130706433:{PORT}"],
            [f"[::ffff:127.0.0.1]:{PORT}"],
            [f"[0:0:0:0:0:0:0:1]:{PORT}"],
            [f"0.0.0.0:{PORT}"],
            [f"user@127.0.0.1:{PORT}"],
            [HOST, HOST],
            [HOST, "evil.test"],
        ],
    )
    def test_everything_else_is_a_name_that_was_rebound_to_us(self, hosts: list[str]) -> None:
        with pytest.raises(Forbidden):
            judge_host(hosts, port=PORT)


class TestOrigin:
    @pytest.mark.parametrize(
        "origin",
        [
            "https://their.app",
            "https://their.app:8443",
            "https://xn--hoadon-3ya.vn",
            "https://192.168.1.10",
            "https://[2001:db8::1]:8443",
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://[::1]:5000",
            "http://erp.local",  # may ask; is never remembered
        ],
    )
    def test_a_web_origin_in_its_exact_form_may_connect(self, origin: str) -> None:
        assert judge(hosts=[HOST], origins=[origin], port=PORT) == Caller(origin=origin)

    @pytest.mark.parametrize(
        "origin",
        [
            "null",
            "",
            "*",
            "https://",
            "https://their.app/",
            "https://their.app/path",
            "https://their.app?x",
            "https://their.app:443",  # browsers leave a default port out
            "http://their.app:80",
            "https://their.app:0",
            "https://their.app:65536",
            "https://their.app:08443",
            "https://THEIR.app",
            "HTTPS://their.app",
            "https://user@their.app",
            "https://their.app https://evil.test",
            "https://their.app, https://evil.test",
            "https://hoá-đơn.vn",
            "https://their..app",
            "https://-their.app",
            "https://their.app.",
            "https://[::01]",
            "https://[2001:db8::1",
            "https://2001:db8::1",
            "file://",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            "javascript:alert(1)",
            "https://" + "a" * 300 + ".vn",
            "https://their.app\n",
        ],
    )
    def test_anything_else_is_refused(self, origin: str) -> None:
        with pytest.raises(Forbidden):
            judge(hosts=[HOST], origins=[origin], port=PORT)

    def test_two_are_refused_even_when_equal(self) -> None:
        with pytest.raises(Forbidden):
            judge(hosts=[HOST], origins=["https://their.app"] * 2, port=PORT)

    def test_none_at_all_is_a_native_program(self) -> None:
        assert judge(hosts=[HOST], origins=[], port=PORT) == Caller(origin=None)

    @given(st.text(max_size=400))
    def test_whatever_is_accepted_is_ascii_and_has_no_more_than_an_origin(self, text: str) -> None:
        try:
            judge_origin(text)
        except Forbidden:
            return
        scheme, _, rest = text.partition("://")
        assert scheme in {"http", "https"}
        assert text.isascii()
        assert text == text.strip().lower()
        assert not set(rest) & set("/?#@\\ ,%")
