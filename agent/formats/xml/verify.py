"""Verify one XML signature against the profile it claims to follow, strictly.

The verifier does not look for a signature and then for what it covers: it goes to the one place
where the profile wants the signature, and refuses everything that the profile does not foresee.
That leaves no room for wrapping, where what was verified is not what is read:

* one ds:Signature in the whole document, the only content of the profile's container;
* one reference, to the whole document, with one transform; so nothing outside the signature is
  uncovered;
* inside the signature no element, attribute or text beyond the profile's grammar; so nothing can
  hide in the parts that are not covered (ds:Object, KeyInfo);
* algorithms by the profile, never by the document;
* the key is the certificate's, and KeyValue must agree with it.

Whether the certificate is trusted, valid or the right one is the caller's question.
Rejection is an exception; there is no result that could be mistaken for success.
"""

import base64
import binascii
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby
from typing import Final, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from lxml import etree

from agent.errors import DocumentError, UserError
from agent.formats.signer import signer_of
from agent.formats.xml import algorithms, canonical
from agent.formats.xml.algorithms import (
    CANONICALIZATION_URI,
    DIGEST_URI,
    DS,
    ENVELOPED,
    SIGNATURE_URI,
)
from agent.formats.xml.container import elements_at
from agent.formats.xml.intake import SIGNATURE_ROOM, take_in
from agent.formats.xml.profiles import KeyInfoPart, Profile, SignatureMethod, SigningTime
from protocol.limits import MAX_XML_BYTES

_SIGNATURE: Final = f"{{{DS}}}Signature"
_XML_SPACE: Final = " \t\r\n"
_NO_SPACE: Final = dict.fromkeys(map(ord, _XML_SPACE))
_KEY_INFO_ELEMENT: Final = {
    KeyInfoPart.RSA_KEY_VALUE: "RSAKeyValue",
    KeyInfoPart.X509_SUBJECT_NAME: "X509SubjectName",
    KeyInfoPart.X509_CERTIFICATE: "X509Certificate",
}


class Reason(StrEnum):
    """Why a signature was rejected; `reason` in the details of DocumentError signature_invalid."""

    MISSING = "missing"  # the profile's container is missing or empty
    PLACE = "place"  # not one signature, or not where the profile wants it
    GRAMMAR = "grammar"  # something within the signature is not as the profile wants it
    ALGORITHM = "algorithm"
    REFERENCE = "reference"  # it refers to something else than the profile wants
    DIGEST = "digest"  # the document was changed
    CERTIFICATE = "certificate"  # unreadable, or contradicted by KeyValue
    VALUE = "value"  # the signature is not by the certificate's key


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    covered: bytes  # canonical octets of all that was signed
    digest: bytes  # of `covered`, by the profile's algorithm
    certificate: bytes  # DER, from KeyInfo; its key made the signature. Not judged.
    method: SignatureMethod
    claimed_time: datetime | None  # not covered by the signature: a claim


def verify(document: bytes, profile: Profile) -> Verified:
    """Verify the signature in `document`.

    Raises DocumentError signature_invalid (details: reason, a `Reason`), and what
    `intake.take_in` raises.
    """
    intake = take_in(document, path=profile.container, limit=MAX_XML_BYTES + SIGNATURE_ROOM)
    signature = _the_signature(intake.tree, profile)
    info, value, key_info, *times = _parts(signature, profile)
    method, reference_digest = _signed_info(info, profile)
    certificate, key = _certificate(key_info, profile)
    claimed_time = _claimed_time(times[0], profile.signing_time) if profile.signing_time else None

    try:
        algorithms.check(method, key, signature=_octets(value), octets=canonical.subtree(info))
    except InvalidSignature:
        _reject(Reason.VALUE)
    _detach(signature)
    covered = canonical.document(intake.tree)
    if not hmac.compare_digest(algorithms.digest(profile.digest, covered), reference_digest):
        _reject(Reason.DIGEST)
    return Verified(
        covered=covered,
        digest=reference_digest,
        certificate=certificate,
        method=method,
        claimed_time=claimed_time,
    )


def _the_signature(
    tree: "etree._ElementTree[etree._Element]", profile: Profile
) -> "etree._Element":
    containers = elements_at(tree, profile.container)
    if not containers or (len(containers) == 1 and not len(containers[0])):
        _reject(Reason.MISSING)
    everywhere = list(tree.iter(_SIGNATURE))
    if len(containers) > 1 or list(containers[0]) != everywhere:
        _reject(Reason.PLACE)
    (signature,) = _inside(containers[0], "Signature", reason=Reason.PLACE)
    return signature


def _parts(signature: "etree._Element", profile: Profile) -> "list[etree._Element]":
    """SignedInfo, SignatureValue, KeyInfo and, if the profile has a signing time, Object."""
    if set(signature.attrib) - {"Id"}:
        _reject(Reason.GRAMMAR)
    names = ["SignedInfo", "SignatureValue", "KeyInfo"]
    return _inside(signature, *names, *(["Object"] if profile.signing_time else []))


