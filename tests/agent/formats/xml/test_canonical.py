"""Two ways to a canonical SignedInfo, which must always meet."""

import pytest
from lxml import etree

from agent.errors import DocumentError
from agent.formats.xml import canonical

DS = "http://www.w3.org/2000/09/xmldsig#"


@pytest.mark.parametrize(
    ("around", "start"),
    [
        ("<H><C>{}</C></H>", ""),
        ('<H xmlns:b="urn:b" xmlns:a="urn:a"><C>{}</C></H>', ' xmlns:a="urn:a" xmlns:b="urn:b"'),
        ('<H xmlns="urn:h"><C>{}</C></H>', ""),
        ('<H xmlns="urn:h"><C xmlns="">{}</C></H>', ""),
        ('<H xmlns:a="urn:1"><C xmlns:a="urn:2">{}</C></H>', ' xmlns:a="urn:2"'),
        ('<H xml:lang="vi"><C>{}</C></H>', ' xml:lang="vi"'),
        ('<H xml:lang="vi"><C xml:lang="en" xml:space="preserve">{}</C></H>',
         ' xml:lang="en" xml:space="preserve"'),
        ('<H xml:base="http://x/?a=1&amp;b=&quot;"><C>{}</C></H>',
         ' xml:base="http://x/?a=1&amp;b=&quot;"'),
        ('<H xmlns:z="urn:z" xml:id="x" z:a="1"><C>{}</C></H>', ' xmlns:z="urn:z" xml:id="x"'),
    ],
)  # fmt: skip
def test_the_context_of_signed_info(around: str, start: str) -> None:
    inner = '<A b="1"></A>'
    info = f"<SignedInfo>{inner}</SignedInfo>"
    signature = f'<Signature xmlns="{DS}">{info}</Signature>'
    empty = etree.fromstring(around.format(""))
    filled = etree.fromstring(around.format(signature))

    container = next(empty.iter("{*}C"))
    context = canonical.context(container, declared={"": DS})
    written = f"<SignedInfo{context}>{inner}</SignedInfo>"

    assert written == f'<SignedInfo xmlns="{DS}"{start}>{inner}</SignedInfo>'
    assert canonical.subtree(next(filled.iter(f"{{{DS}}}SignedInfo"))).decode() == written


def test_a_subtree_keeps_its_own_attributes_and_text() -> None:
    root = etree.fromstring('<a xmlns:p="urn:p"><b z="2" p:y="1">t<!-- c --><c/>u<d/></b>tail</a>')

    written = canonical.subtree(root[0])

    assert written == b'<b xmlns:p="urn:p" z="2" p:y="1">t<c></c>u<d></d></b>'


def test_a_document_is_canonical_without_comments_and_with_instructions() -> None:
    root = etree.fromstring("<!-- a --><?p q?><a b='1'\n c=\"2\"><!-- c --></a><?r?>")

    assert canonical.document(root.getroottree()) == b'<?p q?>\n<a b="1" c="2"></a>\n<?r?>'


def test_relative_namespaces_have_no_canonical_form() -> None:
    root = etree.fromstring('<a xmlns:b="rel"/>')

    with pytest.raises(DocumentError, match="document_malformed"):
        canonical.document(root.getroottree())


def test_an_element_keeps_its_prefixes_where_another_means_the_same() -> None:
    root = etree.fromstring(
        '<H><D xmlns:p="urn:1"><a xmlns="urn:1"/><q:a xmlns:q="urn:1"/></D></H>'
    )

    assert canonical.subtree(root[0]) == (
        b'<D xmlns:p="urn:1"><a xmlns="urn:1"></a><q:a xmlns:q="urn:1"></q:a></D>'
    )
