"""What a page says of an XML signature's shape arrives as the format takes it."""

import msgspec
import pytest

from agent.errors import DocumentError
from agent.formats.xml_shape import Canonical, Content, Form, Packaging, Time, XmlShape
from agent.server.xml_shape import shape
from protocol.xml_shape import XmlShape as Wire


def read(text: str) -> Wire:
    return msgspec.json.decode(text, type=Wire)


def test_the_defaults_are_the_same_on_both_sides() -> None:
    assert shape(read("{}")) == XmlShape()


def test_every_field_arrives() -> None:
    enveloped = read(
        '{"element": ["HDon", "DLHDon"], "container": ["HDon", "DSCKS"], "signature_id": "a",'
        ' "digest": "sha512", "canonicalization": "c14n-1.1", "form": "xmldsig",'
        ' "signing_time": "signed-object"}'
    )
    assert shape(enveloped) == XmlShape(
        element=("HDon", "DLHDon"),
        container=("HDon", "DSCKS"),
        signature_id="a",
        digest="sha512",
        canonicalization=Canonical.C14N_11,
        form=Form.XMLDSIG,
        signing_time=Time.SIGNED_OBJECT,
    )
    assert shape(read('{"packaging": "enveloping", "content": "base64"}')) == XmlShape(
        packaging=Packaging.ENVELOPING, content=Content.BASE64
    )
    assert shape(read('{"packaging": "detached", "uri": "a.bin"}')) == XmlShape(
        packaging=Packaging.DETACHED, uri="a.bin"
    )
    assert shape(read('{"element_id": "ID1"}')) == XmlShape(element_id="ID1")


@pytest.mark.parametrize(
    "text",
    [
        '{"unknown": 1}',
        '{"packaging": "other"}',
        '{"element": [' + ",".join(['"a"'] * 25) + "]}",
        '{"element": [""]}',
        '{"element": "a"}',
        '{"container": ["' + "a" * 303 + '"]}',
        '{"element_id": "a b"}',
        '{"element_id": "a\\n"}',
        '{"signature_id": ""}',
        '{"digest": "sha1"}',
        '{"canonicalization": "http://www.w3.org/2001/10/xml-exc-c14n#"}',
        '{"signing_time": null}',
        '{"uri": "' + "a" * 201 + '"}',
    ],
)
def test_what_is_no_shape_is_no_message(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(text)


def test_a_shape_that_contradicts_itself_is_named() -> None:
    with pytest.raises(DocumentError) as caught:
        shape(read('{"packaging": "detached", "container": ["a"]}'))

    assert caught.value.details == {"option": "xml", "field": "container"}
