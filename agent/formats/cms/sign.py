"""Sign a document of any kind as CAdES: prepare → the key signs elsewhere → complete → raise."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Final

from agent.certificates.issuers import issuers
from agent.documents import Description, Document, Filed, Made
from agent.errors import DocumentError, InternalError, UserError
from agent.formats import content
from agent.formats.algorithms import Scheme, best
from agent.formats.cms import attributes, der, identifiers
from agent.formats.cms.envelope import wrapped
from agent.formats.cms.large import apart
from agent.formats.cms.raising import raised
from agent.formats.cms.verify import CADES, MAX_ATTACHED_BYTES, Rules, Verified, verify_by
from agent.formats.content import Slice
from agent.formats.levels import Level, Raising
from agent.formats.options import Options, chosen_mechanisms
from agent.formats.self_check import self_check
from agent.formats.signer import Signer, signer_of
from agent.keys import Mechanism

#: What Vietnamese receivers take of RSA keys, and what fits a key on a curve.
PREFERRED: Final = (
    Mechanism.RSA_PKCS1_SHA256,
    Mechanism.ECDSA_SHA256,
    Mechanism.ECDSA_SHA384,
    Mechanism.ECDSA_SHA512,
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

    def complete(self, signature: bytes) -> Made:
        document = self._document
        size = content.size_of(document) if self._attached else None
        head, tail = self._frame.around(size, attributes=self.message, signature=signature)
        if not self._attached:
            return self._checked(head + tail, over=document)
        if isinstance(document, bytes):
            return self._checked(b"".join((head, document, tail)), over=None)
        assert isinstance(document, Filed)  # `prepare` refuses what cannot be attached
        whole = Slice(path=document.path, start=0, size=document.size)
        return self._checked_file(content.filed(document.scratch, (head, whole, tail)))

    def _checked(self, signed: bytes, *, over: Document | None) -> bytes:
        self._check(signed, over=over)
        return signed

    def _checked_file(self, signed: Filed) -> Filed:
        try:
            taken = apart(signed.path)
            self._check(taken.signature, over=taken.content)
        except BaseException:
            signed.path.unlink(missing_ok=True)
            raise
        return signed

    def _check(self, signed: bytes, *, over: Document | None) -> None:
        with self_check():
            verified = verify_by(self._rules, signed, content=over)
        if [_found(one) for one in verified] != [(self._certificate, self._content_digest)]:
            raise InternalError("self_check_failed", reason="content")


def _found(verified: Verified) -> tuple[bytes, bytes]:
    return verified.certificate, verified.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class CmsFormat:
    """CAdES: one signer, attributes signed, certificates beside the signature.

    `attached`: the document is inside. Held it has at most MAX_ATTACHED_BYTES; one in a file may
    have any size, and so is what is made of it. Detached, its hash is enough.
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
        scheme = self._scheme(document, signer)
        if self.attached and not isinstance(document, Filed):
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

    def _scheme(self, document: Document, signer: Signer) -> Scheme:
        """Of what fits the key, that whose hash is known of a document that is not at hand."""
        schemes = [Scheme.of(one) for one in self.mechanisms]
        known = content.known_digests(document)
        sayable = [one for one in schemes if known is None or one.hash in known]
        scheme = best(sayable, signer.key) or best(schemes, signer.key)
        if scheme is None:
            raise UserError("certificate_unsuitable", reason="key")
        return scheme

    def with_options(self, options: Options) -> "CmsFormat":
        options.allow("level", "hash", "padding")
        if not Level.LT.includes(options.level):
            raise DocumentError("option_unsupported", option="level")
        return replace(self, mechanisms=chosen_mechanisms(options, self.mechanisms))

    def raised(self, signed: Made, *, document: Document, level: Level) -> Raising:
        apart_from = None if self.attached else document
        return raised(self.rules, signed, content=apart_from, level=level)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """What is the same in all signatures by one certificate, encoded."""

    digest_algorithms: bytes
    certificates: bytes  # [0]
    before_attributes: bytes  # of SignerInfo
    after_attributes: bytes

    def around(
        self, size: int | None, *, attributes: bytes, signature: bytes
    ) -> tuple[bytes, bytes]:
        """Head and tail of the ContentInfo (see `envelope.wrapped`)."""
        signer_info = der.sequence(
            self.before_attributes,
            b"\xa0" + attributes[1:],  # [0] IMPLICIT in place of SET OF
            self.after_attributes,
            der.octet_string(signature),
        )
        return wrapped(
            size,
            before=_VERSION + self.digest_algorithms,
            after=self.certificates + der.set_of(signer_info),
        )


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
