"""The letter as any mail program reads it."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.support.sandbox import form_for, signed_dossier, subscriber
from webui.sandbox.ca import Authority
from webui.sandbox.gateway import letter
from webui.sandbox.gateway.ledger import Dossier, State

NOW = datetime(2026, 11, 23, 3, 5, 31, tzinfo=UTC)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("ca")
    return subscriber(Authority.open(folder, url="http://127.0.0.1:1"))


def read(company, error: tuple[str, str] | None):
    dossier = Dossier(
        number=2,
        key="dossier-2",
        document=signed_dossier(company),
        content_sha256="",
        certificate=company.certificate,
        arrived=NOW,
        state=State.REFUSED if error else State.ACCEPTED,
        decided=NOW,
        error=error,
        receipt=b"<BHXH/>",
        mailed=None,
    )
    sent = letter.compose(dossier, form_for(company)).as_bytes()
    return message_from_bytes(sent, policy=policy.default)


def test_an_acceptance_says_which_certificate_counts_from_now_on(company) -> None:
    got = read(company, None)

    text = got.get_body().get_content()
    assert got["Subject"] == (
        "[BHXH thử nghiệm] Chấp nhận hồ sơ 00002/2026/09901: thay đổi thông tin giao dịch điện tử"
    )
    assert company.facts.serial in text
    assert "23/11/2026 10:05:31" in text


def test_a_refusal_gives_bhxhs_code_and_words(company) -> None:
    got = read(company, ("TN-900", "Sai {thông tin} & thiếu"))

    text = got.get_body().get_content()
    assert "Không chấp nhận hồ sơ" in got["Subject"]
    assert "Mã lỗi: TN-900" in text
    assert "Lý do: Sai {thông tin} & thiếu" in text


def test_it_goes_to_the_address_in_the_dossier_with_the_receipt(company) -> None:
    got = read(company, None)

    assert got["To"] == "thu@congty.example"
    (attached,) = got.iter_attachments()
    assert attached.get_content() == b"<BHXH/>"
    assert attached.get_filename() == "01_TB-GD_TN20261123-000002.xml"


def test_every_letter_says_that_it_is_not_bhxhs(company) -> None:
    for error in (None, ("A", "b")):
        assert "không phải của cơ quan BHXH" in read(company, error).get_body().get_content()
