"""Independent programs verify what we sign by a shape: xmlsec1, signxml, the schema of XAdES."""

from functools import cache
from pathlib import Path

import pytest
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureMethod
from signxml.exceptions import InvalidSignature
from signxml.verifier import SignatureConfiguration
from signxml.xades import XAdESSignatureConfiguration
from signxml.xades import xades as their_xades

from agent.documents import Document
from agent.errors import DocumentError
from agent.formats.levels import Level
from agent.formats.options import Options
from agent.formats.xml.shaped import ShapedFormat
from agent.formats.xml_shape import Canonical, Content, Form, Packaging, Time, XmlShape
from tests.support.pki import NOW, Authority, Holder, ec_key
from tests.support.xml_judges import MendedVerifier, MendedXAdESVerifier, xmlsec1
from tests.support.xml_levels import answered

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
DOCUMENT = (
    '<?xml version="1.0" encoding="utf-8"?>\r\n<Hoso xmlns="urn:d" xmlns:x="urn:x">\r\n'
    '<NoiDung Id="nd"><x:T a="1">Công ty Mẫu</x:T><!-- c --></NoiDung><CKy/></Hoso>'
).encode()
BYTES = bytes(range(256))
IDS = [
    *("--id-attr:Id", "urn:d:NoiDung", "--id-attr:Id", f"{DS}:Object"),
    *("--id-attr:Id", f"{DS}:SignatureProperties", "--id-attr:Id", f"{XADES}:SignedProperties"),
]
ELEMENT = ("{urn:d}Hoso", "{urn:d}NoiDung")
CONTAINER = ("{urn:d}Hoso", "{urn:d}CKy")
PACKAGINGS = {
    "document": (DOCUMENT, {}),
    "document, in its container": (DOCUMENT, {"container": CONTAINER}),
    "element beside": (DOCUMENT, {"element": ELEMENT, "container": CONTAINER}),
    "element around": (DOCUMENT, {"element_id": "nd", "container": ELEMENT}),
    "enveloping": (DOCUMENT, {"packaging": Packaging.ENVELOPING}),
    "base64": (BYTES, {"packaging": Packaging.ENVELOPING, "content": Content.BASE64}),
    "detached": (BYTES, {"packaging": Packaging.DETACHED, "uri": "Tờ khai.bin"}),
}
FORMS = {
    "xades": {},
    "plain": {"form": Form.XMLDSIG},
    "unsigned time": {"form": Form.XMLDSIG, "signing_time": Time.UNSIGNED_OBJECT},
    "signed time": {"form": Form.XMLDSIG, "signing_time": Time.SIGNED_OBJECT},
}


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority.root()


@pytest.fixture(scope="module")
def unit(root: Authority) -> Holder:
    return root.issue()


def signed(document: Document, holder: Holder, shape: XmlShape, **options) -> bytes:
    way = ShapedFormat().with_options(Options(xml=shape, **options))
    made = way.prepare(document, certificate=holder.der, signing_time=NOW)
    return made.complete(holder.sign_by(made.mechanism, made.digest))


def by_signxml(document: bytes, holder: Holder, shape: XmlShape, content: bytes):
    """What it says was signed."""
    references = 1 if shape.signing_time in (None, Time.NONE, Time.UNSIGNED_OBJECT) else 2
    config = SignatureConfiguration
    verifier = MendedVerifier
    if shape.is_xades:
        references, config, verifier = 2, XAdESSignatureConfiguration, MendedXAdESVerifier
    found = verifier().verify(
        document,
        x509_cert=holder.certificate,
        uri_resolver=lambda _: content,
        expect_config=config(
            expect_references=references,
            signature_methods=frozenset(SignatureMethod),
            default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
            location="./" if shape.packaging is not Packaging.ENVELOPED else ".//",
        ),
    )
    return (found if isinstance(found, list) else [found])[0].signed_data


@pytest.mark.parametrize(
    ("form", "c14n"),
    [(form, Canonical.EXC_C14N_10) for form in FORMS]
    + [("xades", Canonical.C14N_10), ("signed time", Canonical.C14N_11)],
)
@pytest.mark.parametrize("packaging", PACKAGINGS)
def test_both_judges_verify_every_shape_and_say_no_to_another_content(
    root: Authority, unit: Holder, tmp_path: Path, *, packaging: str, form: str, c14n: Canonical
) -> None:
    content, differently = PACKAGINGS[packaging]
    shape = XmlShape(canonicalization=c14n, **FORMS[form], **differently)
    made = signed(content, unit, shape)
    if shape.uri:
        tmp_path.joinpath(shape.uri).write_bytes(content)

    judged = xmlsec1(made, root, tmp_path, *IDS)

    assert judged.returncode == 0, judged.stderr
    assert by_signxml(made, unit, shape, content)
    if shape.uri:
        tmp_path.joinpath(shape.uri).write_bytes(content + b"x")
    other = made.replace("Mẫu".encode(), b"Khac").replace(b"AAECAwQF", b"AAECAwQG")
    assert other != made or shape.uri
    assert xmlsec1(other, root, tmp_path, *IDS).returncode != 0


