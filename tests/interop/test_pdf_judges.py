"""Independent programs verify the PDFs we sign, and we verify theirs: poppler's pdfsig, pyHanko."""

import shutil
import subprocess
from datetime import UTC, datetime
from io import BytesIO

import pytest
from asn1crypto import cms as asn1cms
from asn1crypto import x509
from PIL import Image, ImageChops
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.ades import AdESPassed, ades_lta_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from agent.formats.levels import Level
from agent.formats.options import Options
from agent.formats.pdf import PdfFormat, Stamp
from agent.formats.pdf.judged import judged
from agent.formats.pdf.verify import signatures
from tests.support import pdf
from tests.support.pdf_levels import World
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


WORLD = World()


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="needs poppler-utils")
@pytest.mark.parametrize("level", Level)
def test_pdfsig_finds_every_level_valid(level, tmp_path) -> None:
    raised = WORLD.raised(WORLD.signed(pdf.file(pages=2), stamp=Stamp()), level)
    (tmp_path / "signed.pdf").write_bytes(raised)

    told = subprocess.run(
        ["pdfsig", "-nocert", str(tmp_path / "signed.pdf")],
        capture_output=True,
        text=True,
        check=False,
    ).stdout

    assert told.count("Signature is Valid.") == 1
    assert told.count("not yet been verified") == (level is Level.LTA)  # its time stamp
    assert ("- Total document signed" in told) == (level is not Level.LT)


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="needs poppler-utils")
@pytest.mark.parametrize(
    "page",
    [
        "/Rotate 0",
        "/Rotate 90",
        "/Rotate 180",
        "/Rotate 270",
        "/MediaBox [-100 -100 700 900] /CropBox [100 200 500 700] /Rotate 90",
    ],
)
def test_poppler_shows_the_stamp_where_it_was_asked_for(page, tmp_path) -> None:
    """By its red frame, as many points from the left and from the bottom of what is shown."""
    document = pdf.appended(
        pdf.file(), {3: f"<< /Type /Page /Parent 2 0 R {page} /Contents 4 0 R /Resources << >> >>"}
    )
    signed = tmp_path / "signed.pdf"
    signed.write_bytes(WORLD.signed(document, stamp=Stamp(box=(36, 40, 256, 110))))

    subprocess.run(
        ["pdftoppm", "-cropbox", "-r", "72", "-png", signed, tmp_path / "page"], check=True
    )

    (picture,) = tmp_path.glob("page*.png")
    with Image.open(picture) as shown:
        _, green, _ = shown.convert("RGB").split()
        left, top, right, bottom = (
            ImageChops.invert(green).point(lambda g: g > 60 and 255).getbbox()
        )
        assert (left, right) == (36, 256)
        assert abs(shown.height - bottom - 40) <= 1
        assert abs(shown.height - top - 110) <= 1


async def test_pyhanko_finds_the_time_stamp_trusted() -> None:
    raised = WORLD.raised(WORLD.signed(pdf.file()), Level.T)

    status = await async_validate_pdf_signature(
        PdfFileReader(BytesIO(raised)).embedded_signatures[0],
        signer_validation_context=WORLD.context(),
        ts_validation_context=WORLD.context(),
    )

    assert status.bottom_line, status.pretty_print_details()
    assert status.timestamp_validity.timestamp == WORLD.at


@pytest.mark.parametrize("level", [Level.LT, Level.LTA])
async def test_pyhanko_judges_it_by_what_is_in_the_file_alone(level) -> None:
    raised = WORLD.raised(WORLD.signed(pdf.file(), stamp=Stamp()), level)
    reader = PdfFileReader(BytesIO(raised))
    told = {
        "trust_roots": [x509.Certificate.load(WORLD.root.der)],
        "allow_fetching": False,
        "revocation_mode": "require",
    }
    context = DocumentSecurityStore.read_dss(reader).as_validation_context(told)

    status = await async_validate_pdf_signature(
        reader.embedded_signatures[0],
        signer_validation_context=context,
        ts_validation_context=context,
    )

    assert status.bottom_line, status.pretty_print_details()
    assert status.modification_level <= ModificationLevel.LTA_UPDATES


async def test_pyhanko_finds_b_lta_good_by_the_rules_for_archives() -> None:
    """ETSI EN 319 102-1 §5.6.3, by what is in the file alone."""
    raised = WORLD.raised(WORLD.signed(pdf.file(), stamp=Stamp()), Level.LTA)
    spec = SignatureValidationSpec(
        cert_validation_policy=CertValidationPolicySpec(
            trust_manager=SimpleTrustManager.build([x509.Certificate.load(WORLD.root.der)]),
            revinfo_policy=CertRevTrustPolicy(revocation_checking_policy=REQUIRE_REVINFO),
        ),
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY
        ),
    )

    result = await ades_lta_validation(
        PdfFileReader(BytesIO(raised)).embedded_signatures[0], PdfSignatureValidationSpec(spec)
    )

    assert result.ades_subindic is AdESPassed.OK
    assert result.best_signature_time == WORLD.at
    assert result.oldest_evidence_record_timestamp == WORLD.at


class _Stamper(TimeStamper):
    """Ours, for pyHanko."""

    async def async_request_tsa_response(self, req):
        raise NotImplementedError

    async def async_timestamp(self, message_digest, md_algorithm):
        return asn1cms.ContentInfo.load(WORLD.token(message_digest))

    async def async_dummy_response(self, md_algorithm):
        return asn1cms.ContentInfo.load(WORLD.token(bytes(32)))


@pytest.mark.parametrize("level", Level)
async def test_we_accept_every_level_of_pyhanko_s(level) -> None:
    meta = signers.PdfSignatureMetadata(
        field_name="Theirs",
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        validation_context=WORLD.context() if level.includes(Level.LT) else None,
        embed_validation_info=level.includes(Level.LT),
        use_pades_lta=level is Level.LTA,
    )
    output = await signers.PdfSigner(
        meta,
        signer=pdf.signer(WORLD.unit),
        timestamper=_Stamper() if level is not Level.B else None,
    ).async_sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf.file())))

    signed = judged(output.getvalue())

    (found,) = signed.signatures
    assert found.certificate == WORLD.unit.der
    assert len(found.timestamps) == level.includes(Level.T)
    assert bool(signed.store.ocsp_responses) == level.includes(Level.LT)
    assert len(signed.archived(found)) == (level is Level.LTA)


@pytest.mark.parametrize("options", [Options(hash="sha512"), Options(padding="pss")])
async def test_pyhanko_takes_other_hashes_and_padding(options) -> None:
    signed = WORLD.signed(pdf.file(), mechanisms=PdfFormat().with_options(options).mechanisms)

    status = await async_validate_pdf_signature(
        PdfFileReader(BytesIO(signed)).embedded_signatures[0],
        signer_validation_context=WORLD.context(),
    )

    assert status.bottom_line, status.pretty_print_details()
