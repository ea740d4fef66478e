"""Sign an XML document by a profile: prepare → the key signs elsewhere → complete."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from lxml import etree

from agent.documents import Description, Document, Made
from agent.errors import InternalError, UserError
from agent.formats.content import held
from agent.formats.levels import Level, Raising, only_basic
from agent.formats.options import Options
from agent.formats.self_check import self_check
from agent.formats.signer import Signer, signer_of
from agent.formats.xml import algorithms, canonical, cosigning, markup, reference
from agent.formats.xml.container import Gap, empty_container
from agent.formats.xml.intake import own, take_in
from agent.formats.xml.preview import preview
from agent.formats.xml.profiles import Canonicalization, Profile
from agent.formats.xml.verify import verify_tree
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
    _time_object: str

    def complete(self, signature: bytes) -> bytes:
        signed = self._gap.filled_with(
            markup.signature(
                self._profile,
                signed_info=self._signed_info,
                value=signature,
                signer=self._signer,
                time_object=self._time_object,
            )
        )
        # Around the signature stand the bytes that were digested. New are the signature, which is
        # verified, and its place, which another parser has to find.
        with self_check():
            verified = verify_tree(own(signed), self._profile, known=self._reference_digest)
        if verified.certificate != self._signer.certificate:
            raise InternalError("self_check_failed", reason="content")
        return signed


@dataclass(frozen=True, slots=True)
class XmlFormat:
    profile: Profile
    #: What the preview calls known elements (labels.py).
    labels: Mapping[str, str] = field(default_factory=dict)
    shown: bool = True

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
        target = reference.target(intake.tree, profile.reference)
        cosigning.check(intake.tree, profile, container=container)
        text, cut = "", True
        if self.shown:
            text, cut = preview(
                intake.tree,
                without=container,
                labels=self.labels,
                of=target.element,
                named=profile.container[0] == "*",
            )
        canonical.check_context(container)
        octets = reference.octets(intake.tree, target, profile.transforms)
        reference_digest = algorithms.digest(profile.digest, octets)
        references = [
            markup.Reference(
                uri=target.uri, transforms=profile.transforms, digest=reference_digest
            ),
            *_time_reference(profile, signing_time, container),
        ]
        # The two differ only in the start tag: the namespaces in scope are written where
        # SignedInfo is hashed, and inherited where it stands.
        canonical_info, written_info = (
            markup.signed_info(
                canonicalization=profile.canonicalization,
                method=method,
                digest=profile.digest,
                references=references,
                context=context,
            )
            for context in (_signed_info_context(profile, container), "")
        )
        return PreparedXml(
            description=Description(
                kind="xml",
                sha256=hashlib.sha256(document).hexdigest(),
                size=len(document),
                preview=text,
                preview_cut=cut,
            ),
            mechanism=algorithms.mechanism(method),
            digest=algorithms.signature_digest(method, canonical_info.encode()),
            message=canonical_info.encode(),
            _profile=profile,
            _gap=gap,
            _signer=signer,
            _reference_digest=reference_digest,
            _signed_info=written_info,
            _time_object=markup.time_object(profile, signing_time),
        )

    def unseen(self) -> "XmlFormat":
        return replace(self, shown=False, labels={})

    def with_options(self, options: Options) -> "XmlFormat":
        options.allow()
        return self

    def raised(self, signed: Made, *, document: Document, level: Level) -> Raising:
        del document
        return only_basic(signed, level)


def _time_reference(
    profile: Profile, moment: datetime, container: "etree._Element"
) -> list[markup.Reference]:
    """The second reference, in profiles whose signing time is signed. It has no transforms, so the
    object is canonicalised inclusively (XMLDSig §4.4.3.2).
    """
    time = profile.signing_time
    if time is None or not time.is_signed():
        return []
    octets = markup.time_object(
        profile,
        moment,
        context=lambda own: canonical.context(
            container, declared={"": algorithms.DS}, attributes=own
        ),
    ).encode()
    digest = algorithms.digest(profile.digest, octets)
    return [markup.Reference(uri=f"#{time.object_id}", digest=digest)]


def _signed_info_context(profile: Profile, container: "etree._Element") -> str:
    match profile.canonicalization:
        case Canonicalization.C14N_10 | Canonicalization.C14N_11 as method:
            return canonical.context(container, declared={"": algorithms.DS}, method=method)
        case Canonicalization.EXC_C14N_10:  # it uses no other namespace, and has no attribute
            return f' xmlns="{algorithms.DS}"'
