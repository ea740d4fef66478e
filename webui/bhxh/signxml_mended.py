"""signxml with one mistake mended: how it canonicalises SignedInfo where it stands.

libxml2, asked for the canonical form of a *part* of a tree, writes an empty `xmlns=""` on elements
two levels down that inherit their default namespace from outside it. Real signatures here,
whose SignedInfo inherits everything (facts B3), then do not verify. A copy of the part, in
a document of its own, carries the inherited declarations and is canonicalised rightly. (The
switch that signxml has for this deletes the text ` xmlns=""` wherever it stands, in content too.)
"""

from typing import Any

from cryptography import x509
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier


class _Verifier(XMLVerifier):
    def _c14n(
        self, nodes: Any, algorithm: CanonicalizationMethod, inclusive_ns_prefixes: Any = None
    ) -> bytes:
        assert isinstance(nodes, etree._Element), "one reference, one SignedInfo"  # noqa: SLF001
        alone = etree.fromstring(etree.tostring(nodes, with_tail=False), _parser())
        octets: bytes = super()._c14n(alone, algorithm, inclusive_ns_prefixes)
        return octets


def verified_octets(document: bytes, certificate: x509.Certificate, *, location: str) -> bytes:
    """What the one signature at `location` covers. Raises whatever signxml does."""
    answer = _Verifier().verify(
        document,
        x509_cert=certificate,
        parser=_parser(),
        expect_config=SignatureConfiguration(
            location=location,
            expect_references=1,
            signature_methods=frozenset({SignatureMethod.RSA_SHA256}),
            digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
            # XMLDSig §4.4.3.2: octets come from a node-set by Canonical XML 1.0 unless said.
            default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
            # Validity is judged by filing.judging with messages of its own; here any moment at
            # which the certificate was valid will do.
            verification_time=certificate.not_valid_before_utc,
        ),
    )
    assert isinstance(answer, VerifyResult), "one reference was expected"
    return answer.signed_data


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
