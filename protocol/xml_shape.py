"""The shape of an XML signature of the profile `xml`: what a receiver expects, said by the page.

What contradicts itself (a `container` for an enveloping signature, a `signing_time` for XAdES …) is
option_unsupported, with the field's name in the error's details.
"""

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from protocol.messages import Params, exactly

MAX_PATH_NAMES: Final = 24
MAX_PATH_NAME_CHARS: Final = 302

#: A name without a namespace, or "{uri}name"; the first of a container may be "*" (any).
PathName = Annotated[str, Meta(min_length=1, max_length=MAX_PATH_NAME_CHARS)]
#: From the root to an element; [] for what the field says.
Path = Annotated[tuple[PathName, ...], Meta(max_length=MAX_PATH_NAMES)]
#: NCNames of letters that a URI takes unescaped.
Id = Annotated[str, Meta(pattern=exactly("[A-Za-z_][A-Za-z0-9._-]{0,199}"))]
SignatureId = Annotated[str, Meta(pattern=exactly("[A-Za-z_][A-Za-z0-9._-]{0,99}"))]


class XmlShape(Params, frozen=True, kw_only=True):
    """The default is XAdES as the root's last child, over the whole document."""

    packaging: Literal["enveloped", "enveloping", "detached"] = "enveloped"
    #: Of an enveloped signature: the one element that is signed, by its path (it must have an Id)
    #: or by its Id; neither for the whole document.
    element: Path = ()
    element_id: Id | UnsetType = UNSET
    #: Of an enveloped signature: the element whose last child it becomes; [] for the root.
    container: Path = ()
    content: Literal["xml", "base64"] = "xml"  # how an enveloping signature holds the document
    uri: Annotated[str, Meta(max_length=200)] = ""  # of a detached one: the document's file name
    signature_id: SignatureId = "signature"
    digest: Literal["sha256", "sha384", "sha512"] | UnsetType = UNSET  # absent: `hash`
    canonicalization: Literal["c14n-1.0", "c14n-1.1", "exc-c14n-1.0"] = "exc-c14n-1.0"
    form: Literal["xades", "xmldsig"] = "xades"
    #: Of plain XMLDSig, where the claimed time stands; XAdES signs its own.
    signing_time: Literal["none", "unsigned-object", "signed-object"] | UnsetType = UNSET
