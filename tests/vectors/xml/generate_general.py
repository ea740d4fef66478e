"""Write the cases general-* of this directory: python -m tests.vectors.xml.generate_general

They are for the verifier that no profile tells what to expect (agent/formats/xml/general). Where an
attack has to change what is signed, the value is made anew with the signer's own key, so that the
shape is refused and not the arithmetic. XSW1 to XSW8 are the variants of Somorovsky et al., "On
Breaking SAML: Be Whoever You Want to Be" (2012).
"""

import base64
import copy
import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from agent.formats.levels import Level
from agent.formats.options import Options
from agent.formats.xml import canonical
from agent.formats.xml.profiles import Canonicalization
from agent.formats.xml.shaped import ShapedFormat
from agent.formats.xml_shape import Content, Form, Packaging, Time, XmlShape
from tests.support.pki import Authority, Holder, Urls, rsa_key
from tests.support.xml_levels import answered

HERE = Path(__file__).parent
AT = datetime(2026, 11, 23, 2, 0, 0, tzinfo=UTC)
DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = f"{DS}enveloped-signature"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
PLAIN = (
    '<Don><NoiDung Id="nd"><MaSoThue>0101300842</MaSoThue><SoTien>1000</SoTien></NoiDung>'
    "<ChuKy></ChuKy></Don>"
)
ELEMENT = XmlShape(element=("Don", "NoiDung"), container=("Don", "ChuKy"))
PLAIN_ELEMENT = XmlShape(element=("Don", "NoiDung"), container=("Don", "ChuKy"), form=Form.XMLDSIG)

