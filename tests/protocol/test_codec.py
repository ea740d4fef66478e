"""What is read of a frame, and in which words the rest is refused."""

import base64
import json
import time

import pytest

from protocol.codec import BadFrame, decode_request, encode, encode_request, readable_id
from protocol.limits import MAX_HELLO_BYTES, MAX_JSON_DEPTH, MAX_XML_BYTES
from protocol.messages import (
    CertificateFilter,
    CertificatesSelectParams,
    Empty,
    HelloParams,
    Reply,
    SignXmlParams,
)


def request(method="tokens.list", **more):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, **more})


def refused(frame, **options):
    with pytest.raises(BadFrame) as raised:
        decode_request(frame, **options)
    return raised.value


class TestARequest:
    def test_is_read_into_its_methods_parameters(self):
        call = decode_request(
            request("hello", params={"versions": [1], "client": "Kế toán", "language": "en"})
        )

        assert (call.id, call.method) == (1, "hello")
        assert call.params == HelloParams(versions=(1,), client="Kế toán", language="en")

    def test_may_leave_out_parameters_that_all_have_defaults(self):
        assert decode_request(request()).params == Empty()

    def test_carries_bytes_as_base64(self):
        document = bytes(range(256))
        params = {
            "document": base64.b64encode(document).decode(),
            "name": "Hồ sơ",
            "profile": "bhxh-hoso",
        }

        call = decode_request(request("sign.xml", params=params))

        assert call.params == SignXmlParams(document=document, name="Hồ sơ", profile="bhxh-hoso")

    @pytest.mark.parametrize("frame_type", [str, str.encode])
    def test_may_come_as_text_or_as_its_octets(self, frame_type):
        assert decode_request(frame_type(request())).method == "tokens.list"

    @pytest.mark.parametrize("request_id", [0, 2**53 - 1, "a", "x" * 64])
    def test_has_a_number_or_a_short_text_as_id(self, request_id):
        assert decode_request(request(id=request_id)).id == request_id

    def test_comes_back_as_it_was_encoded(self):
        params = CertificatesSelectParams(
            filter=CertificateFilter(mst="0100109106", valid_now=False), reason='"\\\n{[:'
        )

        call = decode_request(encode_request("ö", "certificates.select", params))

        assert (call.id, call.params) == ("ö", params)


