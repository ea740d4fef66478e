"""Canonical XML 1.0 without comments, of a document and of an element in its place.

Inclusive where nothing else is said. Exclusive needs no place: what an element does not use itself
does not come along.

Two ways lead to a canonical SignedInfo, and they check each other. The signer writes SignedInfo in
canonical form to begin with and only has to add what its place in the tree brings along
(`context`). The verifier asks libxml2 about the element it finds (`subtree`).

Source: https://www.w3.org/TR/2001/REC-xml-c14n-20010315, §2.3 and §2.4;
https://www.w3.org/TR/2002/REC-xml-exc-c14n-20020718/.
"""

from typing import Final

from lxml import etree

from agent.errors import DocumentError

_XML: Final = "http://www.w3.org/XML/1998/namespace"
_ESCAPES: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"}
)


def document(tree: "etree._ElementTree[etree._Element]", *, exclusive: bool = False) -> bytes:
    """The octets of a whole document, as URI="" selects it (comments left out).

    Raises DocumentError document_malformed for a relative namespace URI, which has no canonical
    form (§2.3).
    """
    try:
        return etree.tostring(tree, method="c14n", exclusive=exclusive, with_comments=False)
    except etree.C14NError:
        raise DocumentError("document_malformed", reason="namespace") from None


def context(parent: "etree._Element", *, default: str, attributes: str = "") -> str:
    """What a start tag carries when it is the apex of a node-set.

    `parent` is the element under which it will stand, `default` the default namespace declared in
    between, `attributes` its own, canonical and without prefixes. All namespaces in scope are
    written, used or not, and all xml: attributes.
    """
    namespaces = {prefix or "": uri for prefix, uri in parent.nsmap.items()} | {"": default}
    names = [
        f' xmlns{prefix and ":"}{prefix}="{namespaces[prefix].translate(_ESCAPES)}"'
        for prefix in sorted(namespaces)
        if prefix != "xml"
    ]
    inherited = _xml_attributes(parent)
    names.append(attributes)
    names += [f' xml:{name}="{inherited[name].translate(_ESCAPES)}"' for name in sorted(inherited)]
    return "".join(names)


def subtree(apex: "etree._Element", *, exclusive: bool = False) -> bytes:
    """The octets of the node-set made of `apex` and all below it.

    lxml's own canonicalisation of an element inside a tree forgets the xml: attributes of its
    ancestors (and in some versions writes xmlns="" where none belongs). So the element is first
    made the root of a document of its own that has everything in scope here. It goes there as
    text: where lxml moves or copies elements, it drops prefixes that it finds superfluous.
    """
    text = etree.tostring(apex, encoding="utf-8", with_tail=False)
    root = etree.fromstring(text, etree.XMLParser(resolve_entities=False, huge_tree=True))
    if not exclusive:
        for name, value in _xml_attributes(apex).items():
            root.set(f"{{{_XML}}}{name}", value)
    return document(root.getroottree(), exclusive=exclusive)


def _xml_attributes(element: "etree._Element") -> dict[str, str]:
    """xml: attributes in force at `element`, by local name; the nearest one counts."""
    prefix = f"{{{_XML}}}"
    found: dict[str, str] = {}
    for ancestor in (element, *element.iterancestors()):
        for key, value in ancestor.attrib.items():
            if key.startswith(prefix):
                found.setdefault(key.removeprefix(prefix), value)
    return found
