"""The shape of an XML signature, where a request and not a profile says what the receiver expects.

    XmlShape()                                     XAdES at the end of the root, over all of it
    XmlShape(element=("HDon", "DLHDon"), container=("HDon", "DSCKS", "NBan"))
    XmlShape(packaging=Packaging.ENVELOPING, content=Content.BASE64)
    XmlShape(packaging=Packaging.DETACHED, uri="report.docx")

A shape that contradicts itself cannot be made: DocumentError option_unsupported (option "xml", and
`field`). Sizes are bounded, since a page may have written it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, NoReturn

from agent.errors import DocumentError

#: From the root: local names or "{uri}name"; the first of a container may be "*" (any).
Path = tuple[str, ...]

MAX_NAMES: Final = 24
_NAME: Final = re.compile(r"(?:\{[^{}\s]{1,200}\})?[^\W\d][\w.-]{0,99}")
#: An NCName of letters that a URI takes unescaped, with room for the endings that we add.
_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,99}")
_ANY_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,199}")
#: The name of a file and no more: receivers must not be sent anywhere. "%" would be unescaped.
_URI: Final = re.compile(r"[\w(),;@+=~ -][\w.(),;@+=~ -]{0,199}")


class Packaging(StrEnum):
    ENVELOPED = "enveloped"  # the signature stands in the document
    ENVELOPING = "enveloping"  # the document stands in the signature (ds:Object)
    DETACHED = "detached"  # the signature is a file of its own, of a document of any kind


class Content(StrEnum):
    """How an enveloping signature holds the document."""

    XML = "xml"
    BASE64 = "base64"  # of any bytes; what is digested are the bytes


class Form(StrEnum):
    XADES = "xades"  # baseline B-B (EN 319 132-1): time and certificate are signed
    XMLDSIG = "xmldsig"


class Time(StrEnum):
    """Where plain XMLDSig writes the claimed time."""

    NONE = "none"
    UNSIGNED_OBJECT = "unsigned-object"  # as BHXH wants it; anybody could change it
    SIGNED_OBJECT = "signed-object"  # as e-invoices have it: a second reference covers it


class Canonical(StrEnum):
    C14N_10 = "c14n-1.0"
    C14N_11 = "c14n-1.1"
    EXC_C14N_10 = "exc-c14n-1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlShape:
    packaging: Packaging = Packaging.ENVELOPED
    #: Of an enveloped signature, what is signed: the element at this path, which must bear an Id,
    #: or the element with this Id; neither for the whole document.
    element: Path = ()
    element_id: str = ""
    #: Of an enveloped signature, the element whose last child it becomes; () for the root.
    container: Path = ()
    content: Content = Content.XML  # of an enveloping signature
    uri: str = ""  # of a detached signature, the document's file name; "" to leave it unsaid
    signature_id: str = "signature"
    digest: Literal["sha256", "sha384", "sha512"] | None = None  # None: that of the signature
    canonicalization: Canonical = Canonical.EXC_C14N_10
    form: Form = Form.XADES
    signing_time: Time | None = None  # of plain XMLDSig; XAdES has its own

    def __post_init__(self) -> None:
        self._check_bounds()
        enveloped = self.packaging is Packaging.ENVELOPED
        for field, given, allowed in (
            ("element", self.element or self.element_id, enveloped),
            ("element_id", self.element_id, not self.element),
            ("container", self.container, enveloped),
            ("content", self.content is not Content.XML, self.packaging is Packaging.ENVELOPING),
            ("uri", self.uri, self.packaging is Packaging.DETACHED),
            ("signing_time", self.signing_time is not None, self.form is Form.XMLDSIG),
        ):
            if given and not allowed:
                _refuse(field)

    def _check_bounds(self) -> None:
        for field, path in (("element", self.element), ("container", self.container)):
            if len(path) > MAX_NAMES:
                _refuse(field)
            names = path[1:] if field == "container" and path[:1] == ("*",) else path
            if not all(map(_NAME.fullmatch, names)):
                _refuse(field)
        if self.element_id and not _ANY_ID.fullmatch(self.element_id):
            _refuse("element_id")
        if not _ID.fullmatch(self.signature_id):
            _refuse("signature_id")
        if self.uri and not _URI.fullmatch(self.uri):
            _refuse("uri")

    @property
    def is_xades(self) -> bool:
        return self.form is Form.XADES


def _refuse(field: str) -> NoReturn:
    raise DocumentError("option_unsupported", option="xml", field=field)
