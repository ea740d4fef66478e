"""The shape of an XML signature, from the wire to what the format takes."""

from msgspec import UNSET

from agent.formats import xml_shape
from agent.formats.xml_shape import XmlShape
from protocol.xml_shape import XmlShape as Wire


def shape(wire: Wire) -> XmlShape:
    """Raises DocumentError option_unsupported (option "xml", and `field`)."""
    return XmlShape(
        packaging=xml_shape.Packaging(wire.packaging),
        element=wire.element,
        element_id="" if wire.element_id is UNSET else wire.element_id,
        container=wire.container,
        content=xml_shape.Content(wire.content),
        uri=wire.uri,
        signature_id=wire.signature_id,
        digest=None if wire.digest is UNSET else wire.digest,
        canonicalization=xml_shape.Canonical(wire.canonicalization),
        form=xml_shape.Form(wire.form),
        signing_time=None if wire.signing_time is UNSET else xml_shape.Time(wire.signing_time),
    )
