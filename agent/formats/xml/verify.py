"""Verify one XML signature against the profile it claims to follow, strictly.

The verifier does not look for a signature and then for what it covers: it goes to the one place
where the profile wants the signature, and refuses everything that the profile does not foresee.
That leaves no room for wrapping, where what was verified is not what is read:

* one ds:Signature in the profile's container, its only content, and no other in the document but
  where the profile leaves a place to co-signers;
* one reference to the content, with the profile's transforms: to the whole document, so nothing
  outside the signature is uncovered; or to the one element that path and Id both lead to
  (`reference`), and then `Verified.covered` is all that may be relied on;
* one more to the signing time's object if the profile has that signed, and no other reference;
* inside the signature no element, attribute or text beyond the profile's grammar; so nothing can
  hide in the parts that are not covered (ds:Object, KeyInfo);
* algorithms by the profile, never by the document;
* the key is the certificate's, and KeyValue must agree with it.

Whether the certificate is trusted, valid or the right one is the caller's question.
Rejection is an exception; there is no result that could be mistaken for success.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from lxml import etree

from agent.errors import DocumentError
from agent.formats.xml import algorithms, canonical, cosigning, grammar, key_info, reference
from agent.formats.xml.algorithms import (
    CANONICALIZATION_URI,
    DIGEST_URI,
    SIGNATURE_URI,
    TRANSFORM_URI,
)
from agent.formats.xml.grammar import Reason
from agent.formats.xml.intake import SIGNATURE_ROOM, take_in
from agent.formats.xml.markup import TIME_FORMAT, ZONE
from agent.formats.xml.positions import elements_at
from agent.formats.xml.profiles import (
    Profile,
    SignatureMethod,
    SigningTime,
    Transform,
)
from agent.formats.xml.reference import Target
from protocol.limits import MAX_XML_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    covered: bytes  # canonical octets of all that was signed
    digest: bytes  # of `covered`, by the profile's algorithm
    certificate: bytes  # DER, from KeyInfo; its key made the signature. Not judged.
    method: SignatureMethod
    claimed_time: datetime | None  # by the signer's clock, if `time_covered`; else by anybody's
    time_covered: bool


def verify(document: bytes, profile: Profile) -> Verified:
    """Verify the signature in `document`.

    Raises DocumentError signature_invalid (details: reason, a `Reason`), and what
    `intake.take_in` raises.
    """
    limit = MAX_XML_BYTES + SIGNATURE_ROOM
    return verify_tree(take_in(document, path=profile.container, limit=limit).tree, profile)


def verify_tree(
    tree: "etree._ElementTree[etree._Element]", profile: Profile, *, known: bytes | None = None
) -> Verified:
    """The same of what was taken in already. The signature is not in the tree afterwards.

    `known` is the content's digest, for who has just computed it of these bytes; `covered` is then
    left empty.
    """
    signature = _the_signature(tree, profile)
    target = _target(tree, profile)
    info, value, key_info_element, *objects = _parts(signature, profile)
    method, (content_digest, *time_digests) = _signed_info(info, target, profile)
    certificate, key = key_info.certificate(key_info_element, profile)
    time = profile.signing_time
    claimed_time = _claimed_time(objects[0], time) if time else None

    octets = canonical.subtree(info, profile.canonicalization)
    try:
        algorithms.check(method, key, signature=grammar.octets(value), octets=octets)
    except InvalidSignature:
        grammar.reject(Reason.VALUE)
    if time is not None and time.is_signed():
        _check_ids(tree, signature, time)
        _check_digest(canonical.subtree(objects[0]), time_digests[0], profile)
    covered = b""
    if known is None:
        canonical.cut(signature)
        covered = reference.octets(tree, target, profile.transforms)
        _check_digest(covered, content_digest, profile)
    elif not hmac.compare_digest(known, content_digest):
        grammar.reject(Reason.DIGEST)
    return Verified(
        covered=covered,
        digest=content_digest,
        certificate=certificate,
        method=method,
        claimed_time=claimed_time,
        time_covered=time is not None and time.is_signed(),
    )


def _the_signature(
    tree: "etree._ElementTree[etree._Element]", profile: Profile
) -> "etree._Element":
    containers = elements_at(tree, profile.container)
    if not containers or (len(containers) == 1 and not len(containers[0])):
        grammar.reject(Reason.MISSING)
    if len(containers) > 1:
        grammar.reject(Reason.PLACE)
    (signature,) = grammar.inside(containers[0], "Signature", reason=Reason.PLACE)
    if {signature, *cosigning.others(tree, profile)} != set(cosigning.all_signatures(tree)):
        grammar.reject(Reason.PLACE)
    return signature


def _target(tree: "etree._ElementTree[etree._Element]", profile: Profile) -> Target:
    try:
        return reference.target(tree, profile.reference)
    except DocumentError:
        grammar.reject(Reason.REFERENCE)


def _parts(signature: "etree._Element", profile: Profile) -> "list[etree._Element]":
    """SignedInfo, SignatureValue, KeyInfo and, if the profile has a signing time, Object."""
    if set(signature.attrib) - {"Id"}:
        grammar.reject(Reason.GRAMMAR)
    names = ["SignedInfo", "SignatureValue", "KeyInfo"]
    return grammar.inside(signature, *names, *(["Object"] if profile.signing_time else []))


def _signed_info(
    info: "etree._Element", target: Target, profile: Profile
) -> tuple[SignatureMethod, list[bytes]]:
    """The method and the digest value of each reference."""
    expected: list[tuple[str, tuple[Transform, ...]]] = [(target.uri, profile.transforms)]
    time = profile.signing_time
    if time is not None and time.is_signed():
        expected.append((f"#{time.object_id}", ()))
    grammar.attributes(info)
    canonicalization, method, *references = grammar.inside(
        info,
        *("CanonicalizationMethod", "SignatureMethod"),
        *("Reference" for _ in expected),
        reason=Reason.REFERENCE,
    )
    grammar.algorithm(canonicalization, CANONICALIZATION_URI[profile.canonicalization])
    by_uri = {SIGNATURE_URI[allowed]: allowed for allowed in profile.signature}
    chosen = by_uri.get(method.get("Algorithm", ""))
    if chosen is None:
        grammar.reject(Reason.ALGORITHM)
    grammar.algorithm(method, SIGNATURE_URI[chosen])
    return chosen, [
        _reference(element, uri, transforms, profile)
        for element, (uri, transforms) in zip(references, expected, strict=True)
    ]


def _reference(
    element: "etree._Element", uri: str, transforms: tuple[Transform, ...], profile: Profile
) -> bytes:
    """The digest value."""
    if dict(element.attrib) != {"URI": uri}:
        grammar.reject(Reason.REFERENCE)
    *wrapper, digest_method, digest_value = grammar.inside(
        element,
        *(["Transforms"] if transforms else []),
        *("DigestMethod", "DigestValue"),
        reason=Reason.REFERENCE,
    )
    for list_of_steps in wrapper:
        grammar.attributes(list_of_steps)
        steps = grammar.inside(
            list_of_steps, *("Transform" for _ in transforms), reason=Reason.REFERENCE
        )
        for step, transform in zip(steps, transforms, strict=True):
            grammar.algorithm(step, TRANSFORM_URI[transform])
    grammar.algorithm(digest_method, DIGEST_URI[profile.digest])
    return grammar.octets(digest_value)


def _claimed_time(holder: "etree._Element", time: SigningTime) -> datetime:
    grammar.attributes(holder, **_id(time.object_id))
    (properties,) = grammar.inside(
        holder, "SignatureProperties", namespace=time.properties_namespace
    )
    (one,) = grammar.inside(properties, "SignatureProperty", namespace=time.properties_namespace)
    (moment,) = grammar.inside(one, "SigningTime", namespace=time.time_namespace)
    grammar.attributes(properties, **_id(time.properties_id))
    if set(one.attrib) != {"Target"}:
        grammar.reject(Reason.GRAMMAR)
    if time.is_signed():
        signature = holder.getparent()
        assert signature is not None  # `_parts` found the holder in it
        grammar.attributes(one, Target=f"#{signature.get('Id', '')}")
    try:
        told = datetime.strptime(grammar.leaf(moment), TIME_FORMAT[time.form]).replace(
            tzinfo=ZONE[time.form]
        )
    except ValueError:
        grammar.reject(Reason.GRAMMAR)
    return told


def _id(value: str | None) -> dict[str, str]:
    return {} if value is None else {"Id": value}


def _check_ids(
    tree: "etree._ElementTree[etree._Element]", signature: "etree._Element", time: SigningTime
) -> None:
    """The object that is referred to, and the signature that it belongs to, are no others."""
    known = reference.ids(tree)
    if known[signature.get("Id", "")] != 1 or known[time.object_id or ""] != 1:
        grammar.reject(Reason.REFERENCE)


def _check_digest(octets: bytes, digest: bytes, profile: Profile) -> None:
    if not hmac.compare_digest(algorithms.digest(profile.digest, octets), digest):
        grammar.reject(Reason.DIGEST)
