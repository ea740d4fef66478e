"""Sign a document of any kind as CAdES B-B: prepare → the key signs elsewhere → complete."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

from agent.certificates.issuers import issuers
from agent.documents import Description, Document, Made
from agent.errors import AgentError, InternalError, UserError
from agent.formats import content
from agent.formats.algorithms import HASHES, Scheme, best
from agent.formats.cms import attributes, der, identifiers, oids
from agent.formats.cms.verify import CADES, MAX_ATTACHED_BYTES, Rules, verify_by
from agent.formats.levels import Level, Raising, only_basic
from agent.formats.options import Options
from agent.formats.signer import signer_of
from agent.keys import Mechanism

#: What Vietnamese receivers take of RSA keys, and what fits a key on a curve.
PREFERRED: Final = (
    Mechanism.RSA_PKCS1_SHA256,
    Mechanism.ECDSA_SHA256,
    Mechanism.ECDSA_SHA384,
)
_VERSION: Final = der.integer(1)  # RFC 5652 §5.1 and §5.3: data, named by issuer and serial


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedCms:
    """All of a signature but its value."""

    description: Description
    mechanism: Mechanism
    digest: bytes
    message: bytes  # the signed attributes, as a SET OF in DER
    _document: Document = field(repr=False)
    _attached: bool
    _rules: Rules
    _certificate: bytes = field(repr=False)
    _frame: "_Frame" = field(repr=False)
    _content_digest: bytes

    def complete(self, signature: bytes) -> bytes:
        attached = self._document if self._attached else None
        assert attached is None or isinstance(attached, bytes)  # `prepare` holds what it attaches
        signed = self._frame.around(attached, attributes=self.message, signature=signature)
        try:
            content_apart = None if self._attached else self._document
            verified = verify_by(self._rules, signed, content=content_apart)
        except AgentError as error:
            details = {"reason": error.code} | error.details
            raise InternalError("self_check_failed", **details) from error
        expected = [(self._certificate, self._content_digest)]
        if [(one.certificate, one.digest) for one in verified] != expected:
            raise InternalError("self_check_failed", reason="content")
        return signed


@dataclass(frozen=True, slots=True, kw_only=True)
class CmsFormat:
    """CAdES B-B: one signer, attributes signed, certificates beside the signature.

    `attached`: the document is inside (at most MAX_ATTACHED_BYTES); else its hash is enough.
    """

    attached: bool
    #: Of these, the first that fits the key and whose hash of the document is known.
    mechanisms: tuple[Mechanism, ...] = PREFERRED
    #: Authorities' certificates, DER: those above the signer's are embedded, without the root.
    authorities: tuple[bytes, ...] = field(default=(), repr=False)
    rules: Rules = CADES

    def prepare(
        self, document: Document, *, certificate: bytes, signing_time: datetime
    ) -> PreparedCms:
        signer = signer_of(certificate)
        known = HASHES if isinstance(document, bytes) else frozenset(document.digests)
        schemes = map(Scheme.of, self.mechanisms)
        scheme = best([one for one in schemes if one.hash in known], signer.key)
        if scheme is None:
            raise UserError("certificate_unsuitable", reason="key")
        if self.attached:
            content.held(document, limit=MAX_ATTACHED_BYTES)
        content_digest = content.digest(document, scheme.hash)
        message = der.set_of(
            *attributes.written(
                message_digest=content_digest,
                signing_time=signing_time if self.rules.signing_time else None,
                certificate_hash=hashlib.sha256(certificate).digest(),
            )
        )
        return PreparedCms(
            description=content.describe(document, kind="other"),
            mechanism=scheme.mechanism,
            digest=hashlib.new(scheme.hash, message).digest(),
            message=message,
            _document=document,
            _attached=self.attached,
            _rules=self.rules,
            _certificate=certificate,
            _frame=_frame(certificate, scheme, issuers(certificate, self.authorities)),
            _content_digest=content_digest,
        )

    def with_options(self, options: Options) -> "CmsFormat":
        options.allow()
        return self

    def raised(self, signed: Made, *, document: Document, level: Level) -> Raising:
        del document
        return only_basic(signed, level)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """What is the same in all signatures by one certificate, encoded."""

    digest_algorithms: bytes
    certificates: bytes  # [0]
    before_attributes: bytes  # of SignerInfo
    after_attributes: bytes

    def around(self, document: bytes | None, *, attributes: bytes, signature: bytes) -> bytes:
        """The ContentInfo (RFC 5652 §3)."""
        attached = () if document is None else (der.tagged(0, der.octet_string(document)),)
        signer_info = der.sequence(
            self.before_attributes,
            b"\xa0" + attributes[1:],  # [0] IMPLICIT in place of SET OF
            self.after_attributes,
            der.octet_string(signature),
        )
        signed_data = der.sequence(
            _VERSION,
            self.digest_algorithms,
            der.sequence(oids.DATA, *attached),
            self.certificates,
            der.set_of(signer_info),
        )
        return der.sequence(oids.SIGNED_DATA, der.tagged(0, signed_data))


@lru_cache(maxsize=16)
def _frame(certificate: bytes, scheme: Scheme, chain: tuple[bytes, ...]) -> _Frame:
    signer = signer_of(certificate)
    digest = identifiers.digest_identifier(scheme.hash)
    return _Frame(
        digest_algorithms=der.set_of(digest),
        certificates=der.tagged(0, *sorted((certificate, *chain))),
        before_attributes=_VERSION + der.sequence(signer.issuer, signer.serial) + digest,
        after_attributes=identifiers.signature_identifier(scheme),
    )
