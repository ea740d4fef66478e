"""Sign a document of any kind as a JWS: prepare → the key signs elsewhere → complete."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from agent.certificates.issuers import issuers
from agent.documents import Description, Document, Made
from agent.errors import InternalError, UserError
from agent.formats.content import describe, held
from agent.formats.jws import base64url, header
from agent.formats.jws.algorithms import ALGORITHMS, Algorithm, chosen
from agent.formats.jws.verify import MAX_CONTENT_BYTES, signing_digest, verify
from agent.formats.levels import Level, Raising, only_basic
from agent.formats.options import Options
from agent.formats.self_check import self_check
from agent.formats.signer import signer_of
from agent.keys import Mechanism

#: The first that fits the key is used.
PREFERRED: Final = tuple(ALGORITHMS[name] for name in ("RS256", "ES256", "ES384", "ES512"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedJws:
    """All of a signature but its value."""

    description: Description
    mechanism: Mechanism
    digest: bytes
    _algorithm: Algorithm
    _certificate: bytes = field(repr=False)
    _header: bytes = field(repr=False)  # in base64url
    _document: bytes = field(repr=False)
    _detached: bool

    @property
    def message(self) -> bytes:
        content = self._document if self._detached else base64url.encoded(self._document)
        return self._header + b"." + content

    def complete(self, signature: bytes) -> bytes:
        try:
            value = self._algorithm.written(signature)
        except (ValueError, OverflowError) as error:
            raise InternalError("self_check_failed", reason="value") from error
        content = b"" if self._detached else base64url.encoded(self._document)
        signed = b".".join((self._header, content, base64url.encoded(value)))
        with self_check():
            verified = verify(signed, content=self._document if self._detached else None)
        if (verified.certificate, verified.content) != (self._certificate, self._document):
            raise InternalError("self_check_failed", reason="content")
        return signed


@dataclass(frozen=True, slots=True, kw_only=True)
class JwsFormat:
    """Compact serialization; `detached` leaves the content out and signs it as it is (RFC 7797)."""

    detached: bool
    algorithms: tuple[Algorithm, ...] = PREFERRED
    #: Authorities' certificates, DER: those above the signer's are embedded, without the root.
    authorities: tuple[bytes, ...] = field(default=(), repr=False)

    def prepare(
        self, document: Document, *, certificate: bytes, signing_time: datetime
    ) -> PreparedJws:
        key = signer_of(certificate).key
        algorithm = next((one for one in self.algorithms if one.fits(key)), None)
        if algorithm is None:
            raise UserError("certificate_unsuitable", reason="key")
        content = held(document, limit=MAX_CONTENT_BYTES)
        encoded_header = base64url.encoded(
            header.written(
                algorithm,
                certificates=(certificate, *issuers(certificate, self.authorities)),
                thumbprint=hashlib.sha256(certificate).digest(),
                signing_time=signing_time,
                encoded_content=not self.detached,
            )
        )
        return PreparedJws(
            description=describe(content, kind="other"),
            mechanism=algorithm.scheme.mechanism,
            digest=signing_digest(
                algorithm, encoded_header, content, encoded_content=not self.detached
            ),
            _algorithm=algorithm,
            _certificate=certificate,
            _header=encoded_header,
            _document=content,
            _detached=self.detached,
        )

    def with_options(self, options: Options) -> "JwsFormat":
        options.allow("hash", "padding")
        return replace(self, algorithms=chosen(options, self.algorithms))

    def raised(self, signed: Made, *, document: Document, level: Level) -> Raising:
        del document
        return only_basic(signed, level)
