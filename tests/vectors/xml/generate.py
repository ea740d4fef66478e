"""Write the cases of this directory, from the repository: python -m tests.vectors.xml.generate

`SIGN` and `VERIFY` are the whole list; adding a case is adding an entry. The cases general-* are
written by generate_general.
"""

import base64
import hashlib
import hmac
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from agent.formats.registry import format_for
from agent.formats.xml import canonical
from tests.support.pki import Authority, Holder, Urls, rsa_key

HERE = Path(__file__).parent
AT = datetime(2026, 11, 23, 2, 0, 0, tzinfo=UTC)
DS = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
ENVELOPED = DS + "enveloped-signature"
ROOT = (
    '<Hoso xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
)
CONTENT = "<NoiDung><MaSoThue>0101300842</MaSoThue><SoTien>1000</SoTien></NoiDung>"
EVIL = CONTENT.replace("1000", "9999")
PLAIN = f"{ROOT}{CONTENT}<CKy_Dvi></CKy_Dvi></Hoso>"


@dataclass(frozen=True, kw_only=True)
class Case:
    why: str
    document: bytes
    code: str = ""
    reason: str = ""


def xml(text: str, code: str, why: str) -> Case:
    return Case(why=why, document=text.encode(), code=code)


def hoso(inside: str, code: str, why: str, *, before: str = "") -> Case:
    return xml(f"{before}<Hoso>{inside}</Hoso>", code, why)


