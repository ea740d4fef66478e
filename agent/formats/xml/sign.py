"""Sign an XML document by a profile: prepare → the key signs elsewhere → complete."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent.documents import Description, Document
from agent.errors import AgentError, InternalError, UserError
from agent.formats.content import held
from agent.formats.signer import Signer, signer_of
from agent.formats.xml import algorithms, canonical, markup
from agent.formats.xml.container import Gap, empty_container
from agent.formats.xml.intake import take_in
from agent.formats.xml.preview import preview
from agent.formats.xml.profiles import Profile
from agent.formats.xml.verify import verify
from agent.keys import Mechanism
from protocol.limits import MAX_XML_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedXml:
    """A document with a place for the signature value; holds nothing but bytes and text."""

    description: Description
    mechanism: Mechanism
    digest: bytes
    message: bytes  # SignedInfo in canonical form
    _profile: Profile
    _gap: Gap
    _signer: Signer
    _reference_digest: bytes  # of what the signature must cover
    _signed_info: str
    _signing_time: datetime

    def complete(self, signature: bytes) -> bytes:
        signed = self._gap.filled_with(
            markup.signature(
                self._profile,
                signed_info=self._signed_info,
                value=signature,
                signer=self._signer,
                signing_time=self._signing_time,
            )
        )
        try:
            verified = verify(signed, self._profile)
        except AgentError as error:
            details = {"reason": error.code} | error.details
            raise InternalError("self_check_failed", **details) from error
        expected = (self._signer.certificate, self._reference_digest)
        if (verified.certificate, verified.digest) != expected:
            raise InternalError("self_check_failed", reason="content")
        return signed


@dataclass(frozen=True, slots=True)
class XmlFormat:
    profile: Profile
    #: What the preview calls known elements (labels.py).
    labels: Mapping[str, str] = field(default_factory=dict)

    def prepare(
        self, document: Document, *, certificate: bytes, signing_time: datetime
    ) -> PreparedXml:
        document = held(document, limit=MAX_XML_BYTES)
        profile = self.profile
        signer = signer_of(certificate)
        method = next((m for m in profile.signature if algorithms.fits(m, signer.key)), None)
        if method is None:
            raise UserError("certificate_unsuitable", reason="key")

        intake = take_in(document, path=profile.container)
        container, gap = empty_container(intake, profile.container)
        text, cut = preview(
            intake.tree,
            without=container,
            labels=self.labels,
            named=profile.container[0] == "*",
        )
        reference_digest = algorithms.digest(profile.digest, canonical.document(intake.tree))
        # The two differ only in the start tag: the namespaces in scope are written where
        # SignedInfo is hashed, and inherited where it stands.
        canonical_info, written_info = (
            markup.signed_info(
                profile, method=method, reference_digest=reference_digest, context=context
            )
            for context in (canonical.context(container, default=algorithms.DS), "")
        )
        return PreparedXml(
            description=Description(
                kind="xml",
                sha256=hashlib.sha256(document).hexdigest(),
                size=len(document),
                preview=text,
                preview_cut=cut,
            ),
            mechanism=algorithms.MECHANISM[method],
            digest=algorithms.signature_digest(method, canonical_info.encode()),
            message=canonical_info.encode(),
            _profile=profile,
            _gap=gap,
            _signer=signer,
            _reference_digest=reference_digest,
            _signed_info=written_info,
            _signing_time=signing_time,
        )
