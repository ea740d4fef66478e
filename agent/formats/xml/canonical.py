"""Canonical XML without comments, of a document and of an element in its place.

Inclusive where nothing else is said. Exclusive needs no place: what an element does not use itself
does not come along.

Two ways lead to a canonical SignedInfo, and they check each other. The signer writes SignedInfo in
canonical form to begin with and only has to add what its place in the tree brings along
(`context`). The verifier asks libxml2 about the element it finds (`subtree`).

Version 1.1 differs from 1.0 for an element within a document alone: it takes no xml:id along, and
joins the values of xml:base. Nobody needs the latter, so such documents are refused there.

Source: https://www.w3.org/TR/2001/REC-xml-c14n-20010315, §2.3 and §2.4;
https://www.w3.org/TR/2008/REC-xml-c14n11-20080502/ §2.4;
https://www.w3.org/TR/2002/REC-xml-exc-c14n-20020718/.
"""

from typing import Final

from lxml import etree

from agent.errors import DocumentError
from agent.formats.xml.profiles import Canonicalization

_XML: Final = "http://www.w3.org/XML/1998/namespace"
_ESCAPES: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"}
)


def document(
    tree: "etree._ElementTree[etree._Element]",
    method: Canonicalization = Canonicalization.C14N_10,
    *,
    prefixes: tuple[str, ...] = (),
) -> bytes:
    """The octets of a whole document, as URI="" selects it (comments left out).

    `prefixes` are those that exclusive canonicalization treats inclusively; "" is the default
    namespace.

    Raises DocumentError document_malformed for a relative namespace URI, which has no canonical
    form (§2.3).
    """
    try:
        return etree.tostring(
            tree,
            method="c14n",
            exclusive=method is Canonicalization.EXC_C14N_10,
            with_comments=False,
            inclusive_ns_prefixes=[prefix or "#default" for prefix in prefixes] or None,
        )
    except etree.C14NError:
        raise DocumentError("document_malformed", reason="namespace") from None


def context(
    parent: "etree._Element | None",
    *,
    declared: dict[str, str],
    method: Canonicalization = Canonicalization.C14N_10,
    attributes: str = "",
) -> str:
    """What a start tag carries when it is the apex of a node-set.

    `parent` is the element under which it will stand (None for none), `declared` the namespaces
    declared in between by prefix ("" for the default), `attributes` its own, canonical and without
    prefixes. All namespaces in scope are written, used or not, and all xml: attributes.
    """
    outer = {} if parent is None else {prefix or "": uri for prefix, uri in parent.nsmap.items()}
    namespaces = outer | declared
    names = [
        f' xmlns{prefix and ":"}{prefix}="{namespaces[prefix].translate(_ESCAPES)}"'
        for prefix in sorted(namespaces)
        if prefix != "xml" and namespaces[prefix]
    ]
    inherited = {} if parent is None else _xml_attributes(parent, method, own=False)
    names.append(attributes)
    names += [f' xml:{name}="{inherited[name].translate(_ESCAPES)}"' for name in sorted(inherited)]
    return "".join(names)


def check_context(element: "etree._Element") -> None:
    """That the namespaces around what will stand in `element` have a canonical form.

    Raises DocumentError document_malformed.
    """
    document(etree.ElementTree(etree.Element("in", nsmap=element.nsmap)))


def subtree(
    apex: "etree._Element",
    method: Canonicalization = Canonicalization.C14N_10,
    *,
    prefixes: tuple[str, ...] = (),
    without: "etree._Element | None" = None,
) -> bytes:
    """The octets of the node-set made of `apex` and all below it but `without`.

    lxml's own canonicalisation of an element inside a tree forgets the xml: attributes of its
    ancestors (and in some versions writes xmlns="" where none belongs). So the element is first
    made the root of a document of its own that has everything in scope here. It goes there as
    text: where lxml moves or copies elements, it drops prefixes that it finds superfluous.
    """
    text = etree.tostring(apex, encoding="utf-8", with_tail=False)
    root = etree.fromstring(text, etree.XMLParser(resolve_entities=False, huge_tree=True))
    if without is not None:
        cut(_same(root, apex, without))
    if method is not Canonicalization.EXC_C14N_10:
        for name, value in _xml_attributes(apex, method, own=True).items():
            root.set(f"{{{_XML}}}{name}", value)
    return document(root.getroottree(), method, prefixes=prefixes)


def cut(element: "etree._Element") -> None:
    """Take an element out as the enveloped-signature transform does: its tail stays."""
    parent, tail = element.getparent(), element.tail or ""
    assert parent is not None  # what is cut is a signature within something
    before = element.getprevious()
    if before is None:
        parent.text = (parent.text or "") + tail
    else:
        before.tail = (before.tail or "") + tail
    parent.remove(element)


def _same(
    root: "etree._Element", apex: "etree._Element", inner: "etree._Element"
) -> "etree._Element":
    """The element of the copy `root` that stands where `inner` stands below `apex`."""
    steps: list[int] = []
    while inner is not apex:
        parent = inner.getparent()
        assert parent is not None  # `inner` is below `apex`
        steps.append(parent.index(inner))
        inner = parent
    for step in reversed(steps):
        root = root[step]
    return root


def _xml_attributes(
    element: "etree._Element", method: Canonicalization, *, own: bool
) -> dict[str, str]:
    """xml: attributes in force at `element`, by local name; the nearest one counts.

    `own`: it is the apex, else what the apex stands in.
    """
    prefix = f"{{{_XML}}}"
    found: dict[str, str] = {}
    for ancestor in (element, *element.iterancestors()):
        inherited = ancestor is not element or not own
        for key, value in ancestor.attrib.items():
            name = key.removeprefix(prefix)
            if name == key:
                continue
            if method is Canonicalization.C14N_11 and inherited:
                if name == "id":
                    continue
                if name == "base":
                    raise DocumentError("document_malformed", reason="base")
            found.setdefault(name, value)
    return found