def _signed_info(info: "etree._Element", profile: Profile) -> tuple[SignatureMethod, bytes]:
    """The method and the reference's digest value."""
    _attributes(info)
    canonicalization, method, reference = _inside(
        info, "CanonicalizationMethod", "SignatureMethod", "Reference", reason=Reason.REFERENCE
    )
    _algorithm(canonicalization, CANONICALIZATION_URI[profile.canonicalization])
    by_uri = {SIGNATURE_URI[allowed]: allowed for allowed in profile.signature}
    chosen = by_uri.get(method.get("Algorithm", ""))
    if chosen is None:
        _reject(Reason.ALGORITHM)
    _algorithm(method, SIGNATURE_URI[chosen])

    if dict(reference.attrib) != {"URI": ""}:
        _reject(Reason.REFERENCE)
    transforms, digest_method, digest_value = _inside(
        reference, "Transforms", "DigestMethod", "DigestValue", reason=Reason.REFERENCE
    )
    _attributes(transforms)
    (transform,) = _inside(transforms, "Transform", reason=Reason.REFERENCE)
    _algorithm(transform, ENVELOPED)
    _algorithm(digest_method, DIGEST_URI[profile.digest])
    return chosen, _octets(digest_value)


def _certificate(
    key_info: "etree._Element", profile: Profile
) -> tuple[bytes, CertificatePublicKeyTypes]:
    """The certificate's DER and its key; KeyValue, if there is one, must be the same key."""
    _attributes(key_info)
    leaves = dict(zip(profile.key_info, _key_info_leaves(key_info, profile), strict=True))
    der = _octets(leaves[KeyInfoPart.X509_CERTIFICATE])
    if (name := leaves.get(KeyInfoPart.X509_SUBJECT_NAME)) is not None:
        _leaf(name)  # programs print names differently, so its text is not compared
    try:
        key = signer_of(der).key
    except UserError:
        _reject(Reason.CERTIFICATE)
    stated = leaves.get(KeyInfoPart.RSA_KEY_VALUE)
    if stated is not None and not _is_key(stated, key):
        _reject(Reason.CERTIFICATE)
    return der, key


def _key_info_leaves(key_info: "etree._Element", profile: Profile) -> "Iterator[etree._Element]":
    """The element of each part, in the profile's order."""
    groups = [
        (is_x509, list(parts))
        for is_x509, parts in groupby(profile.key_info, key=KeyInfoPart.is_x509)
    ]
    wrappers = _inside(key_info, *("X509Data" if x509 else "KeyValue" for x509, _ in groups))
    for wrapper, (_, parts) in zip(wrappers, groups, strict=True):
        _attributes(wrapper)
        yield from _inside(wrapper, *(_KEY_INFO_ELEMENT[part] for part in parts))


def _is_key(rsa_key_value: "etree._Element", key: CertificatePublicKeyTypes) -> bool:
    _attributes(rsa_key_value)
    modulus, exponent = (
        int.from_bytes(_octets(number), "big")
        for number in _inside(rsa_key_value, "Modulus", "Exponent")
    )
    return isinstance(key, rsa.RSAPublicKey) and (
        key.public_numbers() == rsa.RSAPublicNumbers(exponent, modulus)
    )


def _claimed_time(holder: "etree._Element", time: SigningTime) -> datetime:
    _attributes(holder)
    (properties,) = _inside(holder, "SignatureProperties", namespace=time.properties_namespace)
    (one,) = _inside(properties, "SignatureProperty", namespace=time.properties_namespace)
    (moment,) = _inside(one, "SigningTime", namespace=time.time_namespace)
    _attributes(properties, Id=time.properties_id)
    if set(one.attrib) != {"Target"}:
        _reject(Reason.GRAMMAR)
    try:
        return datetime.strptime(_leaf(moment), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        _reject(Reason.GRAMMAR)


def _inside(
    parent: "etree._Element",
    *names: str,
    namespace: str = DS,
    reason: Reason = Reason.GRAMMAR,
) -> "list[etree._Element]":
    """The children of `parent`: these elements in this order, and nothing but white space."""
    children = list(parent)
    expected = [etree.QName(namespace or None, name).text for name in names]
    if [child.tag for child in children] != expected:  # a comment's tag is not a string
        _reject(reason)
    for text in (parent.text, *(child.tail for child in children)):
        if (text or "").strip(_XML_SPACE):
            _reject(reason)
    return children


def _attributes(element: "etree._Element", **expected: str) -> None:
    if dict(element.attrib) != expected:
        _reject(Reason.GRAMMAR)


def _algorithm(element: "etree._Element", uri: str) -> None:
    """An element that names an algorithm, without parameters."""
    if dict(element.attrib) != {"Algorithm": uri}:
        _reject(Reason.ALGORITHM)
    if len(element) or (element.text or "").strip(_XML_SPACE):
        _reject(Reason.ALGORITHM)


def _leaf(element: "etree._Element") -> str:
    """The text of an element that holds text alone; a comment would split it."""
    _attributes(element)
    if len(element):
        _reject(Reason.GRAMMAR)
    return element.text or ""


def _octets(element: "etree._Element") -> bytes:
    """xs:base64Binary: white space is allowed in it, nothing else is."""
    try:
        return base64.b64decode(_leaf(element).translate(_NO_SPACE), validate=True)
    except (binascii.Error, ValueError):
        _reject(Reason.GRAMMAR)


def _detach(signature: "etree._Element") -> None:
    """Take the signature out as the enveloped-signature transform does: the tail stays."""
    parent = signature.getparent()
    assert parent is not None  # it was found inside its container
    parent.text = (parent.text or "") + (signature.tail or "")
    parent.remove(signature)


def _reject(reason: Reason) -> NoReturn:
    raise DocumentError("signature_invalid", reason=reason.value)
