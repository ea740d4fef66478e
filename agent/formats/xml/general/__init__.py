"""Verify XML signatures of whatever program: XMLDSig and XAdES in their common forms.

    for found in verify(octets):                     # or verify(octets, content=document)
        found.certificate, found.claimed_time, found.time_is_signed
        for part in found.covered:                   # nothing else may be relied on
            part.kind, part.name, part.octets

Here no profile says where the signature and its content are, so the verifier says what it found,
and refuses every shape in which a reader might look at something else:

* all signatures in the document are judged, and a bad one spoils the file: nobody can tell which
  of them somebody relies on. None stands within another;
* references lead to the whole document (without the signature), to elements by an Id that occurs
  once however the attribute is spelt, to an Object of a signature that is the document's root, or
  to a document given apart. Nothing else is looked up, nothing is ever fetched;
* no other element has the name of one that is signed, unless it is signed too: that is what
  wrapping needs (XSW1-8). Where one of our profiles knows what a receiver reads at this place,
  that must be signed;
* transforms are enveloped-signature, base64 and canonicalizations without comments; there is no
  XPath, no XSLT, no Manifest, no RetrievalMethod;
* within the signature stands nothing unforeseen that is not itself signed: no place to hide;
* SHA-1, keys below RSA-2048 and all that is not listed in `algorithms` are refused;
* XAdES must bind its certificate, and the reference to its SignedProperties must lead there.

The way through the modules:

    verify       the use case
    signed_info  SignedInfo and its references, read
    covering     what the references lead to
    key_info     the certificates
    objects      ds:Object: claimed times, XAdES properties, content
    xades        QualifyingProperties, read
    stamping     what the time stamps of XAdES are of
"""

from agent.formats.xml.general.covering import Coverage, Covered
from agent.formats.xml.general.verify import Found, content_needed, verify

__all__ = ["Coverage", "Covered", "Found", "content_needed", "verify"]
