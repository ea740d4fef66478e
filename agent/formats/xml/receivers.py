"""What the receivers that our profiles know read, wherever a signature came from."""

from collections.abc import Collection

from lxml import etree

from agent.formats.xml.positions import elements_at
from agent.formats.xml.profiles import PROFILES, Element


def read_what_is_signed(
    tree: "etree._ElementTree[etree._Element]",
    place: "etree._Element | None",
    signed: "Collection[etree._Element | None]",
) -> bool:
    """Whether a signature in `place` over the elements `signed` is over what is read: a receiver
    that looks for its signature there takes the element at its profile's path for the signed one.
    """
    for profile in PROFILES.values():
        if not isinstance(profile.reference, Element):
            continue
        if place is None or place not in elements_at(tree, profile.container):
            continue
        read = elements_at(tree, profile.reference.path)
        if len(read) != 1 or read[0] not in signed:
            return False
    return True