class TestKeys:
    @pytest.mark.parametrize("hash_", ["sha256", "sha384", "sha512"])
    def test_rsa(self, root: Authority, unit: Holder, tmp_path: Path, hash_: str) -> None:
        made = signed(DOCUMENT, unit, XmlShape(), hash=hash_)

        assert made.count(f"#rsa-{hash_}".encode()) == 1
        assert made.count(f"#{hash_}".encode()) == 3  # the content, the certificate, properties
        assert xmlsec1(made, root, tmp_path, *IDS).returncode == 0
        assert by_signxml(made, unit, XmlShape(), DOCUMENT)

    def test_rsassa_pss(self, unit: Holder) -> None:
        """xmlsec1 1.2 has none of it."""
        made = signed(DOCUMENT, unit, XmlShape(), padding="pss")

        assert b"#sha256-rsa-MGF1" in made
        assert by_signxml(made, unit, XmlShape(), DOCUMENT)

    @pytest.mark.parametrize("bits", [256, 384, 521])
    def test_ecdsa(self, root: Authority, tmp_path: Path, bits: int) -> None:
        holder = root.issue(f"EC {bits}", key=ec_key("shapes", bits))

        made = signed(DOCUMENT, holder, XmlShape())

        assert xmlsec1(made, root, tmp_path, *IDS).returncode == 0
        assert by_signxml(made, holder, XmlShape(), DOCUMENT)


class TestCoSigning:
    def test_parallel_signatures_are_good_to_xmlsec1(
        self, root: Authority, unit: Holder, tmp_path: Path
    ) -> None:
        second = root.issue("BÊN B")
        document = DOCUMENT
        for number, holder in enumerate((unit, second)):
            shape = XmlShape(element=ELEMENT, container=CONTAINER, signature_id=f"s{number}")
            document = signed(document, holder, shape)

        for number in range(2):
            chosen = ("--node-id", f"s{number}", "--id-attr:Id", f"{DS}:Signature")
            judged = xmlsec1(document, root, tmp_path, *IDS, *chosen)
            assert judged.returncode == 0, judged.stderr


@cache
def schema() -> etree.XMLSchema:
    """Of XAdES 1.3.2 and 1.4.1, as signxml brings it along."""
    folder = Path(their_xades.__file__).parent / "schemas"
    return etree.XMLSchema(etree.parse(folder / "XAdES01903v141-201601.xsd"))


@pytest.mark.parametrize("packaging", ["document", "element beside", "enveloping", "detached"])
def test_every_level_is_valid_by_the_schema_and_still_good_to_xmlsec1(
    root: Authority, unit: Holder, tmp_path: Path, packaging: str
) -> None:
    content, differently = PACKAGINGS[packaging]
    shape = XmlShape(**differently)
    made = signed(content, unit, shape)
    if shape.uri:
        tmp_path.joinpath(shape.uri).write_bytes(content)

    for level in (Level.T, Level.LT, Level.LTA):
        raising = ShapedFormat(shape=shape).raised(made, document=content, level=level)
        made = answered(raising, root)

        (properties,) = etree.fromstring(made).iter(f"{{{XADES}}}QualifyingProperties")
        schema().assertValid(etree.fromstring(etree.tostring(properties)))
        assert xmlsec1(made, root, tmp_path, *IDS).returncode == 0
        assert by_signxml(made, unit, shape, content)


def test_a_document_that_is_not_what_was_signed_is_not_raised(unit: Holder) -> None:
    shape = XmlShape(packaging=Packaging.DETACHED)
    made = signed(BYTES, unit, shape)

    with pytest.raises(DocumentError, match="signature_invalid"):
        next(ShapedFormat(shape=shape).raised(made, document=b"other", level=Level.T))


def test_signxml_can_say_no(unit: Holder) -> None:
    made = signed(DOCUMENT, unit, XmlShape()).replace("Mẫu".encode(), b"Khac")

    with pytest.raises(InvalidSignature):
        by_signxml(made, unit, XmlShape(), DOCUMENT)
