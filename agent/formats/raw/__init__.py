"""A bare signature over a hash that somebody else computed: no document, so nothing can be shown.

    prepared = RawFormat().prepare(digest, hash="sha256", certificate=der)
    value = key.sign(prepared.digest, prepared.mechanism)
    signature = prepared.complete(value)          # verified before it is returned

It is no profile: whoever gets such a signature can put it under any document with that hash, so
the methods that hand one out ask for more than others do. The signature is as keys give it: RSA as
long as its key (PKCS #1 v1.5, or PSS with a salt as long as the hash), ECDSA in DER.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature

from agent.documents import Description
from agent.errors import DocumentError, InternalError, UserError
from agent.formats.algorithms import Kind, Scheme, best, check
from agent.formats.signer import signer_of
from agent.keys import Mechanism

Hash = Literal["sha256", "sha384", "sha512"]
Padding = Literal["pkcs1", "pss"]

_LENGTHS: Final[dict[str, int]] = {"sha256": 32, "sha384": 48, "sha512": 64}
_GROUP: Final = 8  # hex digits that are shown together
_GROUPS_IN_A_LINE: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedDigest:
    """`message` is b"": nobody here knows of what it is the hash."""

    description: Description
    mechanism: Mechanism
    digest: bytes
    message: bytes = b""
    _certificate: bytes = field(repr=False)

    def complete(self, signature: bytes) -> bytes:
        """The signature. Raises InternalError self_check_failed."""
        key = signer_of(self._certificate).key
        scheme = Scheme.of(self.mechanism)
        try:
            check(scheme, key, signature=signature, digest=self.digest)
        except InvalidSignature as error:
            raise InternalError("self_check_failed", reason="value") from error
        return signature


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFormat:
    padding: Padding = "pkcs1"  # of RSA keys

    def prepare(self, digest: bytes, *, hash: Hash, certificate: bytes) -> PreparedDigest:  # noqa: A002 - its name on the wire
        """Raises DocumentError option_unsupported for another length than the hash's; UserError
        certificate_unsuitable.
        """
        if len(digest) != _LENGTHS[hash]:
            raise DocumentError("option_unsupported", option="hash")
        rsa = Kind.RSA_PSS if self.padding == "pss" else Kind.RSA_PKCS1
        schemes = (Scheme(rsa, hash), Scheme(Kind.ECDSA, hash))
        scheme = best(schemes, signer_of(certificate).key)
        if scheme is None:
            raise UserError("certificate_unsuitable", reason="key")
        return PreparedDigest(
            description=described(digest, hash=hash),
            mechanism=scheme.mechanism,
            digest=digest,
            _certificate=certificate,
        )


def described(digest: bytes, *, hash: Hash) -> Description:  # noqa: A002
    """As windows show it. Of another hash than SHA-256 the journal keeps the SHA-256."""
    sha256 = digest if hash == "sha256" else hashlib.sha256(digest).digest()
    return Description(
        kind="digest",
        sha256=sha256.hex(),
        size=len(digest),
        preview=f"{_NAMES[hash]}\n{grouped(digest)}",
        preview_cut=True,  # what it is the hash of is not to be seen
    )


_NAMES: Final[dict[str, str]] = {"sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


def grouped(digest: bytes) -> str:
    """In hex, in groups that can be compared by eye."""
    text = digest.hex()
    groups = [text[at : at + _GROUP] for at in range(0, len(text), _GROUP)]
    lines = (
        " ".join(groups[at : at + _GROUPS_IN_A_LINE])
        for at in range(0, len(groups), _GROUPS_IN_A_LINE)
    )
    return "\n".join(lines)
