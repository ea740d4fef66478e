"""What the time stamps of XAdES are of (EN 319 132-1 §5.3 and §5.5.2)."""

from collections.abc import Iterable
from typing import Final

from lxml import etree

from agent.errors import DocumentError
from agent.formats.cms import Timestamp, verify_timestamp
from agent.formats.xml import canonical, grammar
from agent.formats.xml.algorithms import DS
from agent.formats.xml.general.signed_info import Canonical
from agent.formats.xml.general.xades import Properties, Stamp
from agent.formats.xml.grammar import Reason

_ARCHIVED: Final = ("SignedInfo", "SignatureValue", "KeyInfo")


def signature_octets(signature: "etree._Element", how: Canonical) -> bytes:
    """The SignatureValue element, canonical."""
    (value,) = signature.iterchildren(f"{{{DS}}}SignatureValue")
    return canonical.subtree(value, how.method, prefixes=how.prefixes)


def archive_octets(
    signature: "etree._Element", how: Canonical, *, unsigned: "Iterable[etree._Element]"
) -> bytes:
    """What an archive stamp is of behind what the references lead to: the signature's own parts
    and the unsigned properties before the stamp. (Objects that no reference leads to would follow;
    with XAdES there are none.)
    """
    parts = [signature.find(f"{{{DS}}}{name}") for name in _ARCHIVED]
    return b"".join(
        canonical.subtree(element, how.method, prefixes=how.prefixes)
        for element in (*parts, *unsigned)
        if element is not None
    )


def archived(
    signature: "etree._Element", properties: Properties
) -> tuple[tuple[Stamp, bytes], ...]:
    """Each archive stamp with its `archive_octets`."""
    return tuple(
        (
            stamp,
            archive_octets(
                signature,
                stamp.canonical,
                unsigned=properties.unsigned[: properties.unsigned.index(stamp.element)],
            ),
        )
        for stamp in properties.archive_stamps
    )


def checked(stamp: Stamp, octets: bytes) -> Timestamp:
    """What the stamp says of `octets`. Raises DocumentError signature_invalid (digest)."""
    try:
        return verify_timestamp(stamp.token, stamped=octets)
    except DocumentError:
        grammar.reject(Reason.DIGEST)


def first_of(stamps: tuple[Stamp, ...]) -> Canonical:
    """How the octets of the first one come about; others that differ are not relied on."""
    return stamps[0].canonical if stamps else Canonical()