SIGN: dict[str, Case] = {
    "good": xml(PLAIN, "", "The plainest document that can be signed."),
    "good-mark-crlf-pretty": Case(
        why="A byte order mark, Windows line ends and indentation: all of it is kept.",
        document=b"\xef\xbb\xbf"
        + f'<?xml version="1.0" encoding="utf-8"?>\r\n{ROOT}\r\n  {CONTENT}\r\n  <CKy_Dvi />'
        "\r\n</Hoso>\r\n".encode(),
    ),
    "good-xinclude-is-plain-markup": hoso(
        '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>'
        "<CKy_Dvi/>",
        "",
        "T10: nothing is included; the element is signed as it stands.",
    ),
    "good-stylesheet-is-not-followed": hoso(
        "<CKy_Dvi/>",
        "",
        "T10: a stylesheet instruction is signed, not fetched.",
        before='<?xml-stylesheet type="text/xsl" href="http://127.0.0.1:9/x.xsl"?>',
    ),
    "dtd-bare": hoso(
        "<CKy_Dvi/>", "document_has_dtd", "A DOCTYPE alone.", before="<!DOCTYPE Hoso>"
    ),
    "dtd-entity-bomb": hoso(
        "&d;<CKy_Dvi/>",
        "document_has_dtd",
        "T9: a billion laughs. Refused when the DOCTYPE begins, before any entity is read.",
        before='<!DOCTYPE Hoso [<!ENTITY a "ha">'
        f'<!ENTITY b "{"&a;" * 100}"><!ENTITY c "{"&b;" * 100}"><!ENTITY d "{"&c;" * 100}">]>',
    ),
    "dtd-external-entity": hoso(
        "<NoiDung>&x;</NoiDung><CKy_Dvi/>",
        "document_has_dtd",
        "T10: a file of the user's, to be sent out inside the signed document.",
        before='<!DOCTYPE Hoso [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ),
    "dtd-external-subset": hoso(
        "<CKy_Dvi/>",
        "document_has_dtd",
        "T10: an address to be opened.",
        before='<!DOCTYPE Hoso SYSTEM "http://127.0.0.1:9/evil.dtd">',
    ),
    "dtd-parameter-entity": hoso(
        "<CKy_Dvi/>",
        "document_has_dtd",
        "T10: the same by a parameter entity.",
        before='<!DOCTYPE Hoso [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd"> %p;]>',
    ),
    "dtd-default-attribute": hoso(
        "<NoiDung/><CKy_Dvi/>",
        "document_has_dtd",
        "Canonical XML adds default attributes of a DTD, so two readers would see two documents.",
        before='<!DOCTYPE Hoso [<!ATTLIST NoiDung SoTien CDATA "9999">]>',
    ),
    "dtd-behind-comments": hoso(
        "<CKy_Dvi/>",
        "document_has_dtd",
        "A search for the word at the beginning of the file would not find it.",
        before=f"<!-- {'x' * 5000} --><?x y?><!DOCTYPE\n Hoso>",
    ),
    "dtd-in-utf16": Case(
        why="A search for the bytes of the word would not find it.",
        document="\ufeff<!DOCTYPE Hoso><Hoso><CKy_Dvi/></Hoso>".encode("utf-16-le"),
        code="document_has_dtd",
    ),
    "encoding-says-utf16-is-utf8": xml(
        f'<?xml version="1.0" encoding="utf-16"?>{PLAIN}',
        "document_encoding",
        "What .NET's StringWriter declares and File.WriteAllText then saves as UTF-8.",
    ),
    "encoding-says-utf8-is-latin1": Case(
        why="A letter in ISO-8859-1 where UTF-8 is declared.",
        document='<?xml version="1.0" encoding="utf-8"?><Hoso>Hà<CKy_Dvi/></Hoso>'.encode(
            "latin-1"
        ),
        code="document_encoding",
    ),
    "encoding-mark-contradicts": Case(
        why="A UTF-8 mark and another declared encoding.",
        document=b"\xef\xbb\xbf" + f'<?xml version="1.0" encoding="iso-8859-1"?>{PLAIN}'.encode(),
        code="document_encoding",
    ),
    "encoding-utf16-without-mark": Case(
        why="XML 1.0 §4.3.3 wants a mark; readers guess differently without it.",
        document=PLAIN.encode("utf-16-le"),
        code="document_encoding",
    ),
    "encoding-windows-1258": Case(
        why="Not every reader knows it, so not every reader would see the same letters.",
        document='<?xml version="1.0" encoding="windows-1258"?><Hoso>é<CKy_Dvi/></Hoso>'.encode(
            "cp1258"
        ),
        code="document_encoding",
    ),
    "encoding-utf7": Case(
        why="Markup that is not there for whoever reads UTF-8.",
        document=b'<?xml version="1.0" encoding="utf-7"?><Hoso>+ADw-a/+AD4-<CKy_Dvi/></Hoso>',
        code="document_encoding",
    ),
    "malformed-empty": Case(why="No bytes at all.", document=b"", code="document_malformed"),
    "malformed-json": xml('{"Hoso": 1}', "document_malformed", "Not XML."),
    "malformed-truncated": Case(
        why="Cut off in the middle, as by a broken upload.",
        document=PLAIN.encode()[:-9],
        code="document_malformed",
    ),
    "malformed-two-roots": xml(PLAIN * 2, "document_malformed", "A second root element."),
    "malformed-unbound-prefix": hoso(
        "<a:b/><CKy_Dvi/>", "document_malformed", "Well-formed, but not with namespaces."
    ),
    "malformed-undefined-entity": hoso(
        "&nbsp;<CKy_Dvi/>", "document_malformed", "HTML's names are no entities of XML."
    ),
    "malformed-xml-1.1": xml(
        f'<?xml version="1.1"?>{PLAIN}',
        "document_malformed",
        "Canonical XML 1.0 is defined for XML 1.0; line ends differ in 1.1.",
    ),
    "malformed-relative-namespace": xml(
        PLAIN.replace("<NoiDung>", '<NoiDung xmlns:a="urn-less">'),
        "document_malformed",
        "Canonical XML §2.3: relative namespace URIs have no canonical form.",
    ),
    "malformed-namespace-to-be-escaped": xml(
        PLAIN.replace("<NoiDung>", '<NoiDung xmlns:a="urn:a?b=1&amp;c=2">'),
        "document_malformed",
        "libxml2 forgets to escape it in canonical XML, others do not: two digests.",
    ),
    "malformed-null": Case(
        why="U+0000 is no character of XML.",
        document=PLAIN.encode().replace(b"1000", b"1\x0000"),
        code="document_malformed",
    ),
    "large-deep": hoso(
        "<a>" * 200 + "</a>" * 200 + "<CKy_Dvi/>", "document_too_large", "Nested without end."
    ),
    "large-attributes": hoso(
        "<a " + " ".join(f"a{n}='1'" for n in range(300)) + "/><CKy_Dvi/>",
        "document_too_large",
        "Canonical XML sorts the attributes of an element, in time squared.",
    ),
    "large-namespaces": hoso(
        "<a " + " ".join(f"xmlns:a{n}='urn:{n}'" for n in range(100)) + "/><CKy_Dvi/>",
        "document_too_large",
        "Canonical XML looks at all namespaces in scope for every element.",
    ),
    "container-missing": hoso("<NoiDung/>", "container_missing", "Nowhere to put a signature."),
    "container-two": hoso(
        "<CKy_Dvi/><CKy_Dvi/>", "container_ambiguous", "Receivers differ in which one they read."
    ),
    "container-elsewhere": hoso(
        "<NoiDung><CKy_Dvi/></NoiDung>", "container_missing", "The right name in the wrong place."
    ),
    "container-in-a-namespace": hoso(
        '<CKy_Dvi xmlns="urn:x"/>', "container_missing", "The right name in another namespace."
    ),
    "container-not-empty": hoso(
        "<CKy_Dvi>x</CKy_Dvi>", "container_not_empty", "Text where the signature belongs."
    ),
    "container-with-comment": hoso(
        "<CKy_Dvi><!-- --></CKy_Dvi>", "container_not_empty", "A comment is content too."
    ),
}

_ca = Authority.under(Authority.root(), urls=Urls())
_unit = _ca.issue()
_attacker = _ca.issue("CÔNG TY KHÁC", mst="0100233488")


def signed(document: str = PLAIN) -> str:
    made = format_for("bhxh-hoso").prepare(
        document.encode(), certificate=_unit.der, signing_time=AT
    )
    return made.complete(_unit.sign(made.digest)).decode()


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def resigned(
    document: str,
    *,
    by: Holder = _unit,
    digest=lambda octets: hashlib.sha256(octets).digest(),
    value=None,
    without: str = "Signature",
) -> str:
    """`document` with DigestValue and SignatureValue made right for what else it says.

    The digest is of the document without its first `without`.
    """
    root = etree.fromstring(document)
    copy = etree.fromstring(document)
    signature = next(copy.iter(f"{{{DS}}}{without}"))
    parent, tail = signature.getparent(), signature.tail or ""
    parent.remove(signature)
    parent.text = (parent.text or "") + tail
    covered = canonical.document(copy.getroottree())
    for element in root.iter(f"{{{DS}}}DigestValue"):
        document = document.replace(f">{element.text}<", f">{b64(digest(covered))}<")
    root = etree.fromstring(document)
    info = canonical.subtree(next(root.iter(f"{{{DS}}}SignedInfo")))
    made = value(info) if value else by.sign(hashlib.sha256(info).digest())
    old = next(root.iter(f"{{{DS}}}SignatureValue")).text
    return document.replace(f">{old}<", f">{b64(made)}<")


def rejected(document: str, reason: str, why: str) -> Case:
    return Case(why=why, document=document.encode(), code="signature_invalid", reason=reason)


def verify_cases() -> dict[str, Case]:
    good = signed()
    signature = good[good.index("<Signature ") : good.index("</Signature>") + 12]
    reference = good[good.index("<Reference ") : good.index("</Reference>") + 12]
    cert = b64(_unit.der)
    transform = f'<Transform Algorithm="{ENVELOPED}"></Transform>'

    def method(uri: str) -> str:
        return good.replace(RSA_SHA256, uri)

    prefixed = signature.replace("</", "</ds:").replace("<", "<ds:").replace("<ds:/ds:", "</ds:")
    prefixed = prefixed.replace("xmlns=", "xmlns:ds=", 1)
    for own in ("SignatureProperties", "SignatureProperty", "SigningTime"):
        prefixed = prefixed.replace(f"ds:{own}", own)
    wrapped_lines = "\n".join(cert[n : n + 64] for n in range(0, len(cert), 64))

    return {
        "good": Case(why="As our own signer writes it.", document=good.encode()),
        "good-prefixed": Case(
            why="The same with a namespace prefix, as other signers write it.",
            document=resigned(good.replace(signature, prefixed)).encode(),
        ),
        "good-lines": Case(
            why="White space in base64 and between elements is allowed (xs:base64Binary).",
            document=resigned(
                good.replace(cert, f"\n{wrapped_lines}\n").replace(
                    "<SignatureValue>", "\n <SignatureValue>"
                )
            ).encode(),
        ),
        "good-white-space-around": Case(
            why="White space beside the signature is covered, and stays when it is taken out.",
            document=resigned(
                good.replace("<CKy_Dvi>", "<CKy_Dvi>\n  ").replace("</CKy_Dvi>", "\n </CKy_Dvi>")
            ).encode(),
        ),
        "no-signature": rejected(PLAIN, "missing", "The container is empty."),
        "no-container": rejected(
            PLAIN.replace("CKy_Dvi", "CKy"), "missing", "There is no container."
        ),
        "content-changed": rejected(
            good.replace("1000", "9999"), "digest", "One amount was changed after signing."
        ),
        "content-added-outside-root": rejected(
            f"<?pay 9999?>{good}", "digest", "An instruction before the root is covered too."
        ),
        "content-white-space-changed": rejected(
            good.replace("<NoiDung>", "<NoiDung> "), "digest", "Re-indented after signing."
        ),
        "signed-info-changed": rejected(
            re.sub("<DigestValue>.{8}", "<DigestValue>AAAAAAAA", good),
            "value",
            "The digest was changed to suit, but not signed.",
        ),
        "value-of-another-key": rejected(
            resigned(good, by=_attacker), "value", "Signed by one, in the name of another."
        ),
        "value-truncated": rejected(
            resigned(good, value=lambda i: _unit.sign(hashlib.sha256(i).digest())[:-1]),
            "value",
            "One byte short.",
        ),
        "value-not-base64": rejected(
            good.replace("<SignatureValue>", "<SignatureValue>*"), "grammar", "Not base64."
        ),
        "certificate-swapped": rejected(
            good.replace(cert, b64(_attacker.der)),
            "certificate",
            "KeyValue still names the real key.",
        ),
        "certificate-and-key-swapped": rejected(
            good.replace(cert, b64(_attacker.der)).replace(
                b64(_unit.key.public_key().public_numbers().n.to_bytes(256, "big")),
                b64(_attacker.key.public_key().public_numbers().n.to_bytes(256, "big")),
            ),
            "value",
            "Nobody can take over another's signature by naming himself.",
        ),
        "key-value-of-another": rejected(
            resigned(
                good.replace(
                    b64(_unit.key.public_key().public_numbers().n.to_bytes(256, "big")),
                    b64(_attacker.key.public_key().public_numbers().n.to_bytes(256, "big")),
                ),
                by=_attacker,
            ),
            "certificate",
            "A verifier that takes KeyValue would believe it is the certificate's owner.",
        ),
        "certificate-two": rejected(
            good.replace(
                f"<X509Certificate>{cert}",
                f"<X509Certificate>{b64(_attacker.der)}</X509Certificate><X509Certificate>{cert}",
            ),
            "grammar",
            "Verifiers differ in which one they take.",
        ),
        "certificate-unreadable": rejected(
            good.replace(cert, b64(b"0\x03\x02\x01\x01")), "certificate", "Not a certificate."
        ),
        "key-info-retrieval-method": rejected(
            good.replace("<KeyInfo>", '<KeyInfo><RetrievalMethod URI="http://127.0.0.1:9/key"/>'),
            "grammar",
            "A key from an address of the attacker's.",
        ),
        "xsw-original-in-object": rejected(
            f"{ROOT}{EVIL}<CKy_Dvi>"
            + signature.replace("</Object>", f"{PLAIN}</Object>")
            + "</CKy_Dvi></Hoso>",
            "grammar",
            "T11: the signed document moved into ds:Object, another one around it.",
        ),
        "xsw-original-in-container": rejected(
            f"{ROOT}{EVIL}<CKy_Dvi>{good}</CKy_Dvi></Hoso>",
            "place",
            "T11: the whole signed document inside the container of another.",
        ),
        "xsw-evil-beside-signature": rejected(
            good.replace("</Signature>", f"</Signature>{EVIL}"),
            "place",
            "T11: content beside the signature, where a reader might look for it.",
        ),
        "xsw-evil-in-signature": rejected(
            good.replace("</Signature>", f'<x xmlns="">{EVIL}</x></Signature>'),
            "grammar",
            "T11: what is inside ds:Signature is not covered, so nothing may be put there.",
        ),
        "xsw-evil-in-object": rejected(
            good.replace("</SignatureProperty>", f"</SignatureProperty>{EVIL}"),
            "grammar",
            "T11: the same inside the unsigned properties.",
        ),
        "xsw-evil-in-key-info": rejected(
            good.replace("</KeyInfo>", f"<MgmtData>{'9999'}</MgmtData></KeyInfo>"),
            "grammar",
            "T11: the same inside KeyInfo.",
        ),
        "xsw-evil-in-subject-name": rejected(
            good.replace("</X509SubjectName>", f"{EVIL}</X509SubjectName>"),
            "grammar",
            "T11: the same inside an element whose text nobody compares.",
        ),
        "xsw-attribute-of-signing-time": rejected(
            good.replace("<SigningTime ", '<SigningTime SoTien="9999" '),
            "grammar",
            "T11: the same as an attribute.",
        ),
        "xsw-text-in-signature": rejected(
            good.replace("</SignatureProperty>", "9999</SignatureProperty>"),
            "grammar",
            "T11: text hides as well as elements do.",
        ),
        "xsw-attribute-of-signature": rejected(
            good.replace('Id="sigid"', 'Id="sigid" SoTien="9999"'),
            "grammar",
            "T11: so do attributes.",
        ),
        "xsw-attribute-of-key-info": rejected(
            good.replace("<KeyInfo>", '<KeyInfo Id="a">'),
            "grammar",
            "T11: an Id that a reader might look for.",
        ),
        "xsw-attribute-of-time": rejected(
            good.replace('Target="#sigid"', 'Target="#sigid" SoTien="9999"'),
            "grammar",
            "T11: the same on the unsigned property.",
        ),
        "xsw-object-second": rejected(
            good.replace("</Signature>", f"<Object>{EVIL}</Object></Signature>"),
            "grammar",
            "T11: a second ds:Object.",
        ),
        "xsw-signature-elsewhere": rejected(
            PLAIN.replace("</NoiDung>", f"</NoiDung>{signature}"),
            "missing",
            "A valid signature outside the container is not the signature of this profile.",
        ),
        "xsw-signature-second": rejected(
            good.replace("<NoiDung>", f"<NoiDung>{signature}"),
            "place",
            "Two signatures: verifiers differ in which one they take.",
        ),
        "xsw-container-second": rejected(
            good.replace("<NoiDung>", "<CKy_Dvi/><NoiDung>"),
            "place",
            "A second container, though the digest would notice it too.",
        ),
        "xsw-reference-by-id": rejected(
            resigned(good.replace("<NoiDung>", '<NoiDung Id="a">').replace('URI=""', 'URI="#a"')),
            "reference",
            "T11: a reference to a part leaves the rest uncovered.",
        ),
        "xsw-reference-xpointer": rejected(
            resigned(good.replace('URI=""', 'URI="#xpointer(/)"')),
            "reference",
            "Another way to say the whole document, with comments; the profile has one.",
        ),
        "xsw-reference-external": rejected(
            resigned(good.replace('URI=""', 'URI="http://127.0.0.1:9/x"')),
            "reference",
            "An address to be opened.",
        ),
        "xsw-reference-without-uri": rejected(
            resigned(good.replace(' URI=""', "")), "reference", "The application's choice."
        ),
        "xsw-references-two": rejected(
            resigned(good.replace("</Reference>", "</Reference>" + reference)),
            "reference",
            "More than one reference.",
        ),
        "xsw-references-none": rejected(
            resigned(good.replace(reference, "")), "reference", "Signed, but nothing is covered."
        ),
        "xsw-transform-none": rejected(
            resigned(good.replace(transform, "")), "reference", "No transform."
        ),
        "xsw-transform-xpath": rejected(
            resigned(
                good.replace(
                    transform,
                    f'{transform}<Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">'
                    "<XPath>self::MaSoThue</XPath></Transform>",
                )
            ),
            "reference",
            "T11: a transform that leaves things out.",
        ),
        "xsw-transform-xslt": rejected(
            resigned(good.replace(ENVELOPED, "http://www.w3.org/TR/1999/REC-xslt-19991116")),
            "algorithm",
            "T10: a transform that runs a program.",
        ),
        "xsw-transform-with-parameters": rejected(
            resigned(good.replace(transform, transform.replace("></", "><XPath>1</XPath></"))),
            "algorithm",
            "A known transform with something in it.",
        ),
        "algorithm-rsa-sha1": rejected(
            resigned(
                method(DS + "rsa-sha1"),
                value=lambda i: _unit.key.sign(i, padding.PKCS1v15(), hashes.SHA1()),
            ),
            "algorithm",
            "A right signature by SHA-1, which TT 15/2025 does not allow.",
        ),
        "algorithm-hmac": rejected(
            resigned(
                method("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
                value=lambda i: hmac.digest(_unit.der, i, "sha256"),
            ),
            "algorithm",
            "Key confusion: an HMAC whose key is public.",
        ),
        "algorithm-digest-sha1": rejected(
            resigned(
                good.replace(SHA256, DS + "sha1"),
                digest=lambda octets: hashlib.sha1(octets).digest(),
            ),
            "algorithm",
            "SHA-1 in the reference.",
        ),
        "algorithm-exclusive-c14n": rejected(
            resigned(good.replace(C14N, "http://www.w3.org/2001/10/xml-exc-c14n#")),
            "algorithm",
            "Not the profile's canonicalization.",
        ),
        "algorithm-c14n-with-comments": rejected(
            resigned(good.replace(C14N, C14N + "#WithComments")),
            "algorithm",
            "Not the profile's canonicalization either.",
        ),
        "algorithm-short-key": rejected(
            _by_short_key(good), "value", "RSA-1024: right, and too weak to mean anything."
        ),
        "comment-in-digest-value": rejected(
            resigned(good).replace("<DigestValue>", "<DigestValue><!-- x -->"),
            "grammar",
            "Readers differ in what the text of an element with a comment is.",
        ),
        "comment-in-certificate": rejected(
            good.replace(cert, f"{cert[:40]}<!-- -->{cert[40:]}"),
            "grammar",
            "The same in the certificate.",
        ),
        "time-not-utc": rejected(
            good.replace("02:00:00Z", "09:00:00+07:00"), "grammar", "Not as the profile writes it."
        ),
        "time-missing": rejected(
            good.replace(good[good.index("<Object>") : good.index("</Signature>")], ""),
            "grammar",
            "The profile has one.",
        ),
        "dtd": Case(
            why="A DOCTYPE is refused before anything is verified.",
            document=f"<!DOCTYPE Hoso>{good}".encode(),
            code="document_has_dtd",
        ),
        "truncated": Case(
            why="Cut off within the signature.",
            document=good.encode()[: good.index("</SignatureValue>")],
            code="document_malformed",
        ),
        "encoding": Case(
            why="Saved in another encoding than it says.",
            document=b'<?xml version="1.0" encoding="utf-16"?>' + good.encode(),
            code="document_encoding",
        ),
    }


def _by_short_key(good: str) -> str:
    short = _ca.issue("short", key=rsa_key("short", 1024))
    document = good.replace(b64(_unit.der), b64(short.der)).replace(
        b64(_unit.key.public_key().public_numbers().n.to_bytes(256, "big")),
        b64(short.key.public_key().public_numbers().n.to_bytes(128, "big")),
    )
    return resigned(document, by=short)


def main() -> None:
    sign = SIGN | {
        "container-signed-already": Case(
            why="A second signature would break the first.",
            document=signed().encode(),
            code="container_not_empty",
        )
    }
    for old in HERE.iterdir():
        if old.is_dir() and old.name.startswith(("sign-", "verify-")):
            shutil.rmtree(old)
    for act, cases in (("sign", sign), ("verify", verify_cases())):
        for name, case in cases.items():
            directory = HERE / f"{act}-{name}"
            directory.mkdir()
            directory.joinpath("document.xml").write_bytes(case.document)
            directory.joinpath("README.md").write_text(case.why + "\n", "utf-8")
            expect = [f'act = "{act}"']
            expect += [f'code = "{case.code}"'] if case.code else []
            expect += [f'reason = "{case.reason}"'] if case.reason else []
            directory.joinpath("expect.toml").write_text("\n".join(expect) + "\n", "utf-8")


if __name__ == "__main__":
    main()
