"""Root and intermediate certificates believed here, as the user lists, adds and removes them."""

from pathlib import Path
from typing import Final

from agent.app.options import Options
from agent.app.text import text
from agent.certificates.trust import TrustedCertificate, TrustStore
from agent.consent.plain import one_line
from agent.errors import UserError

_MOST_CHARS: Final = 200


def store(options: Options) -> TrustStore:
    return TrustStore(options.directories.data / "trust", configured=options.config.trust.roots)


def root_lines(options: Options) -> tuple[str, ...]:
    lines = tuple(_line(options, known) for known in store(options).certificates())
    return lines or (text(options.language, "no_root"),)


def added(options: Options, file: str) -> tuple[str, ...]:
    """What is believed now. Raises UserError certificate_unsuitable, OSError."""
    return tuple(_line(options, new) for new in store(options).add(Path(file).read_bytes()))


def removed(options: Options, fingerprint: str) -> tuple[str, ...]:
    """What is no longer believed. Raises UserError certificate_not_found."""
    trusted = store(options)
    wanted = fingerprint.replace(":", "").lower()
    gone = tuple(known for known in trusted.certificates() if known.fingerprint == wanted)
    if not gone:
        raise UserError("certificate_not_found")
    trusted.remove(wanted)
    return tuple(_line(options, each) for each in gone)


def _line(options: Options, certificate: TrustedCertificate) -> str:
    return text(
        options.language,
        f"{certificate.kind}_of_{certificate.source}",
        holder=one_line(certificate.holder, limit=_MOST_CHARS),
        until=f"{certificate.not_after:%Y-%m-%d}",
        fingerprint=certificate.fingerprint,
    )
