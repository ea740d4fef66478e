"""The types of the messages: what they accept, and the one message that is signed."""

import msgspec
import pytest

from protocol.messages import (
    CertificateId,
    Mst,
    Rights,
    login_message,
)
from protocol.methods import METHODS, NOTIFICATIONS


class TestPatterns:
    """They cover the whole text: Python's `$` would also stand before a line break at the end."""

    @pytest.mark.parametrize("text", ["0100109106", "012345678901", "0100109106001"])
    def test_an_mst(self, text: str):
        assert msgspec.convert(text, Mst) == text

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "1",
            "0100109106\n",
            "\n0100109106",
            "0100109106-001",
            "01001091061",
            "٠" * 10,
            "０" * 10,
        ],
    )
    def test_no_mst(self, text: str):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(text, Mst)

    @pytest.mark.parametrize("text", ["", "ab" * 31, "AB" * 32, "ab" * 32 + "\n", "ag" * 32])
    def test_no_certificate_id(self, text: str):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(text, CertificateId)


class TestTheTables:
    def test_method_names_are_a_noun_and_a_verb_in_lower_case(self):
        for name in (*METHODS, *NOTIFICATIONS):
            assert name.replace(".", "").isalpha()
            assert name.islower()

    def test_what_clients_send_is_closed_and_what_the_agent_sends_is_open(self):
        for method in METHODS.values():
            assert method.params.__struct_config__.forbid_unknown_fields
            assert not method.result.__struct_config__.forbid_unknown_fields
        for news in NOTIFICATIONS.values():
            assert not news.params.__struct_config__.forbid_unknown_fields

    def test_the_agent_sends_every_field_always(self):
        for method in METHODS.values():
            assert not method.result.__struct_config__.omit_defaults

    def test_only_hello_permission_and_cancelling_need_no_rights(self):
        free = {name for name, method in METHODS.items() if method.rights is Rights.NONE}

        assert free == {"hello", "site.request", "cancel"}

    def test_there_is_no_method_that_signs_a_digest(self):
        """T23: whoever signs raw hashes for a page signs logins and contracts for it."""
        fields = {field for m in METHODS.values() for field in m.params.__struct_fields__}

        assert not fields & {"digest", "hash", "data", "pin"}


class TestTheLoginMessage:
    def test_is_three_lines(self):
        message = login_message(origin="https://their.app", nonce=b"\x00\xff" * 8)

        assert message == b"OpenKySo login v1\nhttps://their.app\n" + b"00ff" * 8 + b"\n"

    def test_differs_wherever_origin_or_nonce_do(self):
        """No text of one origin and nonce is that of another: origins have no line breaks."""
        origins = ["https://a.test", "https://a.test:1", "http://a.test"]
        nonces = [bytes(16), bytes(17), bytes(15) + b"\x01"]

        messages = {login_message(origin=o, nonce=n) for o in origins for n in nonces}

        assert len(messages) == len(origins) * len(nonces)