class TestAFrameThatIsNoRequest:
    @pytest.mark.parametrize(
        "frame",
        [
            "",
            "{",
            request() + "x",
            "\ufeff" + request(),
            request()[:-1] + ',"params":NaN}',
            request(id="\ud800"),
            request().replace("tokens", "tok\x00ens"),
            b'{"jsonrpc":"2.0","id":1,"method":"\xff"}',
            request("hello", params={"versions": [1], "client": "\udfff"}),
        ],
    )
    def test_is_a_parse_error_where_it_is_not_json(self, frame):
        bad = refused(frame)

        assert (bad.error.code, bad.id) == ("parse_error", None)

    @pytest.mark.parametrize(
        ("frame", "place"),
        [
            ("[]", "$"),
            ("null", "$"),
            ('"text"', "$"),
            (f"[{request()}]", "$"),
            ("{}", "$"),
            (request(jsonrpc="1.0"), "$.jsonrpc"),
            (request(id=None), "$.id"),
            (request(id=""), "$.id"),
            (request(id="x" * 65), "$.id"),
            (request(id=-1), "$.id"),
            (request(id=2**53), "$.id"),
            (request(id=1.0), "$.id"),
            (request(id=True), "$.id"),
            (request(id=[1]), "$.id"),
            (request(method=7), "$.method"),
            (request("m" * 65), "$.method"),
            (request(extra=1), "$"),
            (json.dumps({"jsonrpc": "2.0", "method": "tokens.list"}), "$"),
        ],
    )
    def test_is_an_invalid_request_that_names_the_place(self, frame, place):
        bad = refused(frame)

        assert (bad.error.code, bad.error.details) == ("invalid_request", {"at": place})

    def test_is_answered_with_its_id_where_it_has_a_good_one(self):
        assert refused(request(extra=1, id="abc")).id == "abc"
        assert refused(request(jsonrpc="3", id=9)).id == 9
        assert refused(request(jsonrpc="3", id={})).id is None

    def test_of_an_unknown_method_says_so(self):
        bad = refused(request("sign.everything"))

        assert (bad.error.code, bad.id) == ("method_not_found", 1)

    @pytest.mark.parametrize(
        ("method", "params", "place"),
        [
            ("tokens.list", {"module": "/tmp/evil.so"}, "$.params"),
            ("tokens.list", [], "$.params"),
            ("tokens.list", None, "$.params"),
            ("hello", {}, "$.params"),
            ("hello", {"versions": [], "client": "x"}, "$.params.versions"),
            ("hello", {"versions": [1, "2"], "client": "x"}, "$.params.versions[1]"),
            ("hello", {"versions": [1], "client": ""}, "$.params.client"),
            ("hello", {"versions": [1], "client": "x" * 201}, "$.params.client"),
            ("certificates.list", {"filter": {"mst": "010010910"}}, "$.params.filter.mst"),
            ("certificates.list", {"filter": {"mst": "0100109106\n"}}, "$.params.filter.mst"),
            ("certificates.list", {"filter": {"mst": "٠١٠٠١٠٩١٠٦"}}, "$.params.filter.mst"),
            ("certificates.list", {"filter": {"tax": "1"}}, "$.params.filter"),
            ("login", {"nonce": "AAAA"}, "$.params.nonce"),
            ("login", {"nonce": "AAAAAAAAAAAAAAAAAAAAAA"}, "$.params.nonce"),
            ("login", {"nonce": "?" * 24}, "$.params.nonce"),
            ("ticket.issue", {"origin": "http://127.0.0.1:80\n"}, "$.params.origin"),
            ("ticket.issue", {"origin": "https://their.app"}, "$.params.origin"),
            ("journal.list", {"limit": 501}, "$.params.limit"),
        ],
    )
    def test_with_wrong_parameters_names_the_place(self, method, params, place):
        bad = refused(request(method, params=params))

        assert (bad.error.code, bad.id) == ("invalid_params", 1)
        assert bad.error.details == {"at": place}


class TestAKeyThatIsThereTwice:
    """Parsers disagree about which one counts: what was checked could differ from what is used."""

    @pytest.mark.parametrize(
        "frame",
        [
            '{"jsonrpc":"2.0","id":1,"id":2,"method":"tokens.list"}',
            '{"jsonrpc":"2.0","id":1,"method":"hello","method":"tokens.list"}',
            '{"jsonrpc":"2.0","id":1,"method":"tokens.list","m\\u0065thod":"tokens.list"}',
            request("login")[:-1] + ',"params":{"nonce":"' + "A" * 24 + '","mst":"0100109106",'
            '"mst":"0100109106"}}',
            request("certificates.list")[:-1] + ',"params":{"filter":{"mst":"0100109106",'
            '"valid_now":true,"mst":"0101243150"}}}',
        ],
    )
    def test_is_refused_without_an_id_since_that_may_be_it(self, frame):
        bad = refused(frame)

        assert (bad.error.code, bad.id) == ("invalid_request", None)

    def test_is_not_seen_in_texts(self):
        reason = '"mst":1,"mst":2' * 10

        assert (
            decode_request(request("certificates.select", params={"reason": reason})).params.reason
            == reason
        )

    def test_is_refused_at_once_where_there_are_millions(self):
        frame = '{"jsonrpc":"2.0","id":1,"method":"tokens.list","params":{%s"a":1}}' % (
            '"a":1,' * 500_000
        )
        twice = request("site.request")[:-1] + ',"params":{%s"reason":""}}' % (
            '"reason":"",' * 500_000
        )

        assert refused(frame).error.code == "invalid_params"
        assert refused(twice).error.code == "invalid_request"


