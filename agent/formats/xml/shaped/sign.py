"""Sign by a shape: prepare → the key signs elsewhere → complete."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from agent.certificates.issuers import issuers
from agent.documents import Description, Document, Made
from agent.errors import DocumentError, InternalError, UserError
from agent.formats import content
from agent.formats.levels import Level, Raising
from agent.formats.options import Options
from agent.formats.self_check import self_check
from agent.formats.signer import Signer, signer_of
from agent.formats.xml import algorithms, canonical, cosigning, markup
from agent.formats.xml.container import Gap
from agent.formats.xml.general.verify import judge
from agent.formats.xml.general.xades import SIGNED_PROPERTIES_TYPE
from agent.formats.xml.intake import own
from agent.formats.xml.profiles import Canonicalization, Digest, SignatureMethod, Transform
from agent.formats.xml.shaped import place, properties, raising, written
from agent.formats.xml.shaped.place import Place
from agent.formats.xml.shaped.written import Text
from agent.formats.xml_shape import Time, XmlShape
from agent.keys import Mechanism

#: What receivers of BHXH dossiers look for; it is another than XMLDSig's, as its schema wants.
_TIME_NAMESPACE = "http://example.org/#signatureProperties"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedShaped:
    """A document with a place for the signature value; holds nothing but bytes and text."""

    description: Description
    mechanism: Mechanism
    digest: bytes
    message: bytes = field(repr=False)  # SignedInfo in canonical form
    _method: SignatureMethod
    _signer: Signer
    _text: Text
    _gap: Gap = field(repr=False)
    _external: Document | None = field(repr=False)  # what a detached signature is of
    _content_digest: bytes

    def complete(self, signature: bytes) -> bytes:
        try:
            value = algorithms.written(self._method, self._signer.key, signature)
        except ValueError as error:
            raise InternalError("self_check_failed", reason="value") from error
        signed = self._gap.filled_with(self._text.with_value(value))
        # Around the signature stand the bytes that were digested (see `XmlFormat`).
        with self_check():
            tree = own(signed)
            (found,) = judge(
                tree,
                content=self._external,
                only=cosigning.signature_with(tree, self._text.id),
                known=self._content_digest,
            )
        if found.certificate != self._signer.certificate:
            raise InternalError("self_check_failed", reason="content")
        return signed


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapedFormat:
    shape: XmlShape = field(default_factory=XmlShape)
    hash: str | None = None
    padding: str | None = None
    #: Authorities' certificates, DER: those above the signer's are embedded, without the root.
    authorities: tuple[bytes, ...] = field(default=(), repr=False)

    def prepare(
        self, document: Document, *, certificate: bytes, signing_time: datetime
    ) -> PreparedShaped:
        shape = self.shape
        signer = signer_of(certificate)
        method = algorithms.choose(signer.key, hash_name=self.hash, padding=self.padding)
        if method is None:
            raise UserError("certificate_unsuitable", reason="key")
        digest = Digest(shape.digest or self.hash or Digest.SHA256)
        found = place.find(document, shape)
        reference_id = f"{shape.signature_id}-reference" if shape.is_xades else None
        content_digest = (
            content.digest(document, digest.value)
            if found.octets is None
            else algorithms.digest(digest, found.octets)
        )
        objects, further = self._objects(found, signer, signing_time, digest)
        canonicalization = Canonicalization(shape.canonicalization)
        info = markup.signed_info(
            canonicalization=canonicalization,
            method=method,
            digest=digest,
            references=[
                markup.Reference(
                    uri=found.uri,
                    transforms=found.transforms,
                    digest=content_digest,
                    id=reference_id,
                ),
                *further,
            ],
            prefix=written.PREFIX,
        )
        message = canonical.subtree(
            written.in_place(found.container, info, canonicalization), canonicalization
        )
        return PreparedShaped(
            description=found.description,
            mechanism=algorithms.mechanism(method),
            digest=algorithms.signature_digest(method, message),
            message=message,
            _method=method,
            _signer=signer,
            _text=Text(
                id=shape.signature_id,
                signed_info=info,
                key_info=written.key_info((certificate, *issuers(certificate, self.authorities))),
                objects=found.object + objects,
            ),
            _gap=found.gap,
            _external=found.external,
            _content_digest=content_digest,
        )

    def _objects(
        self, found: Place, signer: Signer, moment: datetime, digest: Digest
    ) -> tuple[str, list[markup.Reference]]:
        """What stands in ds:Object besides the document, and the references to it."""
        shape = self.shape
        if shape.is_xades:
            text = properties.qualifying(
                signature_id=shape.signature_id,
                certificate=signer.certificate,
                signing_time=moment,
                digest=digest,
                reference_id=f"{shape.signature_id}-reference",
                mime_type=found.mime_type,
            )
            id_, type_ = properties.signed_properties_id(shape.signature_id), SIGNED_PROPERTIES_TYPE
        elif shape.signing_time in (Time.UNSIGNED_OBJECT, Time.SIGNED_OBJECT):
            text = _time_properties(shape, moment)
            id_, type_ = f"{shape.signature_id}-time", None
        else:
            return "", []
        text = f"<ds:Object>{text}</ds:Object>"
        if shape.signing_time is Time.UNSIGNED_OBJECT:
            return text, []
        method = Canonicalization(shape.canonicalization)
        # Object > QualifyingProperties > SignedProperties, or Object > SignatureProperties.
        signed = written.in_place(found.container, text, method)[0]
        octets = canonical.subtree(signed[0] if shape.is_xades else signed, method)
        reference = markup.Reference(
            uri=f"#{id_}",
            transforms=(Transform(method),),
            digest=algorithms.digest(digest, octets),
            type=type_,
        )
        return text, [reference]

    def with_options(self, options: Options) -> "ShapedFormat":
        options.allow("level", "hash", "padding", "xml")
        shape = options.xml or self.shape
        if options.level is not Level.B and not shape.is_xades:
            raise DocumentError("option_unsupported", option="level")
        return replace(
            self,
            shape=shape,
            hash=options.hash or self.hash,
            padding=options.padding or self.padding,
        )

    def raised(self, signed: Made, *, document: Document, level: Level) -> Raising:
        if level is not Level.B and not self.shape.is_xades:
            raise DocumentError("option_unsupported", option="level")
        return raising.raised(signed, shape=self.shape, document=document, level=level)


def _time_properties(shape: XmlShape, moment: datetime) -> str:
    told = moment.astimezone(UTC).strftime(properties.TIME_FORMAT)
    id_ = markup.attribute(shape.signature_id)
    return (
        f'<ds:SignatureProperties Id="{id_}-time"><ds:SignatureProperty Target="#{id_}">'
        f'<SigningTime xmlns="{_TIME_NAMESPACE}">{told}</SigningTime>'
        "</ds:SignatureProperty></ds:SignatureProperties>"
    )
