"""Sign XML by a shape that the request gives (agent/formats/xml_shape.py), XAdES or plain XMLDSig.

    prepared = ShapedFormat(XmlShape()).prepare(document, certificate=der, signing_time=now)
    signed = prepared.complete(value)          # verified by `general` before it is returned

The way through the modules:

    sign         the use case: prepare → complete
    place        where the signature stands: in the document, around it, or beside it
    properties   XAdES as text
    written      ds:Signature as text, and its parts as octets in their place
    raising      levels above B-B
"""

from agent.formats.xml.shaped.sign import PreparedShaped, ShapedFormat

__all__ = ["PreparedShaped", "ShapedFormat"]
