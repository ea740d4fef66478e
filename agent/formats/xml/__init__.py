"""XML signatures (XMLDSig) by profiles that are data: sign, and verify strictly.

    prepared = XmlFormat(PROFILES["bhxh-hoso"]).prepare(
        document, certificate=der, signing_time=now
    )
    ask_the_user(prepared.description)          # preview and SHA-256
    value = key.sign(prepared.digest, prepared.mechanism)
    signed = prepared.complete(value)           # verified by `verify` before it is returned

    verified = verify(signed, PROFILES["bhxh-hoso"])
    verified.covered                            # what was signed; nothing else may be relied on

Everything here is pure: bytes in, bytes or one documented error out. The way through the modules:

    profiles    what a receiver expects, read from profiles.toml
    intake      hostile bytes → a tree and byte positions; encodings, bounds, no DTD ever
    container   the place for the signature; the document is cut there, never serialised anew
    preview     the document as text for the person who signs it
    reference   what is signed: the document, or the one element that path and Id both lead to
    cosigning   other signatures in the document, which ours must leave valid
    canonical   Canonical XML 1.0 of a document, and of an element in its place
    markup      the text of ds:Signature
    sign        the use case: prepare → complete
    verify      the other use case: one signature, one place, no reference or markup unforeseen
    positions   where an element stands in the bytes
    receivers   what the receivers that profiles know read
    grammar, key_info   what may stand in a signature that is verified
    algorithms  names ↔ URIs ↔ schemes; what is not listed is refused

and where no profile says what to expect:

    shaped      XAdES and XMLDSig by a shape that the request gives (profile `xml`), up to B-LTA
    general     all signatures of a document, whatever program made them, and what they cover

Why our own and not a library: signxml re-serialises the document and cannot verify this profile
(its canonical SignedInfo gains an xmlns="" that is not there), and python-xmlsec takes no keys from
tokens. xmlsec1, signxml and an independent canonicaliser judge the result in tests.

Three traps that cost others their signatures, and where they are kept out:

* SignedInfo is hashed with all namespaces and xml: attributes in scope where it stands, although it
  is written without them (`canonical.context`).
* Taking a signature out of a tree by lxml's `remove` also takes out the white space behind it,
  which is signed (`canonical.cut`).
* Canonical XML by libxml2 forgets to escape namespace URIs; such documents are refused (`intake`).
"""

from agent.formats.xml.grammar import Reason
from agent.formats.xml.profiles import PROFILES, Profile
from agent.formats.xml.sign import PreparedXml, XmlFormat
from agent.formats.xml.verify import Verified, verify

__all__ = ["PROFILES", "PreparedXml", "Profile", "Reason", "Verified", "XmlFormat", "verify"]
