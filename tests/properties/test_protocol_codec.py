"""Whatever octets come in, `decode_request` gives a request or one of its documented errors."""

import json

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from protocol.batches import BatchDocument
from protocol.codec import BadFrame, Call, decode_request, encode_request, readable_id
from protocol.documents import SignOptions, Source, Stamp
from protocol.messages import FilledField
from protocol.methods import METHODS

DOCUMENTED = {
    "message_too_large",
    "parse_error",
    "invalid_request",
    "method_not_found",
    "invalid_params",
}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = sorted({f for m in METHODS.values() for f in m.params.__struct_fields__})
NEARLY = st.fixed_dictionaries(
    {
        "jsonrpc": st.just("2.0"),
        "id": st.integers(0, 9) | st.text(max_size=3),
        "method": st.sampled_from(sorted(METHODS)),
    },
    optional={
        "params": st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4) | VALUES,
        "extra": VALUES,
    },
)


def outcome(frame):
    try:
        return decode_request(frame, limit=10_000)
    except BadFrame as refused:
        bad = refused
    assert bad.error.code in DOCUMENTED
    assert len(json.dumps(bad.error.details)) < 300
    assert bad.id is None or bad.id == readable_id(frame)
    return bad


@given(st.binary(max_size=400) | st.text(max_size=400))
@example(b"[" * 9_000)
@example('"\\' * 4_000)
@example("\ud800")
@settings(deadline=None)
def test_anything_at_all(frame):
    outcome(frame)


@given(VALUES)
@settings(deadline=None)
def test_any_json(value):
    outcome(json.dumps(value))


@given(NEARLY)
@settings(max_examples=400, deadline=None)
def test_what_is_nearly_a_request(message):
    found = outcome(json.dumps(message))
    if isinstance(found, Call):
        assert "extra" not in message
        assert (found.id, found.method) == (message["id"], message["method"])


@given(NEARLY, st.data())
@settings(deadline=None)
def test_a_request_with_an_octet_changed(message, data):
    octets = bytearray(json.dumps(message).encode())
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] = data.draw(st.integers(0, 255))
    outcome(bytes(octets))


@st.composite
def requests(draw):
    name = draw(st.sampled_from(sorted(METHODS)))
    return (
        draw(st.integers(0, 2**53 - 1) | st.text(min_size=1, max_size=64)),
        name,
        draw(PARAMS[name]),
    )


