"""A shape that contradicts itself, or is too large, cannot be made."""

import pytest

from agent.errors import DocumentError
from agent.formats.xml_shape import Content, Form, Packaging, Time, XmlShape


@pytest.mark.parametrize(
    ("field", "shape"),
    [
        ("element", {"element": ("a",) * 25}),
        ("element", {"element": ("*", "a")}),
        ("element", {"element": ("a b",)}),
        ("element", {"element": ("",)}),
        ("element", {"element": ("a\n",)}),
        ("element", {"element": ("{urn:a}",)}),
        ("element", {"element": ("{u}b}c",)}),
        ("element", {"element": ("a" * 101,)}),
        ("element", {"element": ("a",), "packaging": Packaging.ENVELOPING}),
        ("element", {"element_id": "a", "packaging": Packaging.DETACHED}),
        ("element_id", {"element": ("a",), "element_id": "a"}),
        ("element_id", {"element_id": "a'b"}),
        ("element_id", {"element_id": "1"}),
        ("container", {"container": ("a", "*")}),
        ("container", {"container": ("a",), "packaging": Packaging.DETACHED}),
        ("content", {"content": Content.BASE64}),
        ("uri", {"uri": "a.bin"}),
        ("uri", {"uri": "../a", "packaging": Packaging.DETACHED}),
        ("uri", {"uri": "/etc/passwd", "packaging": Packaging.DETACHED}),
        ("uri", {"uri": "file:a", "packaging": Packaging.DETACHED}),
        ("uri", {"uri": "#a", "packaging": Packaging.DETACHED}),
        ("uri", {"uri": ".hidden", "packaging": Packaging.DETACHED}),
        ("uri", {"uri": "a%2Fb", "packaging": Packaging.DETACHED}),
        ("uri", {"uri": "a" * 202, "packaging": Packaging.DETACHED}),
        ("signature_id", {"signature_id": ""}),
        ("signature_id", {"signature_id": 'a"b'}),
        ("signature_id", {"signature_id": "a" * 101}),
        ("signing_time", {"signing_time": Time.NONE}),
    ],
)
def test_refused(field: str, shape: dict[str, object]) -> None:
    with pytest.raises(DocumentError) as caught:
        XmlShape(**shape)

    assert caught.value.code == "option_unsupported"
    assert caught.value.details == {"option": "xml", "field": field}


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"element": ("{urn:a}HSơ", "Nội.dung-1"), "container": ("*", "CKy")},
        {"element": ("a",) * 24},
        {"packaging": Packaging.ENVELOPING, "content": Content.BASE64},
        {"packaging": Packaging.DETACHED, "uri": "Tờ khai (1).docx"},
        {"form": Form.XMLDSIG, "signing_time": Time.SIGNED_OBJECT},
    ],
)
def test_allowed(shape: dict[str, object]) -> None:
    XmlShape(**shape)