_root = Authority.root()
_ca = Authority.under(_root, urls=Urls())
_unit = _ca.issue(not_before=datetime(2026, 1, 1, tzinfo=UTC))
_other = _ca.issue("Attacker", mst=None, not_before=datetime(2026, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, kw_only=True)
class Case:
    why: str
    document: bytes
    reason: str = ""
    code: str = ""
    content: bytes | None = None


def signed(
    shape: XmlShape, document: bytes = PLAIN.encode(), *, by: Holder = _unit, **options: object
) -> bytes:
    way = ShapedFormat().with_options(Options(xml=shape, **options))
    made = way.prepare(document, certificate=by.der, signing_time=AT)
    return made.complete(by.sign_by(made.mechanism, made.digest))


class Apart:
    """A signed document that an attacker takes apart."""

    def __init__(self, shape: XmlShape = ELEMENT) -> None:
        self.root = etree.fromstring(signed(shape))
        self.content = next(self.root.iter("NoiDung"))
        self.signature = next(self.root.iter(f"{{{DS}}}Signature"))

    def evil(self, id_: str = "evil") -> etree._Element:
        made = copy.deepcopy(self.content)
        next(made.iter("SoTien")).text = "9999"
        made.set("Id", id_)
        return made

    def part(self, name: str, namespace: str = DS) -> etree._Element:
        return next(self.signature.iter(f"{{{namespace}}}{name}"))

    def box(self, where: etree._Element | None = None, name: str = f"{{{DS}}}Object"):
        return etree.SubElement(self.signature if where is None else where, name)

    def resign(self, *, by: Holder = _unit, value: Callable[[bytes], bytes] | None = None) -> None:
        octets = canonical.subtree(self.part("SignedInfo"), Canonicalization.EXC_C14N_10)
        made = value(octets) if value else by.sign(hashlib.sha256(octets).digest())
        self.part("SignatureValue").text = base64.b64encode(made).decode()

    def redigest(self, name: str, namespace: str = XADES, *, place: int = 1) -> None:
        """Digest a part anew, in the reference at `place`."""
        octets = canonical.subtree(self.part(name, namespace), Canonicalization.EXC_C14N_10)
        value = list(self.signature.iter(f"{{{DS}}}Reference"))[place][-1]
        value.text = base64.b64encode(hashlib.sha256(octets).digest()).decode()

    def text(self) -> bytes:
        return etree.tostring(self.root)


def spoilt(reason: str, why: str, attack: Callable[[Apart], object], shape=ELEMENT) -> Case:
    apart = Apart(shape)
    attack(apart)
    return Case(why=why, document=apart.text(), reason=reason, code="signature_invalid")


def xsw1(p: Apart) -> None:
    p.root.replace(p.content, p.evil())
    p.box().append(p.content)


def xsw2(p: Apart) -> None:
    p.root.replace(p.content, p.evil())
    p.root.append(p.content)


def xsw3(p: Apart) -> None:
    p.content.addprevious(p.evil())


def xsw4(p: Apart) -> None:
    evil = p.evil()
    p.root.replace(p.content, evil)
    evil.append(p.content)


def xsw5(p: Apart) -> None:
    evil = p.evil()
    p.root.replace(p.content, evil)
    evil.append(p.signature)
    p.root.append(p.content)


def xsw6(p: Apart) -> None:
    evil = p.evil()
    p.root.replace(p.content, evil)
    evil.append(p.signature)
    p.box().append(p.content)


def xsw7(p: Apart) -> None:
    box = p.box(p.root, "Extensions")
    p.root.insert(0, box)
    box.append(p.evil("nd"))


def xsw8(p: Apart) -> None:
    p.root.replace(p.content, p.evil("nd"))
    p.box(p.box(), "Extensions").append(p.content)


def wrapping() -> dict[str, Case]:
    told = {
        "xsw1": (xsw1, "reference", "another content in its place, the signed one in ds:Object"),
        "xsw2": (xsw2, "reference", "another content in its place, the signed one at the end"),
        "xsw3": (xsw3, "reference", "another content before the signed one"),
        "xsw4": (xsw4, "reference", "the signed content within another"),
        "xsw5": (xsw5, "reference", "the signature within another content"),
        "xsw6": (xsw6, "reference", "the same, and the signed content in ds:Object"),
        "xsw7": (xsw7, "reference", "another content with the same Id, in an extension"),
        "xsw8": (
            xsw8,
            "reference",
            "another content with the same Id, the signed one in ds:Object",
        ),
    }
    cases = {
        name: spoilt(reason, f"T11, {name.upper()}: {why}.", attack)
        for name, (attack, reason, why) in told.items()
    }

    def namesake(p: Apart) -> None:
        evil = p.evil()
        evil.tag = "{urn:evil}NoiDung"
        p.root.insert(0, evil)

    def id_elsewhere(p: Apart) -> None:
        p.root.set("ID", "nd")

    def xml_id(p: Apart) -> None:
        p.root.set("{http://www.w3.org/XML/1998/namespace}id", " nd ")

    def signature_id_elsewhere(p: Apart) -> None:
        p.root.set("Id", "signature")

    def enveloping_within(p: Apart) -> None:
        inner = etree.fromstring(signed(XmlShape(packaging=Packaging.ENVELOPING)))
        p.root.replace(p.content, p.evil())
        p.signature.getparent().replace(p.signature, inner)

    return cases | {
        "xsw-namesake-in-another-namespace": spoilt(
            "reference", "T11: who looks for the local name finds another.", namesake
        ),
        "xsw-id-in-other-letters": spoilt(
            "reference", "T11: readers differ in which attribute is an Id.", id_elsewhere
        ),
        "xsw-xml-id-with-white-space": spoilt(
            "reference", "T11: xml:id is trimmed by who knows it.", xml_id
        ),
        "xsw-id-of-the-signature-elsewhere": spoilt(
            "reference", "Its properties would be of something else.", signature_id_elsewhere
        ),
        "xsw-enveloping-signature-in-another-document": spoilt(
            "reference",
            "T11: a good enveloping signature, put into a document that it says nothing about.",
            enveloping_within,
        ),
    }


def of_content(p: Apart) -> None:
    info = p.part("SignedInfo")
    info.remove(p.part("Reference"))
    p.resign()


def of_properties(p: Apart) -> None:
    info = p.part("SignedInfo")
    info.remove(info[-1])
    p.resign()


def of_all(p: Apart) -> None:
    for one in list(p.signature.iter(f"{{{DS}}}Reference")):
        one.getparent().remove(one)
    p.resign()


def type_elsewhere(p: Apart) -> None:
    """Another part of the document says that it is the properties."""
    content, own = p.signature.iter(f"{{{DS}}}Reference")
    content.set("Type", own.attrib.pop("Type"))
    p.resign()


def with_uri(uri: str | None) -> Callable[[Apart], None]:
    def attack(p: Apart) -> None:
        p.part("Reference").attrib.pop("URI")
        if uri is not None:
            p.part("Reference").set("URI", uri)
        p.resign()

    return attack


def with_transform(uri: str, inside: str = "") -> Callable[[Apart], None]:
    def attack(p: Apart) -> None:
        step = etree.SubElement(p.part("Transforms"), f"{{{DS}}}Transform")
        step.set("Algorithm", uri)
        if inside:
            step.append(etree.fromstring(inside))
        p.part("Transforms").insert(0, step)
        p.resign()

    return attack


def many(p: Apart) -> None:
    for _ in range(20):
        p.part("SignedInfo").append(copy.deepcopy(p.part("Reference")))
    p.resign()


def references() -> dict[str, Case]:
    return {
        "reference-to-content-stripped": spoilt(
            "reference", "Only the signature's own properties are signed.", of_content
        ),
        "reference-to-properties-stripped": spoilt(
            "reference", "XAdES properties that nobody signed.", of_properties
        ),
        "references-none": spoilt("reference", "Nothing is signed.", of_all),
        "reference-type-elsewhere": spoilt(
            "reference", "The reference to the properties leads to something else.", type_elsewhere
        ),
        "reference-external": spoilt(
            "content", "T10: an address to be opened.", with_uri("http://127.0.0.1:9/x")
        ),
        "reference-to-a-file": spoilt(
            "content", "T10: a file of the user's.", with_uri("file:///etc/passwd")
        ),
        "reference-without-uri": spoilt("content", "Of whatever.", with_uri(None)),
        "reference-xpointer": spoilt(
            "reference", "Another way to say it, by which comments count.", with_uri("#xpointer(/)")
        ),
        "reference-to-the-signature": spoilt(
            "reference", "It cannot hold its own digest.", with_uri("#signature")
        ),
        "reference-to-its-value": spoilt(
            "reference",
            "A countersignature is no signature of content.",
            with_uri("#signature-value"),
        ),
        "references-many": spoilt("reference", "Each costs a canonicalization.", many),
        "transform-xpath": spoilt(
            "algorithm",
            "T11: a transform that leaves things out.",
            with_transform(
                "http://www.w3.org/TR/1999/REC-xpath-19991116",
                f'<XPath xmlns="{DS}">not(self::SoTien)</XPath>',
            ),
        ),
        "transform-xslt": spoilt(
            "algorithm",
            "T10: a transform that runs a program.",
            with_transform("http://www.w3.org/TR/1999/REC-xslt-19991116"),
        ),
    }


def certificates() -> dict[str, Case]:
    renewed = _ca.issue("Renewed", key=_unit.key, not_before=datetime(2026, 1, 1, tzinfo=UTC))

    def named(holder: Holder) -> Callable[[Apart], None]:
        def attack(p: Apart) -> None:
            p.part("X509Certificate").text = base64.b64encode(holder.der).decode()

        return attack

    def also(p: Apart) -> None:
        second = copy.deepcopy(p.part("X509Certificate"))
        second.text = base64.b64encode(renewed.der).decode()
        p.part("X509Data").append(second)

    def by_sha1(p: Apart) -> None:
        digest = p.part("CertDigest", XADES)
        digest[0].set("Algorithm", f"{DS}sha1")
        digest[1].text = base64.b64encode(hashlib.sha1(_unit.der).digest()).decode()
        p.redigest("SignedProperties")
        p.resign()

    def unbound(p: Apart) -> None:
        held = p.part("SigningCertificateV2", XADES)
        held.getparent().remove(held)
        p.redigest("SignedProperties")
        p.resign()

    def taken_away(p: Apart) -> None:
        p.part("KeyInfo").remove(p.part("X509Data"))

    def retrieved(p: Apart) -> None:
        method = etree.SubElement(p.part("KeyInfo"), f"{{{DS}}}RetrievalMethod")
        method.set("URI", "http://127.0.0.1:9/key")

    def stated(p: Apart) -> None:
        numbers = _other.key.public_key().public_numbers()
        value = etree.fromstring(
            f'<KeyValue xmlns="{DS}"><RSAKeyValue><Modulus>'
            f"{base64.b64encode(numbers.n.to_bytes(256, 'big')).decode()}</Modulus>"
            "<Exponent>AQAB</Exponent></RSAKeyValue></KeyValue>"
        )
        p.part("KeyInfo").append(value)

    return {
        "certificate-swapped": spoilt(
            "binding", "Another certificate than XAdES binds.", named(_other)
        ),
        "certificate-swapped-for-one-of-the-same-key": spoilt(
            "binding",
            "Its arithmetic is right: only the binding tells that it was signed for another.",
            named(renewed),
        ),
        "certificate-swapped-without-binding": spoilt(
            "value", "Plain XMLDSig: its key is another.", named(_other), PLAIN_ELEMENT
        ),
        "certificate-two-of-one-key": spoilt(
            "certificate",
            "Plain XMLDSig with two certificates of the key: verifiers differ in whom they name.",
            also,
            PLAIN_ELEMENT,
        ),
        "certificate-missing": spoilt("certificate", "Nobody is named.", taken_away),
        "certificate-bound-by-sha1": spoilt(
            "algorithm", "Somebody could have made another with the same hash.", by_sha1
        ),
        "certificate-not-bound": spoilt("binding", "XAdES must say for whom it is.", unbound),
        "key-info-retrieval-method": spoilt(
            "grammar", "T10: a key from an address of the attacker's.", retrieved
        ),
        "key-value-of-another": spoilt(
            "certificate", "A verifier that takes KeyValue would believe it is the owner.", stated
        ),
    }


def changed(p: Apart) -> None:
    next(p.content.iter("SoTien")).text = "9999"


def time_changed(p: Apart) -> None:
    p.part("SigningTime", XADES).text = "2020-01-01T00:00:00Z"


def info_changed(p: Apart) -> None:
    changed(p)
    octets = canonical.subtree(p.content, Canonicalization.EXC_C14N_10)
    digest = base64.b64encode(hashlib.sha256(octets).digest()).decode()
    p.part("Reference")[-1].text = digest


def in_object(p: Apart) -> None:
    p.part("Object").append(p.evil())


def object_beside(p: Apart) -> None:
    p.box().append(p.evil())


def in_key_info(p: Apart) -> None:
    p.part("KeyInfo").append(p.evil())


def in_unsigned(name: str) -> Callable[[Apart], None]:
    def attack(p: Apart) -> None:
        outer = etree.SubElement(
            p.part("QualifyingProperties", XADES), f"{{{XADES}}}UnsignedProperties"
        )
        inner = etree.SubElement(outer, f"{{{XADES}}}UnsignedSignatureProperties")
        etree.SubElement(inner, f"{{{XADES}}}{name}").append(p.evil())

    return attack


def of_another(p: Apart) -> None:
    p.part("QualifyingProperties", XADES).set("Target", "#other")


def comment(p: Apart) -> None:
    p.part("SignedInfo").append(etree.Comment("x"))


def text(p: Apart) -> None:
    p.part("KeyInfo").tail = "9999"


def attribute(p: Apart) -> None:
    p.signature.set("SoTien", "9999")


def parts() -> dict[str, Case]:
    return {
        "content-changed": spoilt("digest", "One amount was changed after signing.", changed),
        "signed-info-changed": spoilt(
            "value", "The digest was changed to suit, but not signed.", info_changed
        ),
        "signed-properties-changed": spoilt(
            "digest", "The signing time was changed after signing.", time_changed
        ),
        "properties-of-another-signature": spoilt("grammar", "They say so.", of_another),
        "evil-in-object": spoilt("reference", "T11: content beside the properties.", in_object),
        "evil-in-an-object-of-its-own": spoilt(
            "grammar", "T11: an Object that no reference leads to.", object_beside
        ),
        "evil-in-key-info": spoilt("grammar", "T11: the same in KeyInfo.", in_key_info),
        "evil-in-unsigned-properties": spoilt(
            "grammar", "T11: the same in a time stamp.", in_unsigned("SignatureTimeStamp")
        ),
        "countersignature": spoilt(
            "grammar",
            "Unsigned properties of other kinds are not read.",
            in_unsigned("CounterSignature"),
        ),
        "comment-in-signed-info": spoilt("grammar", "It is not signed.", comment),
        "text-in-signature": spoilt("grammar", "T11: text hides as well.", text),
        "attribute-of-signature": spoilt("grammar", "T11: so do attributes.", attribute),
    }


def weak() -> dict[str, Case]:
    def value_sha1(p: Apart) -> None:
        p.part("SignatureMethod").set("Algorithm", f"{DS}rsa-sha1")
        p.resign(value=lambda octets: _unit.key.sign(octets, padding.PKCS1v15(), hashes.SHA1()))

    def digest_sha1(p: Apart) -> None:
        octets = canonical.subtree(p.content, Canonicalization.EXC_C14N_10)
        reference = p.part("Reference")
        reference[-2].set("Algorithm", f"{DS}sha1")
        reference[-1].text = base64.b64encode(hashlib.sha1(octets).digest()).decode()
        p.resign()

    def hmac(p: Apart) -> None:
        p.part("SignatureMethod").set(
            "Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
        )
        p.resign()

    def truncated_hmac(p: Apart) -> None:
        etree.SubElement(p.part("SignatureMethod"), f"{{{DS}}}HMACOutputLength").text = "0"
        p.resign()

    def short(p: Apart) -> None:
        holder = _ca.issue("short", key=rsa_key("short", 1024))
        p.part("X509Certificate").text = base64.b64encode(holder.der).decode()
        p.resign(by=holder)

    return {
        "algorithm-rsa-sha1": spoilt(
            "algorithm", "A right signature by SHA-1, which TT 15/2025 does not allow.", value_sha1
        ),
        "algorithm-digest-sha1": spoilt("algorithm", "SHA-1 in a reference.", digest_sha1),
        "algorithm-hmac": spoilt("algorithm", "Key confusion: a MAC is no signature.", hmac),
        "algorithm-with-parameters": spoilt(
            "algorithm", "A known algorithm with something in it.", truncated_hmac
        ),
        "algorithm-short-key": spoilt(
            "value", "RSA-1024: right, and too weak to mean anything.", short, PLAIN_ELEMENT
        ),
    }


def several() -> dict[str, Case]:
    second = XmlShape(element=("Don", "NoiDung"), container=("Don", "ChuKy"), signature_id="second")
    both = signed(second, signed(ELEMENT), by=_other)
    whole = signed(XmlShape(signature_id="whole"), both, by=_other)

    def broken(p: Apart) -> None:
        other = etree.fromstring(both)
        value = list(other.iter(f"{{{DS}}}SignatureValue"))[1]
        value.text = "AAAA" + value.text[4:]
        p.root.getparent()
        p.root[:] = other[:]

    def nested(p: Apart) -> None:
        inner = copy.deepcopy(p.signature)
        p.box().append(inner)

    def twice(p: Apart) -> None:
        p.signature.addnext(copy.deepcopy(p.signature))

    return {
        "good-two-signers": Case(why="Two in parallel, over one element.", document=both),
        "good-the-last-over-the-first-two": Case(
            why="A signature over the whole document covers those before it.", document=whole
        ),
        "signature-second-broken": spoilt(
            "value", "Nobody can tell on which of the two somebody relies.", broken
        ),
        "signature-nested": spoilt("place", "A signature within another.", nested),
        "signature-twice": spoilt("reference", "All its Ids are there twice.", twice),
        "signature-missing": Case(
            why="There is none.",
            document=PLAIN.encode(),
            reason="missing",
            code="signature_invalid",
        ),
        "content-changed-after-the-whole-was-signed": Case(
            why="A third signature was added behind one that covers the whole document.",
            document=whole.replace(b"</Don>", b"<Them/></Don>"),
            reason="digest",
            code="signature_invalid",
        ),
    }


def good() -> dict[str, Case]:
    raised = answered(
        ShapedFormat(shape=ELEMENT).raised(
            signed(ELEMENT), document=PLAIN.encode(), level=Level.LTA
        ),
        _root,
    )
    detached = signed(XmlShape(packaging=Packaging.DETACHED, uri="a.bin"), b"any bytes")
    unsigned_time = XmlShape(form=Form.XMLDSIG, signing_time=Time.UNSIGNED_OBJECT)
    return {
        "good-xades": Case(why="XAdES over the whole document.", document=signed(XmlShape())),
        "good-xades-of-an-element": Case(why="Over one element.", document=signed(ELEMENT)),
        "good-xades-b-lta": Case(why="With all that proves it later.", document=raised),
        "good-xmldsig-unsigned-time": Case(
            why="Plain, with a time that anybody could change.", document=signed(unsigned_time)
        ),
        "good-xmldsig-pss": Case(why="RSASSA-PSS.", document=signed(PLAIN_ELEMENT, padding="pss")),
        "good-enveloping": Case(
            why="The document within the signature.",
            document=signed(XmlShape(packaging=Packaging.ENVELOPING)),
        ),
        "good-enveloping-base64": Case(
            why="Any bytes within the signature.",
            document=signed(
                XmlShape(packaging=Packaging.ENVELOPING, content=Content.BASE64), b"any bytes"
            ),
        ),
        "good-detached": Case(why="Of another file.", document=detached, content=b"any bytes"),
        "detached-of-another-file": Case(
            why="Not the file that was signed.",
            document=detached,
            content=b"other bytes",
            reason="digest",
            code="signature_invalid",
        ),
        "detached-without-its-file": Case(
            why="It is never looked for.",
            document=detached,
            reason="content",
            code="signature_invalid",
        ),
        "content-beside-an-enveloped-signature": Case(
            why="It says nothing about that file.",
            document=signed(ELEMENT),
            content=b"any bytes",
            reason="content",
            code="signature_invalid",
        ),
        "archive-stamp-of-something-else": Case(
            why="The validation data were changed after they were stamped.",
            document=raised.replace(
                b"<xades:CertificateValues>", b'<xades:CertificateValues Id="x">', 1
            ),
            reason="digest",
            code="signature_invalid",
        ),
    }


def dtds() -> dict[str, Case]:
    text = signed(ELEMENT).decode()
    bomb = (
        '<!DOCTYPE Don [<!ENTITY a "ha">'
        f'<!ENTITY b "{"&a;" * 100}"><!ENTITY c "{"&b;" * 100}"><!ENTITY d "{"&c;" * 100}">]>'
    )
    entity = '<!DOCTYPE Don [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return {
        "dtd-entity-bomb": Case(
            why="T9: a billion laughs.",
            document=(bomb + text.replace("1000", "&d;")).encode(),
            code="document_has_dtd",
        ),
        "dtd-external-entity": Case(
            why="T10: a file of the user's.",
            document=(entity + text.replace("1000", "&x;")).encode(),
            code="document_has_dtd",
        ),
        "dtd-id-attribute": Case(
            why="T11: a DTD that says what an Id is.",
            document=f"<!DOCTYPE Don [<!ATTLIST SoTien n ID #IMPLIED>]>{text}".encode(),
            code="document_has_dtd",
        ),
    }


def main() -> None:
    cases = (
        good() | several() | wrapping() | references() | certificates() | parts() | weak() | dtds()
    )
    for old in HERE.glob("general-*"):
        shutil.rmtree(old)
    for name, case in cases.items():
        directory = HERE / f"general-{name}"
        directory.mkdir()
        directory.joinpath("document.xml").write_bytes(case.document)
        if case.content is not None:
            directory.joinpath("content.bin").write_bytes(case.content)
        directory.joinpath("README.md").write_text(case.why + "\n", "utf-8")
        expect = ['act = "general"']
        expect += [f'code = "{case.code}"'] if case.code else []
        expect += [f'reason = "{case.reason}"'] if case.reason else []
        directory.joinpath("expect.toml").write_text("\n".join(expect) + "\n", "utf-8")


if __name__ == "__main__":
    main()
