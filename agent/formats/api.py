"""What every signature format offers: prepare → sign elsewhere → complete → raise to a level.

A format is pure: it is handed bytes (or their hashes) and a certificate, and never sees a token, a
window or a clock.
"""

from datetime import datetime
from typing import Protocol, runtime_checkable

from agent.documents import Description, Document, Made
from agent.formats.levels import Level, Raising
from agent.formats.options import Options
from agent.keys import Mechanism


class Prepared(Protocol):
    """A document waiting for one signature value."""

    @property
    def description(self) -> Description: ...

    @property
    def mechanism(self) -> Mechanism: ...

    @property
    def digest(self) -> bytes:
        """What the key must sign, hashed already."""

    @property
    def message(self) -> bytes:
        """What `digest` is the hash of, for keys behind services that hash by themselves."""

    def complete(self, signature: bytes) -> Made:
        """The signed document at level B-B, verified by our own verifier.

        Raises InternalError self_check_failed when the signature is not by the certificate's key
        or does not cover what was prepared.
        """


class Format(Protocol):
    def prepare(
        self, document: Document, *, certificate: bytes, signing_time: datetime
    ) -> Prepared:
        """`document` is the bytes or, for formats that leave it where it is, its hashes.

        Raises DocumentError (document_*, container_*, reference_*, signature_in_the_way),
        UserError certificate_unsuitable.
        """

    def with_options(self, options: Options) -> "Format":
        """The same, as the request wants it. Raises DocumentError option_unsupported."""

    def raised(self, signed: Made, *, document: Document, level: Level) -> Raising:
        """What `complete` made of `document`, brought to `level` (see `levels`); verified again.

        Raises DocumentError option_unsupported; signature_invalid for an answer that is not what
        was asked for.
        """


@runtime_checkable
class KeepsName(Protocol):
    """A format whose result holds the document under its name."""

    def named(self, name: str) -> Format: ...


@runtime_checkable
class SlowToShow(Protocol):
    """A format whose preview takes longer than its signature."""

    def unseen(self) -> Format:
        """The same without previews: for documents at which nobody looks."""
        ...


def unseen(format_: Format) -> Format:
    return format_.unseen() if isinstance(format_, SlowToShow) else format_


def fitted(profile: Format, *, options: Options, name: str) -> Format:
    """The format of one request. Raises DocumentError option_unsupported."""
    if options != Options():
        profile = profile.with_options(options)
    return profile.named(name) if isinstance(profile, KeepsName) else profile
