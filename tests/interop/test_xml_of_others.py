"""We verify what independent programs sign: signxml (XMLDSig and XAdES) and xmlsec1."""

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.signer import XMLSigner
from signxml.xades import XAdESSigner

from agent.errors import DocumentError
from agent.formats.xml.general import Coverage, Found, verify
from tests.support.pki import Authority, Holder, ec_key

DS = "http://www.w3.org/2000/09/xmldsig#"
C14N = CanonicalizationMethod.CANONICAL_XML_1_0
C14N_11 = CanonicalizationMethod.CANONICAL_XML_1_1
EXCLUSIVE = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
DOCUMENT = '<a:Root xmlns:a="urn:a"><Item Id="it"><Ten>Công ty Mẫu</Ten></Item>\n<Other/></a:Root>'


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority.root()


@pytest.fixture(scope="module")
def unit(root: Authority) -> Holder:
    return root.issue()


def only(document: bytes, holder: Holder, **more) -> Found:
    (found,) = verify(document, **more)
    assert found.certificate == holder.der
    return found


def refused(document: bytes) -> None:
    with pytest.raises(DocumentError, match="signature_invalid"):
        verify(document)


class TestSignxml:
    @pytest.mark.parametrize("c14n", [C14N, C14N_11, EXCLUSIVE])
    @pytest.mark.parametrize("uri", [None, "#it"])
    @pytest.mark.parametrize("key_value", [False, True])
    def test_enveloped(
        self, unit: Holder, c14n: CanonicalizationMethod, uri: str | None, *, key_value: bool
    ) -> None:
        signer = XMLSigner(c14n_algorithm=c14n)
        made = signer.sign(
            etree.fromstring(DOCUMENT),
            key=unit.key,
            cert=[unit.certificate],
            reference_uri=uri,
            always_add_key_value=key_value,
        )

        found = only(etree.tostring(made), unit)

        kind = Coverage.ELEMENT if uri else Coverage.DOCUMENT
        assert [part.kind for part in found.covered] == [kind]
        assert "Công ty Mẫu".encode() in found.covered[0].octets
        assert (b"<Other>" in found.covered[0].octets) is (uri is None)
        refused(etree.tostring(made).replace(b"M&#7851;u", b"Khac"))

    def test_enveloped_with_inclusive_prefixes(self, unit: Holder) -> None:
        made = XMLSigner(c14n_algorithm=EXCLUSIVE).sign(
            etree.fromstring(DOCUMENT),
            key=unit.key,
            cert=[unit.certificate],
            inclusive_ns_prefixes=["a", "#default"],
        )

        assert b"PrefixList" in etree.tostring(made)
        only(etree.tostring(made), unit)

    @pytest.mark.parametrize("c14n", [C14N, C14N_11, EXCLUSIVE])
    def test_enveloping(self, unit: Holder, c14n: CanonicalizationMethod) -> None:
        signer = XMLSigner(method=SignatureConstructionMethod.enveloping, c14n_algorithm=c14n)
        made = signer.sign(etree.fromstring(DOCUMENT), key=unit.key, cert=[unit.certificate])

        found = only(etree.tostring(made), unit)

        assert [(part.kind, part.name) for part in found.covered] == [(Coverage.OBJECT, "object")]

    @pytest.mark.parametrize(
        "method",
        [
            SignatureMethod.RSA_SHA256,
            SignatureMethod.RSA_SHA384,
            SignatureMethod.RSA_SHA512,
            SignatureMethod.SHA256_RSA_MGF1,
            SignatureMethod.SHA512_RSA_MGF1,
        ],
    )
    def test_rsa(self, unit: Holder, method: SignatureMethod) -> None:
        made = XMLSigner(signature_algorithm=method).sign(
            etree.fromstring(DOCUMENT), key=unit.key, cert=[unit.certificate]
        )

        assert only(etree.tostring(made), unit).method.value.startswith("rsa-")

    @pytest.mark.parametrize("bits", [256, 384, 521])
    def test_ecdsa_with_its_key_value(self, root: Authority, bits: int) -> None:
        holder = root.issue(f"EC {bits}", key=ec_key("others", bits))
        made = XMLSigner(
            signature_algorithm=SignatureMethod.ECDSA_SHA512,
            digest_algorithm=DigestAlgorithm.SHA384,
        ).sign(
            etree.fromstring(DOCUMENT),
            key=holder.key,
            cert=[holder.certificate],
            always_add_key_value=True,
        )

        assert only(etree.tostring(made), holder).method.value == "ecdsa-sha512"

    @pytest.mark.parametrize("digest", [DigestAlgorithm.SHA224, DigestAlgorithm.SHA3_256])
    def test_what_is_not_listed_is_refused(self, unit: Holder, digest: DigestAlgorithm) -> None:
        made = XMLSigner(digest_algorithm=digest).sign(
            etree.fromstring(DOCUMENT), key=unit.key, cert=[unit.certificate]
        )

        with pytest.raises(DocumentError) as caught:
            verify(etree.tostring(made))

        assert caught.value.details == {"reason": "algorithm"}

    # With exclusive canonicalization signxml 5.2's XAdES is invalid, to itself and to xmlsec1 too.
    @pytest.mark.parametrize("c14n", [C14N, C14N_11])
    @pytest.mark.parametrize(
        "way", [SignatureConstructionMethod.enveloped, SignatureConstructionMethod.enveloping]
    )
    def test_xades(
        self, unit: Holder, c14n: CanonicalizationMethod, way: SignatureConstructionMethod
    ) -> None:
        signer = XAdESSigner(method=way, c14n_algorithm=c14n, claimed_roles=["director"])
        made = signer.sign(etree.fromstring(DOCUMENT), key=unit.key, cert=[unit.certificate])

        found = only(etree.tostring(made), unit)

        assert found.form == "xades"
        assert found.time_is_signed
        assert found.claimed_time is not None
        refused(etree.tostring(made).replace(b"director", b"chairman"))


