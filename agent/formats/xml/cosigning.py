"""Other signatures in a document: where they may stand, and that ours leaves them valid.

A signature added later changes every part of the document that it stands in. So a signature that
covers the whole document, or an element around our container, would be broken by ours; and one
whose Ids are ours would make both ambiguous. Such documents are refused before anybody signs.
"""

from collections.abc import Iterable
from typing import Final

from lxml import etree

from agent.errors import DocumentError
from agent.formats.xml import grammar
from agent.formats.xml.algorithms import DS
from agent.formats.xml.positions import elements_at
from agent.formats.xml.profiles import Profile
from agent.formats.xml.reference import ids

_SIGNATURE: Final = f"{{{DS}}}Signature"


def others(tree: "etree._ElementTree[etree._Element]", profile: Profile) -> "list[etree._Element]":
    """The signatures in the containers that the profile leaves to others, in no order."""
    return [
        signature
        for path in profile.co_signers
        for container in elements_at(tree, path)
        for signature in container.iterchildren(_SIGNATURE)
    ]


def all_signatures(tree: "etree._ElementTree[etree._Element]") -> "list[etree._Element]":
    return list(tree.iter(_SIGNATURE))


def signature_with(tree: "etree._ElementTree[etree._Element]", id_: str) -> "etree._Element":
    """The signature with this Id. Raises DocumentError signature_invalid (missing)."""
    found = next((one for one in all_signatures(tree) if one.get("Id") == id_), None)
    if found is None:
        grammar.reject(grammar.Reason.MISSING)
    return found


def check(
    tree: "etree._ElementTree[etree._Element]", profile: Profile, *, container: "etree._Element"
) -> None:
    """That a signature in `container` harms no other.

    Raises DocumentError signature_in_the_way, reference_ambiguous.
    """
    found = others(tree, profile)
    if len(found) != len(all_signatures(tree)):
        raise DocumentError("signature_in_the_way", reason="place")
    around = [container, *container.iterancestors()]
    for signature in found:
        for reference in signature.iterfind(f"{{{DS}}}SignedInfo/{{{DS}}}Reference"):
            covered = _by_id(tree, reference.get("URI", ""))
            if len(covered) != 1 or covered[0] in around:
                raise DocumentError("signature_in_the_way", reason="reference")
    if profile.is_enveloped():
        return  # no other signature is in the document, and nothing is found by Id
    time = profile.signing_time
    own = (profile.signature_id, time and time.object_id, time and time.properties_id)
    check_ids(tree, [one for one in own if one])


def check_shaped(
    tree: "etree._ElementTree[etree._Element]",
    *,
    container: "etree._Element",
    own_ids: Iterable[str],
) -> None:
    """The same where signatures may stand anywhere, and refer to anything.

    Raises DocumentError signature_in_the_way, reference_ambiguous.
    """
    around = [container, *container.iterancestors()]
    found = all_signatures(tree)
    if not set(found).isdisjoint(around):
        raise DocumentError("signature_in_the_way", reason="place")
    for signature in found:
        for reference in signature.iterfind(f"{{{DS}}}SignedInfo/{{{DS}}}Reference"):
            uri = reference.get("URI", "external")
            if uri and not uri.startswith("#"):
                continue  # another document, which stays as it is
            covered = _by_id(tree, uri)
            if len(covered) != 1 or covered[0] in around:
                raise DocumentError("signature_in_the_way", reason="reference")
    check_ids(tree, own_ids)


def check_ids(tree: "etree._ElementTree[etree._Element]", own: Iterable[str]) -> None:
    """That the document has none of our Ids. Raises DocumentError reference_ambiguous."""
    taken = ids(tree)
    for one in own:
        if taken[one]:
            raise DocumentError("reference_ambiguous", id=one)


def _by_id(tree: "etree._ElementTree[etree._Element]", uri: str) -> "list[etree._Element]":
    """The elements that URI="#…" can mean; none for another URI."""
    if not uri.startswith("#"):
        return []
    found = tree.xpath("//*[@*[translate(local-name(),'ID','id')='id']=$value]", value=uri[1:])
    return list(found) if isinstance(found, list) else []
