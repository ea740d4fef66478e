"""Independent programs verify the PDFs we sign, and we verify theirs: poppler's pdfsig, pyHanko."""

import shutil
import subprocess
from datetime import UTC, datetime
from io import BytesIO

import pytest
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

from agent.formats.pdf import PdfFormat, Stamp
from agent.formats.pdf.verify import signatures
from tests.support import pdf
from tests.support.pki import Authority, ec_key

AT = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
ROOT = Authority.root()
HOLDERS = {"RSA": ROOT.issue(), "EC": ROOT.issue(key=ec_key("unit"))}
STAMPS = {"stamped": Stamp(reason="Điều chỉnh"), "not stamped": None}


def signed(document, holder, stamp=None):
    prepared = PdfFormat(stamp=stamp).prepare(document, certificate=holder.der, signing_time=AT)
    return prepared.complete(holder.sign(prepared.digest))


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="needs poppler-utils")
@pytest.mark.parametrize("stamp", STAMPS.values(), ids=STAMPS)
@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
def test_pdfsig_finds_each_signature_valid(holder, stamp, tmp_path) -> None:
    twice = signed(signed(pdf.file(pages=2), holder, stamp), holder)
    (tmp_path / "signed.pdf").write_bytes(twice)

    told = subprocess.run(
        ["pdfsig", "-nocert", str(tmp_path / "signed.pdf")],
        capture_output=True,
        text=True,
        check=False,
    ).stdout

    assert told.count("Signature is Valid.") == 2
    assert told.count("Signature Type: ETSI.CAdES.detached") == 2
    assert told.count("Total document signed") == 1
    assert "Nov 23 2026 01:02:03" in told


@pytest.mark.parametrize("stamp", STAMPS.values(), ids=STAMPS)
@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
async def test_pyhanko_finds_it_valid_and_trusted(holder, stamp) -> None:
    reader = PdfFileReader(BytesIO(signed(pdf.file(), holder, stamp)))
    context = ValidationContext(trust_roots=[x509.Certificate.load(ROOT.der)])

    status = await async_validate_pdf_signature(
        reader.embedded_signatures[0],
        signer_validation_context=context,
        key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
    )

    assert status.bottom_line, status.pretty_print_details()
    assert status.signer_reported_dt == AT


def test_a_file_that_pyhanko_signed_is_read_as_it_is() -> None:
    holder = HOLDERS["RSA"]
    document = pdf.certified(pdf.file(), holder, pdf.fields.MDPPerm.FILL_FORMS)

    (found,) = signatures(document)

    assert (found.valid, found.covers_file, found.certificate) == (True, True, holder.der)


def test_our_signature_after_another_program_s_leaves_both_valid() -> None:
    holder = HOLDERS["RSA"]
    document = signed(pdf.certified(pdf.file(), holder, pdf.fields.MDPPerm.FILL_FORMS), holder)

    assert [one.valid for one in signatures(document)] == [True, True]
