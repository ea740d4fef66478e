"""Reports of the agent's, and the roots that it believes, in the protocol's own types."""

from typing import Any

from msgspec.structs import replace

from protocol import reports as wire
from tests.webui.static.examples import NOW

PARTY = wire.Party(
    certificate="ab" * 32,
    holder="CÔNG TY TNHH THƯƠNG MẠI VÀ DỊCH VỤ THỬ NGHIỆM",
    organisation="",
    mst=("9900000143",),
    subject="CN=CÔNG TY THỬ NGHIỆM",
    issuer="OpenKySo Demo CA",
    issuer_organisation="Nhà cung cấp chứng thư số thử nghiệm",
    serial="5401ABCDEF0123456789",
    not_before=NOW.replace(year=NOW.year - 1),
    not_after=NOW.replace(year=NOW.year + 2),
)
SIGNATURE = wire.SignatureFinding(
    verdict="valid",
    problem="",
    warnings=(),
    signer=PARTY,
    algorithm="rsa-pkcs1-sha256",
    digest="cd" * 32,
    covers="whole-file",
    level="B-LT",
    signed_at=NOW,
    proved=True,
    time_is_signed=True,
    then="valid",
    now="valid",
    revocation=wire.RevocationFinding(
        status="good", by="ocsp", at=NOW, revoked_at=None, embedded=True
    ),
    stamp=wire.StampFinding(
        at=NOW, authority=replace(PARTY, holder="OpenKySo Demo TSA", mst=()), trusted=True
    ),
)
REPORT = wire.Report(
    name="hợp đồng.pdf",
    kind="pdf",
    content="",
    sha256="ef" * 32,
    size=205_000,
    checked_at=NOW,
    verdict="valid",
    broken="",
    words={},
    signatures=(SIGNATURE,),
)
ROOT = wire.TrustedCertificate(
    id="12" * 32,
    kind="root",
    source="administrator",
    holder="Vietnam National Root CA",
    issuer="Vietnam National Root CA",
    not_before=NOW.replace(year=NOW.year - 2),
    not_after=NOW.replace(year=NOW.year + 20),
)


def answered(**changes: Any) -> wire.VerifyResult:
    return wire.VerifyResult(report=replace(REPORT, **changes))


def doubtful() -> wire.VerifyResult:
    """Two signatures: one whose revocation is unknown, one that was revoked."""
    unknown = replace(
        SIGNATURE,
        verdict="uncertain",
        warnings=("revocation_unknown",),
        covers="revision",
        level="B-B",
        proved=False,
        then="unchecked",
        now="unchecked",
        stamp=None,
        revocation=wire.RevocationFinding(
            status="unknown", by="", at=None, revoked_at=None, embedded=False
        ),
    )
    revoked = replace(
        unknown,
        verdict="invalid",
        problem="certificate_revoked",
        warnings=(),
        time_is_signed=False,
        then="revoked",
        now="revoked",
        revocation=wire.RevocationFinding(
            status="revoked", by="crl", at=NOW, revoked_at=NOW, embedded=False
        ),
    )
    return answered(
        verdict="invalid",
        words={
            "revocation_unknown": "Không kiểm tra được chứng thư số có bị thu hồi hay không.",
            "certificate_revoked": "Chứng thư số đã bị thu hồi trước khi ký.",
        },
        signatures=(unknown, revoked),
    )


def broken(reason: str = "digest", words: str = "Nội dung đã bị sửa sau khi ký.") -> Any:
    return answered(verdict="invalid", broken=reason, words={reason: words}, signatures=())
