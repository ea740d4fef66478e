"""Sign documents as ASiC-E with CAdES: prepare → the key signs elsewhere → complete → raise."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from agent.documents import Bundle, Description, Document, Filed, Made
from agent.errors import InternalError
from agent.formats import content
from agent.formats.asic import manifest, names
from agent.formats.asic.container import SIGNATURE, Contents, container
from agent.formats.asic.verify import Verified, verify
from agent.formats.cms import CmsFormat, PreparedCms
from agent.formats.levels import Level, Raising
from agent.formats.options import Options
from agent.formats.self_check import self_check
from agent.keys import Mechanism

_UNNAMED: Final = "document"
_MAX_PREVIEW_CHARS: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedAsic:
    description: Description
    _contents: Contents
    _manifest: bytes = field(repr=False)
    _signature: PreparedCms
    _signing_time: datetime

    @property
    def mechanism(self) -> Mechanism:
        return self._signature.mechanism

    @property
    def digest(self) -> bytes:
        return self._signature.digest

    @property
    def message(self) -> bytes:
        return self._signature.message

    def complete(self, signature: bytes) -> Made:
        """Raises OSError, too."""
        value = self._signature.complete(signature)
        assert isinstance(value, bytes)  # a detached signature
        made = container(
            self._contents, manifest=self._manifest, signature=value, at=self._signing_time
        )
        return _checked(made, self._contents, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class AsicFormat:
    """ASiC-E with one CAdES signature over a manifest of all documents."""

    name: str = _UNNAMED  # of a single document in the container
    signature: CmsFormat = field(default_factory=lambda: CmsFormat(attached=False))
    hash: str = "sha256"  # of the documents, hashlib's name

    def named(self, name: str) -> "AsicFormat":
        return replace(self, name=names.clean(name))

    def prepare(
        self, document: Document | Bundle, *, certificate: bytes, signing_time: datetime
    ) -> PreparedAsic:
        contents = self._contents(document)
        contents.check()
        octets = self._manifest(contents)
        return PreparedAsic(
            description=_described(contents, octets),
            _contents=contents,
            _manifest=octets,
            _signature=self.signature.prepare(
                octets, certificate=certificate, signing_time=signing_time
            ),
            _signing_time=signing_time,
        )

    def with_options(self, options: Options) -> "AsicFormat":
        return replace(
            self,
            signature=self.signature.with_options(options),
            hash=options.hash or self.hash,
        )

    def raised(self, signed: Made, *, document: Document | Bundle, level: Level) -> Raising:
        contents = self._contents(document)
        octets = self._manifest(contents)
        (found,) = verify(signed if isinstance(signed, bytes) else signed.path)
        if found.manifest != octets:
            raise InternalError("internal_error", reason="another document")
        higher = yield from self.signature.raised(found.octets, document=octets, level=level)
        assert isinstance(higher, bytes)  # a detached signature
        at = found.signature.signing_time
        assert at is not None  # CAdES has one
        made = container(contents, manifest=octets, signature=higher, at=at)
        return _checked(made, contents, higher)

    def _contents(self, document: Document | Bundle) -> Contents:
        if isinstance(document, Bundle):
            called = names.unique(names.clean(name) for name, _ in document.parts)
            documents = (one for _, one in document.parts)
            return Contents(parts=tuple(zip(called, documents, strict=True)))
        return Contents(parts=((self.name, document),))

    def _manifest(self, contents: Contents) -> bytes:
        return manifest.written(
            signature=SIGNATURE,
            files=tuple((name, content.digest(one, self.hash)) for name, one in contents.parts),
            algorithm=self.hash,
        )


def _described(contents: Contents, manifest_octets: bytes) -> Description:
    """A single document as it is; of several what they are called."""
    if len(contents.parts) == 1:
        return content.describe(contents.parts[0][1], kind="other")
    lines = (
        f"{name}\n    {content.size_of(one)} B, SHA-256 {content.digest(one, 'sha256').hex()}"
        for name, one in contents.parts
    )
    text = "\n".join(lines)
    return Description(
        kind="other",
        sha256=hashlib.sha256(manifest_octets).hexdigest(),
        size=sum(content.size_of(one) for _, one in contents.parts),
        preview=text[:_MAX_PREVIEW_CHARS],
        preview_cut=len(text) > _MAX_PREVIEW_CHARS,
    )


def _checked(made: Made, contents: Contents, signature: bytes) -> Made:
    """By our own reader: one signature, over all documents."""
    try:
        with self_check():
            _check(made, contents, signature)
    except BaseException:
        if isinstance(made, Filed):
            made.path.unlink(missing_ok=True)
        raise
    return made


def _check(made: Made, contents: Contents, signature: bytes) -> None:
    found = verify(made if isinstance(made, bytes) else made.path)
    wanted = tuple(name for name, _ in contents.parts)
    if [_told(one) for one in found] != [(wanted, (), signature)]:
        raise InternalError("self_check_failed", reason="content")


def _told(found: Verified) -> tuple[tuple[str, ...], tuple[str, ...], bytes]:
    return found.files, found.uncovered, found.octets
