"""CMS files that must be refused, each with the reason; a table of them.

Made anew each time from keys that exist for a test run alone. The judges of tests/interop read the
same table: `openssl` says what openssl 3.0 thinks with -cades, where we are stricter and why.
"""

import hashlib
from dataclasses import dataclass

from asn1crypto import cms, core
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from agent.formats.cms import Reason, der
from agent.keys import Mechanism
from tests.support import cms as made
from tests.support.pki import NOW, Authority, Holder, rsa_key

CONTENT = b"Pay 100 to Alice."
OTHER = b"Pay 999 to Mallory."
REFUSES = "refuses"
WITHOUT_ATTRIBUTES = "asks for signing-certificate only where there are attributes"


@dataclass(frozen=True, kw_only=True)
class Forgery:
    name: str
    why: str
    signed: bytes
    reason: Reason
    content: bytes | None = None
    openssl: str = REFUSES  # or why it accepts


def _with(holder: Holder, content: bytes = CONTENT, **changed: object) -> made.Attributes:
    told = made.attributes(holder, content) | changed
    return {name: values for name, values in told.items() if values is not None}


def _cut(signed: bytes) -> list[Forgery]:
    return [
        Forgery(
            name=f"truncated-{part}",
            why="the file ends too early",
            signed=signed[:size],
            reason=Reason.GRAMMAR,
        )
        for part, size in (
            ("nothing-left", 0), ("in-the-head", 3), ("in-the-content", 60),
            ("half", len(signed) // 2), ("last-octet", len(signed) - 1),
        )
    ]  # fmt: skip


def forgeries(ca: Authority, unit: Holder) -> list[Forgery]:
    other = ca.issue("CÔNG TY KHÁC", mst="0312345679")
    renewed = ca.issue("renewed", key=unit.key)
    weak = ca.issue("weak", key=rsa_key("weak", 1024))
    good = made.build(unit, CONTENT)
    grammar, attributes, binding = Reason.GRAMMAR, Reason.ATTRIBUTES, Reason.BINDING
    return [
        *_cut(good),
        Forgery(
            name="octet-behind-the-end", why="something follows that nobody signed",
            signed=good + b"\0", reason=grammar, openssl="reads the first element of a file",
        ),
        Forgery(
            name="not-signed-data", why="another content type of CMS",
            signed=good.replace(b"\x01\x07\x02", b"\x01\x07\x03", 1), reason=grammar,
        ),
        Forgery(
            name="content-of-another-type", why="signed as a part of something else",
            signed=made.build(unit, CONTENT, content_type="1.3.6.1.4.1.55555.2"), reason=grammar,
            openssl="takes any content type",
        ),
        Forgery(
            name="no-signer", why="a file of certificates",
            signed=made.build(unit, CONTENT, bend=_no_signer), reason=grammar,
        ),
        Forgery(
            name="attribute-certificate", why="says nothing about a key; readers differ on it",
            signed=_as_attribute_certificate(good), reason=grammar,
        ),
        Forgery(
            name="wrong-key", why="the signature is by another key than the certificate's",
            signed=made.build(unit, CONTENT, signer=other), reason=Reason.VALUE,
        ),
        Forgery(
            name="content-swapped", why="attached content that was not signed",
            signed=made.build(unit, CONTENT, shown=OTHER), reason=Reason.DIGEST,
        ),
        Forgery(
            name="detached-content-swapped", why="another file than the signed one",
            signed=made.build(unit, CONTENT, attached=False), content=OTHER, reason=Reason.DIGEST,
        ),
        Forgery(
            name="detached-content-missing", why="nothing to verify",
            signed=made.build(unit, CONTENT, attached=False), reason=Reason.CONTENT,
        ),
        Forgery(
            name="content-twice-and-different", why="a reader could take either",
            signed=good, content=OTHER, reason=Reason.CONTENT,
        ),
        Forgery(
            name="message-digest-forged", why="the attribute fits the swapped content, not the key",
            signed=_replaced(good, hashlib.sha256(CONTENT).digest(), hashlib.sha256(OTHER).digest(),
                             CONTENT, OTHER.ljust(17)[:17]),
            reason=Reason.VALUE,
        ),
        Forgery(
            name="signed-attributes-stripped", why="nothing binds the certificate and the time",
            signed=made.build(unit, CONTENT, with_attributes=False), reason=attributes,
            openssl=WITHOUT_ATTRIBUTES,
        ),
        Forgery(
            name="attributes-as-content", why="a signature over attributes, shown as one over"
            " content that consists of them (RFC 5652 §5.4 hashes both alike)",
            signed=_attributes_as_content(unit), reason=attributes, openssl=WITHOUT_ATTRIBUTES,
        ),
        Forgery(
            name="message-digest-missing", why="RFC 5652 §11.2: must be there",
            signed=made.build(unit, CONTENT, signed=_with(unit, message_digest=None)),
            reason=attributes,
        ),
        Forgery(
            name="message-digest-with-two-values", why="RFC 5652 §11.2: exactly one",
            signed=made.build(unit, CONTENT, signed=_with(unit, message_digest=[
                hashlib.sha256(CONTENT).digest(), hashlib.sha256(OTHER).digest()])),
            reason=attributes,
        ),
        Forgery(
            name="message-digest-twice", why="RFC 5652 §5.3: each attribute once",
            signed=made.build(unit, CONTENT, signed=_with(
                unit, **{"1.2.840.113549.1.9.4": [core.OctetString(b"\0" * 32)]})),
            reason=attributes,
        ),
        Forgery(
            name="content-type-missing", why="RFC 5652 §11.1: must be there",
            signed=made.build(unit, CONTENT, signed=_with(unit, content_type=None)),
            reason=attributes,
        ),
        Forgery(
            name="content-type-of-another", why="signed as something else than it is shown as",
            signed=made.build(unit, CONTENT, signed=_with(unit, content_type=["tst_info"])),
            reason=attributes, openssl="does not compare",
        ),
        Forgery(
            name="signing-time-missing", why="CAdES B-B: must be there",
            signed=made.build(unit, CONTENT, signed=_with(unit, signing_time=None)),
            reason=attributes, openssl="CAdES-BES, which it checks, can do without",
        ),
        Forgery(
            name="signing-time-in-the-long-form", why="RFC 5652 §11.3: UTCTime until 2049",
            signed=made.build(unit, CONTENT, signed=_with(
                unit, signing_time=[cms.Time({"generalized_time": NOW})])),
            reason=grammar, openssl="does not look at the time",
        ),
        Forgery(
            name="algorithm-protection-contradicts", why="RFC 6211: the algorithms were exchanged",
            signed=made.build(unit, CONTENT, signed=_with(unit, cms_algorithm_protection=[{
                "digest_algorithm": {"algorithm": "sha256"},
                "signature_algorithm": made.pss_identifier()}])),
            reason=attributes, openssl="does not know this attribute",
        ),
        Forgery(
            name="certificate-not-bound", why="another certificate of the key could take its place",
            signed=made.build(unit, CONTENT, signed=_with(unit, signing_certificate_v2=None)),
            reason=binding,
        ),
        Forgery(
            name="certificate-hash-wrong", why="the signed hash is another certificate's",
            signed=made.build(unit, CONTENT, signed=_with(
                unit, signing_certificate_v2=[made.binding(other)])),
            reason=binding,
        ),
        Forgery(
            name="certificate-exchanged", why="the same key, a certificate of other validity",
            signed=made.build(renewed, CONTENT, signed=_with(unit)), reason=binding,
        ),
        Forgery(
            name="certificate-bound-by-sha1", why="TT 15/2025: no SHA-1",
            signed=made.build(unit, CONTENT, signed=_with(
                unit, signing_certificate_v2=None,
                signing_certificate=[made.binding(unit, algorithm="sha1")])),
            reason=binding, openssl="takes ESSCertID of the first kind",
        ),
        Forgery(
            name="certificate-number-wrong", why="the hash fits, issuer and serial number do not",
            signed=made.build(unit, CONTENT, signed=_with(
                unit, signing_certificate_v2=[_numbered(unit, other)])),
            reason=binding,
        ),
        Forgery(
            name="certificate-missing", why="only the authority's is in the file",
            signed=made.build(unit, CONTENT, certificates=[ca]), reason=Reason.CERTIFICATE,
        ),
        Forgery(
            name="certificate-ambiguous", why="two certificates have the key identifier",
            signed=made.build(unit, CONTENT, by_key_identifier=True, certificates=[unit, renewed]),
            reason=Reason.CERTIFICATE,
        ),
        Forgery(
            name="weak-key", why="RSA of 1024 bits",
            signed=made.build(weak, CONTENT), reason=Reason.ALGORITHM,
            openssl="at its default security level 1",
        ),
        *(
            Forgery(
                name=f"weak-hash-{hashed.name}", why="broken hash",
                signed=made.build(
                    unit, CONTENT, digest=hashed.name,
                    signature_algorithm={"algorithm": "rsassa_pkcs1v15"},
                    value=lambda over, by=hashed: unit.key.sign(over, padding.PKCS1v15(), by)),
                reason=Reason.ALGORITHM, openssl="at its default security level 1",
            )
            for hashed in (hashes.SHA1(), hashes.MD5())
        ),
        Forgery(
            name="hash-swapped-to-sha1", why="a good signature said to be by a broken hash",
            signed=made.build(unit, CONTENT, bend=_sha1), reason=Reason.ALGORITHM,
        ),
        Forgery(
            name="hashes-differ", why="content by one hash, attributes by another",
            signed=made.build(
                unit, CONTENT, digest="sha256", mechanism=Mechanism.RSA_PKCS1_SHA512),
            reason=Reason.ALGORITHM,
        ),
        Forgery(
            name="hash-not-announced", why="digestAlgorithms names another one",
            signed=made.build(unit, CONTENT, announced=["sha512"]), reason=Reason.ALGORITHM,
        ),
        Forgery(
            name="algorithm-of-another-kind-of-key", why="ECDSA by an RSA key",
            signed=made.build(unit, CONTENT, signature_algorithm={"algorithm": "sha256_ecdsa"}),
            reason=Reason.ALGORITHM,
        ),
        Forgery(
            name="pss-with-a-weak-mask", why="MGF1 over SHA-1",
            signed=made.build(
                unit, CONTENT, mechanism=Mechanism.RSA_PSS_SHA256,
                signature_algorithm=made.pss_identifier(mask="sha1")),
            reason=Reason.ALGORITHM,
        ),
        Forgery(
            name="pss-by-its-defaults", why="no parameters means SHA-1 (RFC 4055 §3.1)",
            signed=made.build(
                unit, CONTENT, mechanism=Mechanism.RSA_PSS_SHA256,
                signature_algorithm=made.pss_identifier("sha1", salt=20)),
            reason=Reason.ALGORITHM,
        ),
        Forgery(
            name="attributes-out-of-order", why="DER has one order; a reader that sorts them hashes"
            " something else",
            signed=_out_of_order(good), reason=grammar,
        ),
        Forgery(
            name="attributes-in-ber", why="an open length in what is signed",
            signed=_open_length(unit), reason=grammar,
            openssl="writes the attributes anew before it hashes them",
        ),
        Forgery(
            name="second-signature-bad", why="nobody can tell which one a reader looks at",
            signed=_two_signatures(unit, other), reason=Reason.VALUE,
        ),
        Forgery(
            name="signed-before-certificate-hash-was-cut", why="a hash of half the length",
            signed=made.build(unit, CONTENT, signed=_with(
                unit, signing_certificate_v2=[_short_hash(unit)])),
            reason=binding,
        ),
    ]  # fmt: skip


def _no_signer(data: cms.SignedData) -> None:
    data["signer_infos"] = []


def _sha1(data: cms.SignedData) -> None:
    data["digest_algorithms"] = [{"algorithm": "sha1"}]
    data["signer_infos"][0]["digest_algorithm"] = {"algorithm": "sha1"}
    data["signer_infos"][0]["signature_algorithm"] = {"algorithm": "sha1_rsa"}


def _as_attribute_certificate(signed: bytes) -> bytes:
    """[2] v2AttrCert in place of the certificate's SEQUENCE."""
    data = cms.ContentInfo.load(signed)["content"]
    certificate = data["certificates"][0].chosen.dump()
    return signed.replace(certificate, b"\xa2" + certificate[1:])


def _replaced(signed: bytes, *pairs: bytes) -> bytes:
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert len(old) == len(new)
        assert old in signed
        signed = signed.replace(old, new)
    return signed


def _attributes_as_content(unit: Holder) -> bytes:
    taken = cms.ContentInfo.load(made.build(unit, CONTENT))["content"]["signer_infos"][0]
    shown = b"\x31" + taken["signed_attrs"].dump()[1:]

    def bend(data: cms.SignedData) -> None:
        data["signer_infos"][0]["signature"] = taken["signature"].native

    return made.build(unit, shown, with_attributes=False, bend=bend)


def _numbered(unit: Holder, other: Holder) -> object:
    bound = made.binding(unit, issuer=True)
    bound["certs"][0]["issuer_serial"]["serial_number"] = made.parsed(other).serial_number
    return bound


def _short_hash(unit: Holder) -> object:
    bound = made.binding(unit)
    bound["certs"][0]["cert_hash"] = hashlib.sha256(unit.der).digest()[:16]
    return bound


def _out_of_order(signed: bytes) -> bytes:
    written = cms.ContentInfo.load(signed)["content"]["signer_infos"][0]["signed_attrs"]
    first, *rest = [one.dump() for one in written]
    return _replaced(signed, b"".join((first, *rest)), b"".join((*rest, first)))


def _open_length(unit: Holder) -> bytes:
    """Signed in DER, so that nothing but the form is wrong."""
    told = [
        cms.CMSAttribute({"type": name, "values": values}).dump()
        for name, values in _with(unit).items()
    ]
    octets = b"\xa0\x80" + b"".join(sorted(told)) + b"\0\0"
    value = unit.sign(hashlib.sha256(der.set_of(*told)).digest())
    certificate = made.parsed(unit)
    name = der.sequence(certificate.issuer.dump(), der.integer(certificate.serial_number))
    digest = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"))
    method = der.sequence(der.oid("1.2.840.113549.1.1.11"), der.NULL)
    one = der.integer(1)
    info = der.sequence(one, name, digest, octets, method, der.octet_string(value))
    content = der.sequence(
        der.oid("1.2.840.113549.1.7.1"), der.tagged(0, der.octet_string(CONTENT))
    )
    data = der.sequence(one, der.set_of(digest), content, der.tagged(0, unit.der), der.set_of(info))
    return der.sequence(der.oid("1.2.840.113549.1.7.2"), der.tagged(0, data))


def _two_signatures(unit: Holder, other: Holder) -> bytes:
    """The first good, the second with another one's key."""
    second = made.build(other, CONTENT, signer=unit)
    taken = cms.ContentInfo.load(second)["content"]["signer_infos"][0]

    def bend(data: cms.SignedData) -> None:
        data["signer_infos"] = [data["signer_infos"][0], taken]

    return made.build(unit, CONTENT, certificates=[unit, other], bend=bend)
