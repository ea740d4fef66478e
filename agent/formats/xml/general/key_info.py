"""KeyInfo as any program may write it: the certificates in it, and nothing that contradicts them.

What names a key by other means is read over where it is harmless (names, numbers) and refused where
it would lead elsewhere (RetrievalMethod) or hide something.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from lxml import etree

from agent.errors import UserError
from agent.formats.signer import signer_of
from agent.formats.xml import algorithms, grammar
from agent.formats.xml.algorithms import DS
from agent.formats.xml.grammar import Reason
from agent.formats.xml.profiles import SignatureMethod

DS11: Final = "http://www.w3.org/2009/xmldsig11#"
MAX_CERTIFICATES: Final = 16
_NAMED_CURVE: Final = {
    "secp256r1": "urn:oid:1.2.840.10045.3.1.7",
    "secp384r1": "urn:oid:1.3.132.0.34",
    "secp521r1": "urn:oid:1.3.132.0.35",
}
_LEAVES: Final = frozenset({"X509SubjectName", "X509SKI", "X509CRL"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInfo:
    certificates: tuple[bytes, ...] = field(repr=False)  # DER, in their order; none twice
    #: KeyValues, each as a test of whether it is this key.
    stated: tuple[Callable[[CertificatePublicKeyTypes], bool], ...] = field(repr=False)

    def signer(
        self, *, method: SignatureMethod, value: bytes, octets: bytes, bound: bytes | None
    ) -> bytes:
        """The certificate whose key made `value` over `octets`; `bound` if that is given.

        Where several certificates are of that key, verifiers would differ in whom they name, so
        that is refused unless one is bound.

        Raises DocumentError signature_invalid (value, certificate).
        """
        if bound is not None:
            _check(method, bound, value=value, octets=octets)
            return self._agreeing(bound)
        if len(self.certificates) == 1:
            _check(method, self.certificates[0], value=value, octets=octets)
            return self._agreeing(self.certificates[0])
        signers = [one for one in self.certificates if _is_by(method, one, value, octets)]
        if not signers:
            grammar.reject(Reason.VALUE)
        if len(signers) > 1:
            grammar.reject(Reason.CERTIFICATE)
        return self._agreeing(signers[0])

    def _agreeing(self, certificate: bytes) -> bytes:
        key = _key(certificate)
        if not all(is_it(key) for is_it in self.stated):
            grammar.reject(Reason.CERTIFICATE)
        return certificate


def read(element: "etree._Element") -> KeyInfo:
    """Raises DocumentError signature_invalid (grammar, certificate)."""
    grammar.only_attributes(element, "Id")
    certificates: list[bytes] = []
    stated = []
    for child in grammar.elements(element):
        if child.tag == f"{{{DS}}}X509Data":
            certificates += _x509(child)
        elif child.tag == f"{{{DS}}}KeyValue":
            stated.append(_key_value(child))
        elif child.tag == f"{{{DS11}}}DEREncodedKeyValue":
            stated.append(_is_spki(grammar.octets(child)))
        elif child.tag == f"{{{DS}}}KeyName":
            grammar.leaf(child)
        else:
            grammar.reject(Reason.GRAMMAR)
    if not 1 <= len(certificates) <= MAX_CERTIFICATES:
        grammar.reject(Reason.CERTIFICATE)
    return KeyInfo(certificates=tuple(dict.fromkeys(certificates)), stated=tuple(stated))


def _x509(data: "etree._Element") -> list[bytes]:
    grammar.attributes(data)
    certificates = []
    for child in grammar.elements(data):
        name = str(child.tag).removeprefix(f"{{{DS}}}")
        if name == "X509Certificate":
            certificates.append(grammar.octets(child))
        elif name in _LEAVES:
            grammar.leaf(child)
        elif name == "X509IssuerSerial":
            grammar.attributes(child)
            for leaf in grammar.inside(child, "X509IssuerName", "X509SerialNumber"):
                grammar.leaf(leaf)
        elif name == f"{{{DS11}}}X509Digest":
            grammar.only_attributes(child, "Algorithm")
            grammar.base64_octets(child)
        else:
            grammar.reject(Reason.GRAMMAR)
    return certificates


def _key_value(element: "etree._Element") -> Callable[[CertificatePublicKeyTypes], bool]:
    grammar.attributes(element)
    (value,) = grammar.elements(element, most=1) or (element,)
    if value.tag == f"{{{DS}}}RSAKeyValue":
        return _is_rsa(value)
    if value.tag != f"{{{DS11}}}ECKeyValue":
        grammar.reject(Reason.GRAMMAR)
    return _is_ec(value)


def _is_rsa(value: "etree._Element") -> Callable[[CertificatePublicKeyTypes], bool]:
    grammar.attributes(value)
    modulus, exponent = (
        int.from_bytes(grammar.octets(number), "big")
        for number in grammar.inside(value, "Modulus", "Exponent")
    )
    return lambda key: (
        isinstance(key, rsa.RSAPublicKey)
        and (key.public_numbers().n, key.public_numbers().e) == (modulus, exponent)
    )


def _is_ec(value: "etree._Element") -> Callable[[CertificatePublicKeyTypes], bool]:
    grammar.only_attributes(value, "Id")
    curve, point = grammar.inside(value, "NamedCurve", "PublicKey", namespace=DS11)
    grammar.only_attributes(curve, "URI")
    grammar.elements(curve, most=0)
    uri, octets = curve.get("URI"), grammar.octets(point)
    return lambda key: (
        isinstance(key, ec.EllipticCurvePublicKey)
        and _NAMED_CURVE.get(key.curve.name) == uri
        and key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        == octets
    )


def _is_spki(octets: bytes) -> Callable[[CertificatePublicKeyTypes], bool]:
    return lambda key: (
        key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        == octets
    )


def _key(certificate: bytes) -> CertificatePublicKeyTypes:
    try:
        return signer_of(certificate).key
    except UserError:
        grammar.reject(Reason.CERTIFICATE)


def _check(method: SignatureMethod, certificate: bytes, *, value: bytes, octets: bytes) -> None:
    try:
        algorithms.check(method, _key(certificate), signature=value, octets=octets)
    except InvalidSignature:
        grammar.reject(Reason.VALUE)


def _is_by(method: SignatureMethod, certificate: bytes, value: bytes, octets: bytes) -> bool:
    try:
        algorithms.check(method, _key(certificate), signature=value, octets=octets)
    except InvalidSignature:
        return False
    return True