ORIGINS = st.sampled_from(["http://127.0.0.1:8443", "http://localhost:1", "http://[::1]:65535"])
MSTS = st.from_regex("[0-9]{10}|[0-9]{12}|[0-9]{13}", fullmatch=True) | st.just(msgspec.UNSET)
CERTIFICATE_IDS = st.from_regex("[0-9a-f]{64}", fullmatch=True) | st.just(msgspec.UNSET)
ACCOUNT_IDS = st.from_regex("[0-9a-f]{32}", fullmatch=True)
NAMES = st.text(min_size=1, max_size=200)
FILTERS = st.fixed_dictionaries(
    {"mst": MSTS, "valid_now": st.booleans(), "issuer": NAMES | st.just(msgspec.UNSET)}
)
HASHES = st.sampled_from(["sha256", "sha384", "sha512"])
SOURCES = (
    st.builds(Source, document=st.binary(max_size=99))
    | st.builds(Source, content=st.integers(1, 2**32 - 1))
    | st.builds(Source, file=ACCOUNT_IDS)
)
POINTS = st.integers(-20_000, 20_000)
OPTIONS = st.builds(
    SignOptions,
    level=st.sampled_from(["B-B", "B-T", "B-LT", "B-LTA"]),
    hash=HASHES,
    stamp=st.just(msgspec.UNSET)
    | st.builds(Stamp, page=POINTS, box=st.tuples(POINTS, POINTS, POINTS, POINTS)),
)
MAKERS = {
    "hello": st.fixed_dictionaries(
        {
            "versions": st.lists(st.integers(0, 99), min_size=1, max_size=16).map(tuple),
            "client": NAMES,
            "language": st.sampled_from(["vi", "en"]),
            "ticket": st.text(max_size=128) | st.just(msgspec.UNSET),
            "native_token": st.text(max_size=128) | st.just(msgspec.UNSET),
        }
    ),
    "site.request": st.fixed_dictionaries(
        {"reason": st.text(max_size=300), "digests": st.booleans()}
    ),
    "cancel": st.fixed_dictionaries({"request": st.integers(0, 9) | NAMES.map(lambda n: n[:64])}),
    "tokens.list": st.just({}),
    "certificates.list": st.fixed_dictionaries({"filter": FILTERS}),
    "certificates.select": st.fixed_dictionaries(
        {"filter": FILTERS, "reason": st.text(max_size=300)}
    ),
    "events.subscribe": st.just({"topics": ("tokens",)}),
    "sign.xml": st.fixed_dictionaries(
        {
            "document": st.binary(max_size=99),
            "name": NAMES,
            "profile": NAMES,
            "certificate": CERTIFICATE_IDS,
            "mst": MSTS,
        }
    ),
    "login": st.fixed_dictionaries(
        {
            "nonce": st.binary(min_size=16, max_size=64),
            "mst": MSTS,
            "certificate": CERTIFICATE_IDS,
        }
    ),
    "ticket.issue": st.fixed_dictionaries({"origin": ORIGINS}),
    "sites.list": st.just({}),
    "sites.forget": st.fixed_dictionaries({"origin": st.text(max_size=300)}),
    "journal.list": st.fixed_dictionaries(
        {"limit": st.integers(1, 500), "before": st.integers(1) | st.just(msgspec.UNSET)}
    ),
    "providers.list": st.just({}),
    "accounts.list": st.just({}),
    "accounts.look": st.fixed_dictionaries(
        {
            "host": st.text(min_size=1, max_size=300),
            "account": NAMES,
            "password": st.text(min_size=1, max_size=1000),
            "provider": st.text(max_size=32) | st.just(msgspec.UNSET),
            "fields": st.lists(
                st.builds(
                    FilledField, name=st.text(min_size=1, max_size=32), value=st.text(max_size=99)
                ),
                max_size=8,
            ).map(tuple),
        }
    ),
    "accounts.keep": st.fixed_dictionaries({"look": ACCOUNT_IDS}),
    "accounts.refresh": st.fixed_dictionaries({"account": ACCOUNT_IDS | st.just(msgspec.UNSET)}),
    "accounts.forget": st.fixed_dictionaries({"account": ACCOUNT_IDS}),
    "sign.document": st.fixed_dictionaries(
        {
            "source": SOURCES,
            "name": NAMES,
            "profile": NAMES,
            "options": OPTIONS,
            "certificate": CERTIFICATE_IDS,
            "mst": MSTS,
        }
    ),
    "sign.digest": st.fixed_dictionaries(
        {
            "digest": st.binary(min_size=32, max_size=64),
            "hash": HASHES,
            "padding": st.sampled_from(["pkcs1", "pss"]),
            "name": NAMES,
            "certificate": CERTIFICATE_IDS,
            "mst": MSTS,
        }
    ),
    "files.pick": st.fixed_dictionaries(
        {
            "reason": st.text(max_size=300),
            "multiple": st.booleans(),
            "kinds": st.lists(st.sampled_from(["pdf", "xml", "any"]), max_size=3).map(tuple),
        }
    ),
    "digests.open": st.fixed_dictionaries(
        {
            "count": st.integers(1, 10_000),
            "seconds": st.integers(10, 3600),
            "hash": HASHES,
            "reason": st.text(max_size=300),
            "certificate": CERTIFICATE_IDS,
            "mst": MSTS,
        }
    ),
    "digests.sign": st.fixed_dictionaries(
        {
            "session": ACCOUNT_IDS,
            "digests": st.lists(st.binary(min_size=32, max_size=64), min_size=1, max_size=100).map(
                tuple
            ),
        }
    ),
    "digests.close": st.fixed_dictionaries({"session": ACCOUNT_IDS}),
    "batch.open": st.fixed_dictionaries(
        {"reason": st.text(max_size=300), "certificate": CERTIFICATE_IDS, "mst": MSTS}
    ),
    "batch.add": st.fixed_dictionaries(
        {
            "batch": ACCOUNT_IDS,
            "documents": st.lists(
                st.builds(
                    BatchDocument, source=SOURCES, name=NAMES, profile=NAMES, options=OPTIONS
                ),
                min_size=1,
                max_size=3,
            ).map(tuple),
        }
    ),
    "batch.sign": st.fixed_dictionaries({"batch": ACCOUNT_IDS}),
    "batch.close": st.fixed_dictionaries({"batch": ACCOUNT_IDS}),
    "verify": st.fixed_dictionaries(
        {
            "source": SOURCES,
            "name": NAMES,
            "content": SOURCES | st.just(msgspec.UNSET),
            "content_name": NAMES | st.just(msgspec.UNSET),
        }
    ),
    "trust.list": st.just({}),
    "trust.add": st.fixed_dictionaries({"certificates": st.binary(min_size=1, max_size=99)}),
    "trust.remove": st.fixed_dictionaries({"certificate": st.just("ab" * 32)}),
}
PARAMS = {
    name: MAKERS[name].map(lambda values, kind=method.params: built(kind, values))
    for name, method in METHODS.items()
}


def built(kind, values):
    plain = {key: value for key, value in values.items() if value is not msgspec.UNSET}
    if "filter" in plain:
        filters = {k: v for k, v in plain["filter"].items() if v is not msgspec.UNSET}
        plain["filter"] = msgspec.structs.fields(kind)[0].type(**filters)
    return kind(**plain)


@given(requests())
@settings(max_examples=300, deadline=None)
def test_every_request_comes_back_as_it_was_encoded(request):
    request_id, method, params = request

    call = decode_request(encode_request(request_id, method, params), limit=10_000)

    assert call == Call(id=request_id, method=method, params=params)
