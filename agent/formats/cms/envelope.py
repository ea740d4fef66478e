"""What stands around the content of a SignedData, in DER (RFC 5652 §3 and §5.1).

The content is never touched: it lies between a head and a tail, which are all that is made or
exchanged. So a signature may be put around gigabytes, and be raised to a level later.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from agent.formats.cms import ber, der, oids
from agent.formats.cms.ber import Element
from agent.formats.cms.reasons import Reason, Rejected
from agent.formats.cms.structure import signed_data_element

_FIRST, _SECOND = 0xA0, 0xA1  # [0] and [1]
#: RFC 5652 §5.1: where there is revocation information of other kinds than CRLs.
_VERSION_WITH_OTHERS: Final = der.integer(5)


def wrapped(size: int | None, *, before: bytes, after: bytes) -> tuple[bytes, bytes]:
    """Head and tail of a ContentInfo around `size` octets of content; None: without any.

    `before` are version and digest algorithms, `after` certificates, CRLs and signers, encoded.
    """
    if size is None:
        encapsulated = der.sequence(oids.DATA)
        length = len(before) + len(encapsulated) + len(after)
    else:
        string = der.head(der.OCTET_STRING, size)
        explicit = der.head(_FIRST, len(string) + size) + string
        inner = len(oids.DATA) + len(explicit) + size
        encapsulated = der.head(der.SEQUENCE, inner) + oids.DATA + explicit
        length = len(before) + len(encapsulated) + size + len(after)
    data = der.head(der.SEQUENCE, length)
    explicit = der.head(_FIRST, len(data) + length)
    info = der.head(der.SEQUENCE, len(oids.SIGNED_DATA) + len(explicit) + len(data) + length)
    return b"".join((info, oids.SIGNED_DATA, explicit, data, before, encapsulated)), after


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The parts of a SignedData with one signer, without the content. All encoded."""

    version: bytes
    digest_algorithms: bytes
    certificates: tuple[bytes, ...] = field(repr=False)
    revocations: tuple[bytes, ...] = field(repr=False)  # RevocationInfoChoice
    signer: tuple[bytes, ...] = field(repr=False)  # of SignerInfo, up to the signature's value
    unsigned: tuple[bytes, ...] = field(repr=False)  # attributes

    @classmethod
    def of(cls, signed: bytes) -> "Envelope":
        """Raises Malformed, DocumentError signature_invalid."""
        version, digests, _, *rest = signed_data_element(signed).children()
        certificates = rest.pop(0).children() if rest and rest[0].tag == _FIRST else ()
        revocations = rest.pop(0).children() if rest and rest[0].tag == _SECOND else ()
        match [one.children() for one in rest]:
            case [(signer,)]:
                parts = list(signer.children())
            case _:
                raise Rejected(Reason.GRAMMAR)
        unsigned = parts.pop().children() if parts and parts[-1].tag == _SECOND else ()
        return cls(
            version=bytes(version.whole),
            digest_algorithms=bytes(digests.whole),
            certificates=_wholes(certificates),
            revocations=_wholes(revocations),
            signer=_wholes(tuple(parts)),
            unsigned=_wholes(unsigned),
        )

    def stamped(self, token: bytes) -> "Envelope":
        """With a time stamp of the signature (EN 319 122-1 §5.3)."""
        attribute = der.sequence(oids.SIGNATURE_TIMESTAMP, der.set_of(token))
        return replace(self, unsigned=(*self.unsigned, attribute))

    def evidenced(
        self,
        *,
        certificates: tuple[bytes, ...],
        crls: tuple[bytes, ...],
        ocsp_responses: tuple[bytes, ...],
    ) -> "Envelope":
        """With what proves that certificates counted (EN 319 122-1 §5.4.1 and §5.4.2), each once.

        OCSP answers are whole ones, as RFC 5940 has it.
        """
        others = tuple(der.tagged(1, oids.OCSP_RESPONSE, one) for one in ocsp_responses)
        known = (*self.certificates, *certificates), (*self.revocations, *crls, *others)
        return replace(
            self,
            version=_VERSION_WITH_OTHERS if others else self.version,
            certificates=tuple(dict.fromkeys(known[0])),
            revocations=tuple(dict.fromkeys(known[1])),
        )

    def around(self, size: int | None) -> tuple[bytes, bytes]:
        """Head and tail; see `wrapped`."""
        unsigned = (der.tagged(1, *sorted(self.unsigned)),) if self.unsigned else ()
        after = (
            *((der.tagged(0, *sorted(self.certificates)),) if self.certificates else ()),
            *((der.tagged(1, *sorted(self.revocations)),) if self.revocations else ()),
            der.set_of(der.sequence(*self.signer, *unsigned)),
        )
        before = self.version + self.digest_algorithms
        return wrapped(size, before=before, after=b"".join(after))


def _wholes(elements: tuple[Element, ...]) -> tuple[bytes, ...]:
    return tuple(bytes(one.whole) for one in elements)


def without_content(signed: bytes) -> tuple[bytes, bytes | None]:
    """The same as a detached signature, and the content if there was one.

    Raises Malformed, DocumentError signature_invalid.
    """
    version, digests, encapsulated, *rest = signed_data_element(signed).children()
    oid, *explicit = encapsulated.children()
    content = None
    if explicit:
        (string,) = explicit[0].children()
        content = ber.octets(string)
    return detached(version, digests, oid, *rest), content


def detached(version: Element, digests: Element, oid: Element, *rest: Element) -> bytes:
    data = der.element(
        der.SEQUENCE,
        version.whole,
        digests.whole,
        der.sequence(bytes(oid.whole)),
        *(one.whole for one in rest),
    )
    return der.sequence(oids.SIGNED_DATA, der.tagged(0, data))
