"""ds:Signature as text, and the octets of its parts in the place where they will stand.

All names have prefixes, so that what stands in the signature or around it keeps its own default
namespace.
"""

from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from agent.formats.xml import canonical
from agent.formats.xml.algorithms import DS
from agent.formats.xml.markup import attribute, base64_text
from agent.formats.xml.profiles import Canonicalization

PREFIX: Final = "ds:"
_WHERE: Final = f' xmlns:ds="{DS}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A ds:Signature in pieces, in their order; the value comes behind `signed_info`."""

    id: str
    signed_info: str
    key_info: str
    objects: str = field(repr=False)

    def with_value(self, value: bytes) -> str:
        return (
            f'<ds:Signature{_WHERE} Id="{attribute(self.id)}">{self.signed_info}'
            f'<ds:SignatureValue Id="{attribute(self.id)}-value">{base64_text(value)}'
            f"</ds:SignatureValue>{self.key_info}{self.objects}</ds:Signature>"
        )


def key_info(certificates: tuple[bytes, ...]) -> str:
    """The signer's first, then those above it."""
    listed = "".join(
        f"<ds:X509Certificate>{base64_text(one)}</ds:X509Certificate>" for one in certificates
    )
    return f"<ds:KeyInfo><ds:X509Data>{listed}</ds:X509Data></ds:KeyInfo>"


def in_place(
    container: "etree._Element | None", markup: str, method: Canonicalization
) -> "etree._Element":
    """The element that `markup` writes, with everything in scope in a signature in `container`
    (None: it is a document of its own).
    """
    context = canonical.context(container, declared={"ds": DS}, method=method)
    parser = etree.XMLParser(resolve_entities=False, huge_tree=True)
    return etree.fromstring(f"<in{context}>{markup}</in>".encode(), parser)[0]
