"""The KeyInfo of a signature that is verified: whose key it names."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from lxml import etree

from agent.errors import UserError
from agent.formats.signer import signer_of
from agent.formats.xml import grammar
from agent.formats.xml.profiles import KeyInfoPart, Profile

_ELEMENT: Final = {
    KeyInfoPart.RSA_KEY_VALUE: "RSAKeyValue",
    KeyInfoPart.X509_SUBJECT_NAME: "X509SubjectName",
    KeyInfoPart.X509_CERTIFICATE: "X509Certificate",
}


def certificate(
    key_info: "etree._Element", profile: Profile
) -> tuple[bytes, CertificatePublicKeyTypes]:
    """The certificate's DER and its key; KeyValue, if there is one, must be the same key."""
    grammar.attributes(key_info)
    leaves = dict(zip(profile.key_info, _leaves(key_info, profile), strict=True))
    der = grammar.octets(leaves[KeyInfoPart.X509_CERTIFICATE])
    if (name := leaves.get(KeyInfoPart.X509_SUBJECT_NAME)) is not None:
        grammar.leaf(name)  # programs print names differently, so its text is not compared
    try:
        key = signer_of(der).key
    except UserError:
        grammar.reject(grammar.Reason.CERTIFICATE)
    stated = leaves.get(KeyInfoPart.RSA_KEY_VALUE)
    if stated is not None and not _is_key(stated, key):
        grammar.reject(grammar.Reason.CERTIFICATE)
    return der, key


def _leaves(key_info: "etree._Element", profile: Profile) -> "Iterator[etree._Element]":
    """The element of each part, in the profile's order."""
    groups = [
        (is_x509, list(parts))
        for is_x509, parts in groupby(profile.key_info, key=KeyInfoPart.is_x509)
    ]
    wrappers = grammar.inside(key_info, *("X509Data" if x509 else "KeyValue" for x509, _ in groups))
    for wrapper, (_, parts) in zip(wrappers, groups, strict=True):
        grammar.attributes(wrapper)
        yield from grammar.inside(wrapper, *(_ELEMENT[part] for part in parts))


def _is_key(rsa_key_value: "etree._Element", key: CertificatePublicKeyTypes) -> bool:
    grammar.attributes(rsa_key_value)
    modulus, exponent = (
        int.from_bytes(grammar.octets(number), "big")
        for number in grammar.inside(rsa_key_value, "Modulus", "Exponent")
    )
    return isinstance(key, rsa.RSAPublicKey) and (
        key.public_numbers() == rsa.RSAPublicNumbers(exponent, modulus)
    )
