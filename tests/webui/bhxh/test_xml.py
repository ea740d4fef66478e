import pytest

from webui.bhxh import xml
from webui.bhxh.rules import MAX_DOCUMENT_BYTES

BILLION = b"""<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>"""


@pytest.mark.parametrize(
    "document",
    [
        BILLION,
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<?xml version="1.0" encoding="UTF-16"?><a/>',
        '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"),
        b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>',
        b"<a>\xff</a>",
        b"<a>",
        b"",
        b"<a/><b/>",
        b"<a><!-- c --></a>",
        b"<!-- c --><a/>",
        b"<a/><!-- c -->",
        b"<?p i?><a/>",
        b"<a><?p i?></a>",
        b"<a>&undefined;</a>",
        b"<a>" + b"x" * MAX_DOCUMENT_BYTES + b"</a>",
        b"<a>" * 5000 + b"</a>" * 5000,
    ],
)
def test_what_is_not_plain_bounded_utf8_is_refused(document):
    with pytest.raises(xml.XmlRefused):
        xml.parse(document)


def test_a_byte_order_mark_is_accepted():
    """Real files have one (facts B1)."""
    assert xml.parse(b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><a/>').tag == "a"


def test_nothing_is_read_from_outside(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")

    with pytest.raises(xml.XmlRefused):
        xml.parse(f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]><a>&x;</a>'.encode())
    included = (
        '<a xmlns:xi="http://www.w3.org/2001/XInclude">'
        f'<xi:include href="{secret.as_uri()}" parse="text"/></a>'
    )
    assert b"secret<" not in xml.canonical(xml.parse(included.encode()))
