"""Signs documents as units and BHXH do, by hand and with software keys; and signs them wrongly.

It shares no code with agent/formats or webui/bhxh, so it can accuse either.
"""

import hashlib
from base64 import b64encode

from lxml import etree

from tests.support.pki import Holder

DSIG = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = f"{DSIG}enveloped-signature"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"


def sign(document: bytes, holder: Holder, *, container: bytes = b"CKy_Dvi", **wrongly) -> bytes:
    """The signature goes into the empty container, as bytes."""
    gap = b"<%s></%s>" % (container, container)
    assert document.count(gap) == 1
    return document.replace(
        gap, b"<%s>%s</%s>" % (container, signature(document, holder, **wrongly), container)
    )


def sign_receipt(document: bytes, holder: Holder, **wrongly) -> bytes:
    """The signature becomes the last child of the root."""
    end = document.rindex(b"</")
    return document[:end] + signature(document, holder, **wrongly) + document[end:]


def signature(
    document: bytes,
    holder: Holder,
    *,
    covered: bytes | None = None,
    uri: str = "",
    transforms: tuple[str, ...] = (ENVELOPED,),
    digest_method: str = SHA256,
    signature_method: str = RSA_SHA256,
    c14n_method: str = C14N,
    certificate: Holder | None = None,
    certificates: int = 1,
    references: int = 1,
) -> bytes:
    root = etree.fromstring(document)
    octets = covered or etree.tostring(root, method="c14n")
    digest = b64encode(hashlib.sha256(octets).digest()).decode()
    steps = "".join(f'<Transform Algorithm="{step}"></Transform>' for step in transforms)
    reference = (
        f'<Reference URI="{uri}"><Transforms>{steps}</Transforms>'
        f'<DigestMethod Algorithm="{digest_method}"></DigestMethod>'
        f"<DigestValue>{digest}</DigestValue></Reference>"
    )
    inside = (
        f'<CanonicalizationMethod Algorithm="{c14n_method}"></CanonicalizationMethod>'
        f'<SignatureMethod Algorithm="{signature_method}"></SignatureMethod>'
        + reference * references
        + "</SignedInfo>"
    )
    inherited = "".join(
        f' xmlns:{prefix}="{uri}"' for prefix, uri in sorted(root.nsmap.items()) if prefix
    )
    value = holder.sign(
        hashlib.sha256(f'<SignedInfo xmlns="{DSIG}"{inherited}>{inside}'.encode()).digest()
    )
    der = b64encode((certificate or holder).der).decode()
    return (
        f'<Signature xmlns="{DSIG}" Id="sigid"><SignedInfo>{inside}'
        f"<SignatureValue>{b64encode(value).decode()}</SignatureValue>"
        f"<KeyInfo><X509Data>"
        + f"<X509Certificate>{der}</X509Certificate>" * certificates
        + "</X509Data></KeyInfo></Signature>"
    ).encode()
