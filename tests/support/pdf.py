"""Small PDF files, written out object by object, and updates appended to them.

file(pages=2, text="Hello")            a document of two pages
file(catalogue="/AcroForm << /XFA 6 0 R >>", more=("<< >>",))
appended(document, {4: stream("...")}) the same with object 4 replaced, as editors do it
"""

import re
from io import BytesIO

from asn1crypto import keys, x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.support.pki import Holder

_HEAD = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_FIRST_PAGE = 3


def file(
    *, pages: int = 1, text: str = "Hello", catalogue: str = "", more: tuple[str, ...] = ()
) -> bytes:
    """Objects: 1 catalogue, 2 page tree, then for each page the page and its content, then a font,
    then `more`.
    """
    numbers = [_FIRST_PAGE + 2 * page for page in range(pages)]
    font = _FIRST_PAGE + 2 * pages
    kids = " ".join(f"{number} 0 R" for number in numbers)
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalogue} >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} /MediaBox [0 0 595 842] >>",
    ]
    for page, number in enumerate(numbers, start=1):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /Contents {number + 1} 0 R"
            f" /Resources << /Font << /F1 {font} 0 R >> >> >>"
        )
        objects.append(stream(f"BT /F1 24 Tf 72 720 Td ({text} {page}) Tj ET"))
    objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    return _written(_HEAD, dict(enumerate([*objects, *more], start=1)), previous=None)


def stream(content: str) -> str:
    return f"<< /Length {len(content)} >>\nstream\n{content}\nendstream"


def appended(document: bytes, objects: dict[int, str]) -> bytes:
    """An incremental update (ISO 32000-1 §7.5.6) that replaces or adds these objects."""
    (previous,) = re.findall(rb"startxref\s+(\d+)", document)[-1:]
    size = max(map(int, re.findall(rb"/Size (\d+)", document)))
    return _written(document, objects, previous=int(previous), size=size)


def encrypted(document: bytes) -> bytes:
    writer = copy_into_new_writer(PdfFileReader(BytesIO(document)))
    writer.encrypt("owner", "user")
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def certified(document: bytes, holder: Holder, permission: fields.MDPPerm) -> bytes:
    """With an author's signature that says what may be changed afterwards; made by pyHanko."""
    output = signers.sign_pdf(
        IncrementalPdfFileWriter(BytesIO(document)),
        signers.PdfSignatureMetadata(
            field_name="Author", certify=True, docmdp_permissions=permission
        ),
        signer=signer(holder),
    )
    return output.getvalue()


def signed(
    document: bytes,
    holder: Holder,
    *,
    field: fields.SigFieldSpec | None = None,
    digest: str = "sha256",
    subfilter: fields.SigSeedSubFilter = fields.SigSeedSubFilter.PADES,
    permission: fields.MDPPerm | None = None,
    room: int = 3000,
) -> bytes:
    """By pyHanko, with little room for the CMS (octets), so that the file is small."""
    name = field.sig_field_name if field else "Signature"
    output = signers.PdfSigner(
        signers.PdfSignatureMetadata(
            field_name=name,
            md_algorithm=digest,
            subfilter=subfilter,
            certify=permission is not None,
            docmdp_permissions=permission or fields.MDPPerm.FILL_FORMS,
        ),
        signer=signer(holder),
        new_field_spec=field,
    ).sign_pdf(IncrementalPdfFileWriter(BytesIO(document)), bytes_reserved=2 * room)
    return output.getvalue()


def signer(holder: Holder) -> signers.SimpleSigner:
    key = holder.key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return signers.SimpleSigner(
        signing_cert=x509.Certificate.load(holder.der),
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore(),
    )


def _written(
    before: bytes, objects: dict[int, str], *, previous: int | None, size: int | None = None
) -> bytes:
    body, offsets = before, {}
    for number, content in objects.items():
        offsets[number] = len(body)
        body += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    table = "xref\n"
    if previous is None:
        table += "0 1\n0000000000 65535 f \n"
    for number, offset in offsets.items():
        table += f"{number} 1\n{offset:010} 00000 n \n"
    size = max(size or 0, *(number + 1 for number in objects))
    before_it = "" if previous is None else f" /Prev {previous}"
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R{before_it} >>\nstartxref\n{len(body)}\n%%EOF\n"
    return body + (table + trailer).encode()
