"""Sign an XML document by a profile: prepare → the key signs elsewhere → complete."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from agent.certificates.describe import public_key, read
from agent.certificates.names import rfc4514
from agent.documents import Description
from agent.errors import AgentError, InternalError, UserError
from agent.formats.xml import algorithms, canonical, markup
from agent.formats.xml.container import Gap, empty_container
from agent.formats.xml.intake import take_in
from agent.formats.xml.preview import preview
from agent.formats.xml.profiles import Profile
from agent.formats.xml.verify import verify
from agent.keys import Mechanism


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedXml:
    """A document with a place for the signature value; holds nothing but bytes and text."""

    description: Description
    mechanism: Mechanism
    digest: bytes
    _profile: Profile
    _gap: Gap
    _certificate: bytes
    _covered: bytes  # SHA-256 of what the signature must cover
    _signed_info: str
    _key_info: str
    _signing_time: datetime

    def complete(self, signature: bytes) -> bytes:
        signed = self._gap.filled_with(
            markup.signature(
                self._profile,
                signed_info=self._signed_info,
                value=signature,
                key_info=self._key_info,
                signing_time=self._signing_time,
            )
        )
        try:
            verified = verify(signed, self._profile)
        except AgentError as error:
            details = {"reason": error.code} | error.details
            raise InternalError("self_check_failed", **details) from error
        covered = hashlib.sha256(verified.covered).digest()
        if verified.certificate != self._certificate or not hmac.compare_digest(
            covered, self._covered
        ):
            raise InternalError("self_check_failed", reason="content")
        return signed


@dataclass(frozen=True, slots=True)
class XmlFormat:
    profile: Profile

    def prepare(
        self, document: bytes, *, certificate: bytes, signing_time: datetime
    ) -> PreparedXml:
        profile = self.profile
        parsed = read(certificate)
        key = public_key(parsed)
        method = next((m for m in profile.signature if algorithms.fits(m, key)), None)
        if method is None:
            raise UserError("certificate_unsuitable", reason="key")

        intake = take_in(document, path=profile.container)
        container, gap = empty_container(intake, profile.container)
        text, cut = preview(intake.tree, without=container)
        covered = canonical.document(intake.tree)
        reference_digest = algorithms.digest(profile.digest, covered)
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
            _profile=profile,
            _gap=gap,
            _certificate=certificate,
            _covered=hashlib.sha256(covered).digest(),
            _signed_info=written_info,
            _key_info=markup.key_info(
                profile, certificate=certificate, subject=rfc4514(parsed.subject), key=key
            ),
            _signing_time=signing_time,
        )