class TestAnErrorRepeatsNothing:
    SECRET = "73519462"

    @pytest.mark.parametrize(
        "frame",
        [
            request(SECRET),
            request(**{SECRET: 1}),
            request(id=int(SECRET) * -1),
            request("login", params={"nonce": SECRET}),
            request("login", params={"nonce": int(SECRET)}),
            request("login", params={SECRET: 1, "nonce": ""}),
            request("tokens.list", params={f"x - at `$.{SECRET}": 1}),
            request("tokens.list", params={f"x - at `$.reason.a[{SECRET}]`": 1}),
            request("certificates.list", params={"filter": {f" - at `$.{SECRET}`": 1}}),
        ],
    )
    def test_of_what_was_sent(self, frame):
        bad = refused(frame)

        assert self.SECRET not in encode(Reply(id=1, result=bad.error.to_wire()))

    def test_at_length(self):
        bad = refused(request("tokens.list", params={"[" * 100_000: 1}))

        assert len(json.dumps(bad.error.details)) < 200


class TestBounds:
    def test_size_is_judged_before_anything_else(self):
        bad = refused("\x00" * (MAX_HELLO_BYTES + 1), limit=MAX_HELLO_BYTES)

        assert (bad.error.code, bad.error.details) == (
            "message_too_large",
            {"limit": MAX_HELLO_BYTES},
        )

    def test_size_is_counted_in_octets(self):
        params = {"reason": "ộ" * 100}
        frame = request("site.request").replace("}", f', "params": {json.dumps(params)}}}')
        frame = frame.encode().decode("unicode-escape")

        assert len(frame.encode()) == len(frame) + 200
        assert decode_request(frame, limit=len(frame) + 200)
        assert refused(frame, limit=len(frame) + 199).error.code == "message_too_large"

    def test_nesting_beyond_the_limit_is_not_read(self):
        deep = "[" * (MAX_JSON_DEPTH + 1) + "]" * (MAX_JSON_DEPTH + 1)

        assert refused(deep).error.code == "invalid_request"
        assert refused("[" * 1_000_000).error.code == "invalid_request"
        assert refused('{"a":' * 1_000_000).error.code == "invalid_request"

    def test_brackets_in_texts_are_not_nesting(self):
        reason = '[{"\\' * 60

        call = decode_request(request("site.request", params={"reason": reason}))

        assert call.params.reason == reason

    def test_the_largest_document_fits(self):
        frame = encode_request(
            1, "sign.xml", SignXmlParams(document=bytes(MAX_XML_BYTES), name="x", profile="p")
        )

        assert len(decode_request(frame).params.document) == MAX_XML_BYTES
        larger = SignXmlParams(document=bytes(MAX_XML_BYTES + 1), name="x", profile="p")
        assert refused(encode_request(1, "sign.xml", larger)).error.details == {
            "at": "$.params.document"
        }

    @pytest.mark.parametrize(
        "piece",
        [
            '\\"',
            '"',
            '""',
            '"",',
            "[],",
            "{",
            '{"a":',
            "\\",
            '"\\',
            ":",
            '[[[[[[[[[[[[[[[[[\\"',
            "1,",
        ],
    )
    def test_no_string_is_cunning_enough_to_take_long(self, piece):
        """The time is linear: two million octets of the worst take a fraction of a second."""
        frames = [
            start + piece * (2_000_000 // len(piece))
            for start in ("", '"', "[" * 17 + '"', request()[:-1] + ',"params":')
        ]

        begun = time.process_time()
        for frame in frames:
            refused(frame)
        assert time.process_time() - begun < 10


class TestTheIdOfAFrameThatIsNotReadFurther:
    @pytest.mark.parametrize(
        ("frame", "request_id"),
        [
            (request(id=5), 5),
            (request(id="x", extra=[[]]), "x"),
            ('{"id":3}', 3),
            ('{"id":-3}', None),
            ('{"id":3', None),
            ("[]", None),
            (b"\xff", None),
            ("[" * 100_000, None),
        ],
    )
    def test_is_known_where_it_is_good(self, frame, request_id):
        assert readable_id(frame) == request_id
