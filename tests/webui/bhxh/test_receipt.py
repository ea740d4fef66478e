from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.pki import DAY, NOW
from tests.webui.world import MST, authority, bhxh, receipt_for, rules
from webui.bhxh.receipt import Expected, Receipt, ReceiptRules, Suspicious, judge, moment

KEY = "0123456789abcdef"
EXPECTED = Expected(transaction="GD-01234567", mst=MST, unit_code="TS12345")


def judged(document: bytes, **changes):
    return judge(
        document, **{"expected": EXPECTED, "rules": rules(), "now": datetime.now(UTC), **changes}
    )


def why(document: bytes, **changes) -> str:
    verdict = judged(document, **changes)
    assert isinstance(verdict, Suspicious), verdict
    return verdict.why


def test_an_acceptance_is_believed():
    assert judged(receipt_for(KEY)) == Receipt(
        accepted=True,
        dossier_number="00001/2026/07906",
        code="1",
        text="Kết quả",
        at=datetime(2026, 11, 20, 3, 11, 12, tzinfo=UTC),
    )


def test_a_refusal_carries_bhxhs_code_and_words():
    verdict = judged(receipt_for(KEY, result="0", error=("E12", "Sai mã đơn vị")))

    assert isinstance(verdict, Receipt)
    assert (verdict.accepted, verdict.code, verdict.text) == (False, "E12", "Sai mã đơn vị")


class TestNeverBelieved:
    def test_a_bad_signature(self):
        assert why(receipt_for(KEY).replace(b">1<", b">0<")) == "suspicious_signature"

    def test_words_that_only_a_sloppy_canonicaliser_overlooks(self):
        """signxml's switch for libxml2's mistake would drop this text before hashing."""
        altered = receipt_for(KEY).replace("Kết quả".encode(), 'Kết quả xmlns=""'.encode())

        assert why(altered) == "suspicious_signature"

    def test_no_signature(self):
        unsigned = receipt_for(KEY)
        unsigned = unsigned[: unsigned.index(b"<Signature")] + b"</BHXH>"

        assert why(unsigned) == "suspicious_signature"

    def test_another_signer_of_the_same_ca(self):
        stranger = authority().issue("BẢO HIỂM XÃ HỘI VIỆT NAM", mst=None)

        assert why(receipt_for(KEY, signer=stranger)) == "suspicious_signer"

    def test_an_expired_signer(self):
        old = authority().issue("CŨ", mst=None, not_before=NOW - 9 * DAY, not_after=NOW - DAY)
        allowed = ReceiptRules(
            signers=frozenset({old.id}), accepted_codes={"1"}, refused_codes={"0"}
        )

        assert why(receipt_for(KEY, signer=old), rules=allowed) == "suspicious_signer_expired"

    @pytest.mark.parametrize(
        "changes",
        [
            {"transaction": "GD-99999999"},
            {"mst": f"{MST}-001"},
            {"mst": ""},
            {"unit_code": "TS99999"},
            {"form": "D02-TS"},
            {"form": ""},
        ],
    )
    def test_another_dossier(self, changes):
        assert why(receipt_for(KEY, **changes)) == "suspicious_other_dossier"

    @pytest.mark.parametrize(
        "changes",
        [{"result": "2"}, {"result": ""}, {"result": "1", "error": ("E1", "Lỗi")}],
    )
    def test_a_result_that_is_not_in_the_table(self, changes):
        """MA_KQUA's table is not public: neither guessed accepted nor refused."""
        assert why(receipt_for(KEY, **changes)) == "suspicious_result"

    def test_another_document_by_the_right_signer(self):
        from tests.support.xmldsig import sign_receipt

        assert why(sign_receipt(b"<BHXH><KHAC/></BHXH>", bhxh())) == "suspicious_unreadable"
        assert why(sign_receipt(b"<Khac><A/></Khac>", bhxh())) == "suspicious_unreadable"

    def test_a_receipt_inside_another_document(self):
        """T11: a believed receipt wrapped into a stranger's envelope."""
        wrapped = b"<BHXH>" + receipt_for(KEY) + b"</BHXH>"

        assert why(wrapped) == "suspicious_signature"

    def test_a_dtd(self):
        assert why(b"<!DOCTYPE BHXH>" + receipt_for(KEY)) == "suspicious_unreadable"

    @given(st.binary(max_size=300))
    def test_any_bytes(self, document):
        assert isinstance(judged(document), Suspicious)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("20/11/2026 10:11:12", datetime(2026, 11, 20, 3, 11, 12, tzinfo=UTC)),
        ("20/11/2026", datetime(2026, 11, 19, 17, tzinfo=UTC)),
        ("2026-11-20", datetime(2026, 11, 19, 17, tzinfo=UTC)),
        ("", None),
        ("20-11-2026", None),
        ("31/02/2026", None),
    ],
)
def test_both_date_formats_are_hanoi_time(written, meant):
    assert moment(written) == meant