TEMPLATE = """<Root Id="r"><Item Id="it">x</Item>
<Signature xmlns="{ds}" Id="sig">
  <SignedInfo>
    <CanonicalizationMethod Algorithm="{c14n}"/>
    <SignatureMethod Algorithm="{method}"/>
    {references}
  </SignedInfo>
  <SignatureValue/>
  <KeyInfo><X509Data/></KeyInfo>{objects}
</Signature></Root>"""
MORE = "http://www.w3.org/2001/04/xmldsig-more#"


def reference(uri: str, *transforms: str, digest: str = "2001/04/xmlenc#sha256") -> str:
    steps = "".join(f'<Transform Algorithm="{step}"/>' for step in transforms)
    return (
        f'<Reference URI="{uri}"><Transforms>{steps}</Transforms>'
        f'<DigestMethod Algorithm="http://www.w3.org/{digest}"/><DigestValue/></Reference>'
    )


def by_xmlsec1(template: str, holder: Holder, tmp_path: Path) -> bytes:
    if shutil.which("xmlsec1") is None:
        pytest.skip("xmlsec1 is not installed (apt install xmlsec1)")
    tmp_path.joinpath("template.xml").write_text(template, "utf-8")
    tmp_path.joinpath("cert.pem").write_bytes(holder.pem)
    tmp_path.joinpath("key.pem").write_bytes(
        holder.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    made = subprocess.run(
        [
            *("xmlsec1", "--sign", "--privkey-pem", "key.pem,cert.pem"),
            *("--id-attr:Id", "Item", "--id-attr:Id", f"{DS}:Object", "template.xml"),
        ],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert made.returncode == 0, made.stderr
    return made.stdout


class TestXmlsec1:
    @pytest.mark.parametrize("c14n", [C14N, C14N_11, EXCLUSIVE])
    @pytest.mark.parametrize("method", ["rsa-sha256", "rsa-sha512", "ecdsa-sha256"])
    def test_in_the_document(
        self, root: Authority, tmp_path: Path, c14n: CanonicalizationMethod, method: str
    ) -> None:
        key = ec_key("others") if method.startswith("ecdsa") else None
        holder = root.issue("xmlsec1", key=key)
        for uri, transforms in (("", (f"{DS}enveloped-signature",)), ("#it", ())):
            text = TEMPLATE.format(
                ds=DS,
                c14n=c14n.value,
                method=MORE + method,
                references=reference(uri, *transforms, c14n.value),
                objects="",
            )

            made = by_xmlsec1(text, holder, tmp_path)

            found = only(made, holder)
            assert found.method.value == method
            assert found.covered[0].kind is (Coverage.ELEMENT if uri else Coverage.DOCUMENT)
            refused(made.replace(b">x</Item>", b">y</Item>"))

    def test_an_object_within_a_document_is_refused(self, unit: Holder, tmp_path: Path) -> None:
        """What is around it is not signed, and a reader would look there."""
        text = TEMPLATE.format(
            ds=DS,
            c14n=C14N.value,
            method=MORE + "rsa-sha256",
            references=reference("#o", C14N.value),
            objects='<Object Id="o">x</Object>',
        )

        refused(by_xmlsec1(text, unit, tmp_path))

    @pytest.mark.parametrize("transforms", [(C14N.value,), (f"{DS}base64",)])
    def test_enveloping(self, unit: Holder, tmp_path: Path, transforms: tuple[str, ...]) -> None:
        text = TEMPLATE.format(
            ds=DS,
            c14n=C14N.value,
            method=MORE + "rsa-sha256",
            references=reference("#o", *transforms),
            objects='<Object Id="o">YWJj</Object>',
        )
        text = text[text.index("<Signature") :].removesuffix("</Root>")

        found = only(by_xmlsec1(text, unit, tmp_path), unit)

        assert found.covered[0].kind is Coverage.OBJECT
        if transforms[0].endswith("base64"):
            assert found.covered[0].octets == b"abc"

    @pytest.mark.parametrize(
        ("step", "inside"),
        [
            ("http://www.w3.org/TR/1999/REC-xpath-19991116", "<XPath>not(self::Item)</XPath>"),
            (f"{C14N.value}#WithComments", ""),
        ],
    )
    def test_transforms_that_leave_something_out_or_let_it_in(
        self, unit: Holder, tmp_path: Path, step: str, inside: str
    ) -> None:
        text = TEMPLATE.format(
            ds=DS,
            c14n=C14N.value,
            method=MORE + "rsa-sha256",
            references=reference("", f"{DS}enveloped-signature", step).replace(
                f'<Transform Algorithm="{step}"/>',
                f'<Transform Algorithm="{step}">{inside}</Transform>',
            ),
            objects="",
        )

        refused(by_xmlsec1(text, unit, tmp_path))
