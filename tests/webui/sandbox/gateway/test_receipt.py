"""Receipts, judged by xmlsec1 and by the receiver."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from tests.support.sandbox import public_key
from webui.bhxh import receipt as receiver
from webui.sandbox.ca import Authority, Order
from webui.sandbox.gateway import receipt

ANSWER = receipt.Answer(
    transaction="TN20261123-000001",
    dossier_number="00001/2026/09901",
    unit_name="CÔNG TY <Thử> & CON",
    unit_code="TS12345",
    mst="9900000143001",
    agency_code="09901",
    arrived=datetime(2026, 11, 23, 17, 30, tzinfo=UTC),
    decided=datetime(2026, 11, 23, 17, 31, tzinfo=UTC),
    error=None,
)
REFUSED = replace(ANSWER, error=("TN-900", "Sai thông tin"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.open(tmp_path_factory.mktemp("ca"), url="http://127.0.0.1:1")


@pytest.fixture(scope="module")
def signer(authority: Authority) -> receipt.Signer:
    key = rsa.generate_private_key(65537, 2048)
    certificate = authority.issue(Order(name="BHXH THỬ", public_key=public_key(key)))
    return receipt.Signer(key, certificate)


def xmlsec1(document: bytes, root: Path, issuing: Path, folder: Path) -> bool:
    (folder / "receipt.xml").write_bytes(document)
    done = subprocess.run(
        [
            *("xmlsec1", "--verify", "--enabled-key-data", "x509", "--enabled-reference-uris"),
            *("empty", "--trusted-pem", root, "--untrusted-pem", issuing, folder / "receipt.xml"),
        ],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def judged(document: bytes, signer: receipt.Signer, **expected: str) -> object:
    usual = {"transaction": ANSWER.transaction, "mst": ANSWER.mst, "unit_code": "TS12345"}
    return receiver.judge(
        document,
        expected=receiver.Expected(**usual | expected),
        rules=receiver.ReceiptRules(
            signers=frozenset({sha256(signer.certificate).hexdigest()}),
            accepted_codes=("1",),
            refused_codes=("0",),
        ),
        now=datetime.now(UTC),
    )


class TestSignature:
    def test_xmlsec1_finds_it_valid_under_the_demo_root(self, authority, signer, tmp_path) -> None:
        document = receipt.signed(ANSWER, signer)

        trust = authority.trust
        assert xmlsec1(document, trust / "root.pem", trust / "issuing.pem", tmp_path)

    def test_under_another_root_it_is_not(self, authority, signer, tmp_path) -> None:
        document = receipt.signed(ANSWER, signer)
        other = Authority.open(tmp_path / "other", url="http://127.0.0.1:1").trust

        assert not xmlsec1(document, other / "root.pem", other / "issuing.pem", tmp_path)
        assert not xmlsec1(document, other / "root.pem", authority.trust / "issuing.pem", tmp_path)

    def test_a_spoilt_one_is_not(self, authority, signer, tmp_path) -> None:
        document = receipt.spoilt(receipt.signed(ANSWER, signer))

        trust = authority.trust
        assert not xmlsec1(document, trust / "root.pem", trust / "issuing.pem", tmp_path)


class TestContent:
    def test_it_has_the_known_layout(self, signer) -> None:
        body = etree.fromstring(receipt.signed(ANSWER, signer)).find("XACNHAN_GDICH")

        assert body is not None
        assert [(part.tag, [field.tag for field in part]) for part in body] == [
            (
                "TTDVI",
                ["DIADIEM", "NGAY_THONGBAO", "TEN_DVI", "TEN_COQUAN", "MA_DVI", "MST"],
            ),
            (
                "TTGDICH",
                [
                    *("SO_HSO", "TEN_GDICH", "MALOAI_HSO", "NGAY_GDICH", "KY_KKHAI"),
                    *("MA_GDICH", "MA_KQUA", "KQUA", "MA_LOI", "MOTA_LOI"),
                ],
            ),
            ("TTCKY_BHXH", ["TTCKY"]),
        ]

    def test_days_are_hanois(self, signer) -> None:
        root = etree.fromstring(receipt.signed(ANSWER, signer))

        assert root.findtext(".//NGAY_THONGBAO") == "2026-11-24"
        assert root.findtext(".//NGAY_GDICH") == "24/11/2026 00:30:00"

    def test_the_receiver_believes_an_acceptance(self, signer) -> None:
        believed = judged(receipt.signed(ANSWER, signer), signer)

        assert isinstance(believed, receiver.Receipt)
        assert believed.accepted
        assert believed.dossier_number == "00001/2026/09901"

    def test_the_receiver_believes_a_refusal_with_its_words(self, signer) -> None:
        believed = judged(receipt.signed(REFUSED, signer), signer)

        assert isinstance(believed, receiver.Receipt)
        assert (believed.accepted, believed.code, believed.text) == (
            False,
            "TN-900",
            "Sai thông tin",
        )

    def test_the_receiver_does_not_believe_a_spoilt_one(self, signer) -> None:
        doubted = judged(receipt.spoilt(receipt.signed(ANSWER, signer)), signer)

        assert isinstance(doubted, receiver.Suspicious)
        assert doubted.why == "suspicious_signature"

    def test_nor_one_for_another_dossier(self, signer) -> None:
        doubted = judged(receipt.signed(ANSWER, signer), signer, transaction="TN-OTHER")

        assert isinstance(doubted, receiver.Suspicious)
        assert doubted.why == "suspicious_other_dossier"
