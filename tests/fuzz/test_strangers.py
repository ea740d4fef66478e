"""Readers of what comes from elsewhere: certificates, responders, BHXH, the protocol's ends."""

import io
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from agent.certificates.describe import describe, read
from agent.certificates.revocation import ocsp_request
from agent.certificates.timestamp import HttpTimestampAuthority, _request
from agent.certificates.trust import TrustStore
from agent.consent.window_messages import Approved, encode
from agent.consent.window_process import AnswerReader
from agent.errors import ServiceError, UserError
from agent.journal.entries import Entry, canonical, parse
from protocol.client_session import ClientSession, NotAMessage
from protocol.codec import BadFrame, decode_request, encode_request
from protocol.codec import encode as encoded
from protocol.messages import CancelResult, HelloParams, Reply, SignXmlParams
from tests.fuzz import seeds
from tests.fuzz.bending import fuzzed
from tests.support.cms import stamp
from tests.support.pki import NOW
from webui.bhxh.certificate import read as read_in_webui
from webui.bhxh.receipt import Expected, Receipt, ReceiptRules, Suspicious, judge
from webui.bhxh.signed_xml import verified
from webui.errors import Refused

RECEIPT = b"""<?xml version="1.0" encoding="utf-8"?>
<BHXH><XACNHAN_GDICH><TTDVI><MST>0101300842</MST><MA_DVI>TS12345</MA_DVI></TTDVI><TTGDICH><MA_GDICH>g1</MA_GDICH><MA_KQUA>1</MA_KQUA><KQUA>OK</KQUA>
</TTGDICH></XACNHAN_GDICH></BHXH>"""


@fuzzed(seeds.certificates)
def test_certificates_are_described(octets: bytes) -> None:
    try:
        assert describe(octets).der == octets
    except UserError as error:
        assert error.code == "certificate_unsuitable"


@fuzzed(seeds.certificates)
def test_certificates_are_read_by_the_backend(octets: bytes) -> None:
    try:
        read_in_webui(octets)
    except Refused as refused:
        assert refused.code.startswith("certificate_")


@fuzzed(lambda: seeds.certificates() | {"pem": seeds.authority().pem * 2})
def test_files_of_roots_are_added(octets: bytes) -> None:
    store = TrustStore(Path(os.devnull) / "trust")
    try:
        store.add(octets)
    except UserError as error:
        assert error.code == "certificate_unsuitable"
    except NotADirectoryError:
        pass  # they are readable, and there is no place to keep them


def _stamped() -> dict[str, bytes]:
    token = stamp(seeds.authority().stamping(), b"value", certificates=[seeds.authority()])
    return {"granted": b"\x30\x82" + (len(token) + 5).to_bytes(2) + b"\x30\x03\x02\x01\x00" + token}


@fuzzed(_stamped)
def test_answers_of_time_stamping_authorities_are_read(octets: bytes) -> None:
    authority = HttpTimestampAuthority(None, "http://tsa.test", timeout_seconds=1)  # type: ignore[arg-type]
    try:
        authority._token(octets, _request(b"value", 1))
    except ServiceError as error:
        assert error.code in {"service_malformed", "service_failed"}


@fuzzed(lambda: {"receipt": RECEIPT, "signed": seeds.xml()["signed"]})
def test_receipts_are_judged(octets: bytes) -> None:
    rules = ReceiptRules(signers=frozenset(), accepted_codes={"1"}, refused_codes={"0"})
    expected = Expected(transaction="g1", mst="0101300842", unit_code="TS12345")

    found = judge(octets, expected=expected, rules=rules, now=NOW)

    assert isinstance(found, Suspicious), "nobody signed it whom we know"
    assert not isinstance(found, Receipt)


@fuzzed(seeds.xml)
def test_signed_dossiers_are_checked(octets: bytes) -> None:
    try:
        verified(octets, built=seeds.XML.replace(b"<CKy_Dvi/>", b"<CKy_Dvi></CKy_Dvi>"))
    except Refused as refused:
        assert refused.code.startswith("sign")


@fuzzed(
    lambda: {
        "hello": encode_request(1, "hello", HelloParams(versions=(1,), client="x")).encode(),
        "sign": encode_request(
            "a", "sign.xml", SignXmlParams(document=b"<a/>", name="n", profile="bhxh-hoso")
        ).encode(),
    }
)
def test_requests_are_decoded(octets: bytes) -> None:
    try:
        decode_request(octets)
    except BadFrame as refused:
        assert len(repr(refused.error.details)) < 500


@fuzzed(lambda: {"reply": encoded(Reply(id=1, result=CancelResult(cancelled=True))).encode()})
def test_answers_are_decoded(octets: bytes) -> None:
    with suppress(NotAMessage):
        ClientSession().receive(octets)


@fuzzed(lambda: {"approved": encode(Approved(pin_bytes=8)) + b"12345678"})
def test_answers_of_windows_are_read(octets: bytes) -> None:
    reader = AnswerReader(io.BytesIO(octets))  # type: ignore[arg-type]
    try:
        while reader.next() is not None:
            pass
    except (ValueError, msgspec.MsgspecError) as error:
        assert "12345678" not in str(error)


def _entry() -> dict[str, bytes]:
    entry = Entry(
        at=datetime(2026, 12, 1, tzinfo=UTC), origin="https://a.vn", action="sign", name="n",
        sha256="ab" * 32, certificate=b"\x30", holder="h", serial="01", outcome="signed",
    )  # fmt: skip
    return {"entry": canonical(1, entry)}


@fuzzed(_entry)
def test_lines_of_the_journal_are_parsed(octets: bytes) -> None:
    with suppress(ValueError, KeyError, TypeError):
        parse(octets)


@fuzzed(seeds.certificates)
def test_a_question_about_a_certificate_is_made(octets: bytes) -> None:
    try:
        certificate = read(octets)
    except UserError:
        return
    ocsp_request(certificate, read(seeds.authority().der))
