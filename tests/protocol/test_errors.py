"""The list of errors, and one error on its way to the wire and back."""

import json
import re
from importlib import resources
from string import Formatter

import pytest

from protocol.codec import encode
from protocol.errors import ERRORS, Group, ProtocolError
from protocol.messages import ErrorData, ErrorObject, ErrorReply


class TestTheList:
    def test_has_each_number_once(self):
        numbers = [spec.number for spec in ERRORS.values()]

        assert len(set(numbers)) == len(numbers)

    def test_has_each_code_once(self):
        text = resources.files("protocol").joinpath("schema/errors.json").read_text("utf-8")
        pairs = json.loads(text, object_pairs_hook=list)

        assert len({code for code, _ in pairs}) == len(pairs)

    @pytest.mark.parametrize("code", sorted(ERRORS))
    def test_speaks_to_people_in_both_languages(self, code: str):
        spec = ERRORS[code]

        for text in (spec.vi, spec.en):
            assert re.fullmatch(r"[A-ZĐÁÂÔ`].*[.!]", text), text
            assert "  " not in text
        assert re.search(
            r"[ăâđêôơưàáảãạèéẻẽẹìíỉĩịòóỏõọùúủũụỳýỷỹỵầấẩẫậềếểễệồốổỗộờớởỡợừứửữự]", spec.vi
        )

    @pytest.mark.parametrize("code", sorted(ERRORS))
    def test_does_not_show_users_what_is_for_developers(self, code: str):
        words = {"API", "JSON", "WebSocket", "exception", "null", "PKCS#11", "origin"}

        assert not words & set(ERRORS[code].vi.split())

    def test_has_no_error_that_the_user_can_mend_and_is_told_nothing_about(self):
        for code, spec in ERRORS.items():
            if spec.group is Group.USER and spec.retriable:
                assert "Hãy" in spec.vi or "hãy" in spec.vi or code in MENDS_ITSELF, code

    def test_keeps_the_json_rpc_numbers(self):
        numbers = {code: spec.number for code, spec in ERRORS.items() if spec.number < 0}

        assert numbers == {
            "parse_error": -32700,
            "invalid_request": -32600,
            "method_not_found": -32601,
            "invalid_params": -32602,
            "internal_error": -32603,
        }


#: The user sees at once what to do: look again, or type again.
MENDS_ITSELF = {"no_certificate", "revocation_unknown", "pin_length"}


class TestAnError:
    def test_carries_code_group_words_and_details(self):
        wire = ProtocolError("mst_mismatch", found="1", expected="2").to_wire()

        assert wire.code == ERRORS["mst_mismatch"].number
        assert wire.message == wire.data.en
        assert wire.data.vi == "Mã số thuế trên chứng thư số là 1, không phải 2."
        assert wire.data.details == {"found": "1", "expected": "2"}

    def test_without_its_details_still_says_something(self):
        assert "…" in ProtocolError("mst_mismatch").text("vi")

    def test_with_braces_in_its_details_shows_them(self):
        told = ProtocolError("mst_mismatch", found="{0.__class__}", expected="{")

        assert told.text("vi") == "Mã số thuế trên chứng thư số là {0.__class__}, không phải {."

    def test_names_a_code_of_the_list(self):
        with pytest.raises(KeyError):
            ProtocolError("no_such_code")

    @pytest.mark.parametrize("code", sorted(ERRORS))
    def test_comes_back_from_the_wire(self, code: str):
        names = {name for _, name, _, _ in Formatter().parse(ERRORS[code].vi + ERRORS[code].en)}
        sent = ProtocolError(code, **{name: f"{{{name}}}" for name in names if name})

        received = ProtocolError.from_wire(sent.to_wire())

        assert (received.code, received.group) == (sent.code, sent.group)
        assert received.text("vi") == sent.text("vi")
        assert received.text("en") == sent.text("en")
        assert received.to_wire() == sent.to_wire()

    def test_of_a_newer_agent_keeps_its_words(self):
        data = ErrorData(code="moon", group="astronomer", retriable=True, vi="Trăng.", en="Moon.")

        received = ProtocolError.from_wire(ErrorObject(code=1999, message="Moon.", data=data))

        assert (received.code, received.group) == ("moon", Group.AGENT)
        assert received.text("vi") == "Trăng."
        assert str(received) == "moon: Moon."

    def test_is_a_whole_message_with_details_that_may_be_empty(self):
        reply = json.loads(encode(ErrorReply(id=1, error=ProtocolError("no_token").to_wire())))

        assert reply["error"]["data"]["details"] == {}
