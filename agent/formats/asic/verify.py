"""Verify a container: the ZIP file, its manifests, the signatures over them, and every file.

A container is good if all its signatures are. Files that one of them does not cover are told with
it: whoever relies on a signature must not take such a file for signed.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent.documents import Digested
from agent.formats import cms
from agent.formats.asic import container, names
from agent.formats.asic import manifest as manifests
from agent.formats.asic.archive import Archive, Entry
from agent.formats.asic.manifest import Manifest
from agent.formats.asic.reasons import Reason, Rejected

_MAX_SIGNATURE_BYTES: Final = 16 * 1024 * 1024
_MAX_SIGNATURES: Final = 16
_MAX_TYPE_BYTES: Final = 100
_SIMPLE_SIGNATURE: Final = "META-INF/signature.p7s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """One good signature and the files it covers, by name."""

    signature: cms.Verified
    files: tuple[str, ...]
    uncovered: tuple[str, ...]
    octets: bytes = field(repr=False)  # the signature file
    manifest: bytes | None = field(repr=False)  # None in ASiC-S, where the file itself is signed


def verify(source: bytes | Path) -> tuple[Verified, ...]:
    """By the container's own kind; there is at least one signature.

    Raises DocumentError signature_invalid (of this package and of CMS); OSError.
    """
    archive = Archive(source)
    match _type(archive):
        case container.ASIC_E:
            return _extended(archive)
        case container.ASIC_S:
            return _simple(archive)
        case _:
            raise Rejected(Reason.UNKNOWN)


def _type(archive: Archive) -> str:
    first = archive.first()
    if first is None or first.name != names.MIMETYPE or first.method != 0:
        raise Rejected(Reason.UNKNOWN)
    octets = archive.octets(first, limit=_MAX_TYPE_BYTES)
    return octets.decode("latin-1").strip()


def _extended(archive: Archive) -> tuple[Verified, ...]:
    signatures = _signatures(archive)
    manifests_of: dict[str, tuple[bytes, Manifest]] = {}
    for entry in archive.entries.values():
        if _is_manifest(entry.name):
            octets = archive.octets(entry, limit=manifests.MAX_BYTES)
            told = manifests.read(octets)
            signature = _named(archive, told.signature).name
            if signature in manifests_of:
                raise Rejected(Reason.MANIFEST)  # which one is signed?
            manifests_of[signature] = octets, told
    if set(manifests_of) != {one.name for one in signatures}:
        raise Rejected(Reason.MANIFEST)
    covered = _covered(archive, {name: told for name, (_, told) in manifests_of.items()})
    data = _data(archive)
    found = []
    for entry in signatures:
        octets, value = manifests_of[entry.name][0], _value(archive, entry)
        files = covered[entry.name]
        found.append(
            Verified(
                signature=_of_one_signer(value, octets),
                files=files,
                uncovered=tuple(one for one in data if one not in files),
                octets=value,
                manifest=octets,
            )
        )
    return tuple(found)


def _simple(archive: Archive) -> tuple[Verified, ...]:
    """One file, signed as it is (EN 319 162-1 §4.3)."""
    signatures, data = _signatures(archive), _data(archive)
    if [one.name for one in signatures] != [_SIMPLE_SIGNATURE] or len(data) != 1:
        raise Rejected(Reason.MANIFEST)
    value = _value(archive, signatures[0])
    if not cms.is_detached(value):
        raise Rejected(Reason.MANIFEST)
    file = archive.entries[data[0]]
    algorithms = {"sha256", *cms.needed_digests(value)}
    content = Digested(size=file.size, digests=_digests(archive, file, algorithms))
    return (
        Verified(
            signature=_of_one_signer(value, content),
            files=data,
            uncovered=(),
            octets=value,
            manifest=None,
        ),
    )


def _value(archive: Archive, entry: Entry) -> bytes:
    return archive.octets(entry, limit=_MAX_SIGNATURE_BYTES)


def _of_one_signer(value: bytes, content: bytes | Digested) -> cms.Verified:
    found = cms.verify(value, content=content, rules=cms.PLAIN)
    if len(found) != 1:
        raise Rejected(Reason.MANIFEST)
    return found[0]


def _signatures(archive: Archive) -> list[Entry]:
    inside = [one for one in archive.entries.values() if names.is_meta(one.name)]
    # One by XAdES or a time stamp might be what another reader shows.
    if any(_is_other_signature(one.name) for one in inside):
        raise Rejected(Reason.UNKNOWN)
    found = [one for one in inside if one.name.casefold().endswith(".p7s")]
    if not found:
        raise Rejected(Reason.MISSING)
    if len(found) > _MAX_SIGNATURES:
        raise Rejected(Reason.ARCHIVE)
    return found


def _is_other_signature(name: str) -> bool:
    """EN 319 162-1 §4.4.3: "signatures" in the name; a time stamp without a signature is .tst."""
    folded = name.casefold()
    return "signatures" in folded and folded.endswith(".xml")


def _is_manifest(name: str) -> bool:
    """Those of archive time stamps are others'; what they cover is not relied on."""
    last = name.casefold().removeprefix(names.META.casefold())
    return names.is_meta(name) and last.startswith("asicmanifest") and last.endswith(".xml")


def _data(archive: Archive) -> tuple[str, ...]:
    """The names of the files that are not the container's own."""
    return tuple(
        one.name
        for one in archive.entries.values()
        if not (one.is_folder or one.name == names.MIMETYPE or names.is_meta(one.name))
    )


def _named(archive: Archive, uri: str) -> Entry:
    """The one file that a manifest means."""
    found = [archive.entries[one] for one in manifests.names_of(uri) if one in archive.entries]
    if len(found) != 1 or found[0].is_folder:
        raise Rejected(Reason.DIGEST)
    return found[0]


def _covered(archive: Archive, told: Mapping[str, Manifest]) -> dict[str, tuple[str, ...]]:
    """The files whose hashes are right, by the same keys; each file is read once."""
    meant = {
        signature: [(_named(archive, one.uri).name, one) for one in manifest.references]
        for signature, manifest in told.items()
    }
    wanted: dict[str, set[str]] = {}
    for files in meant.values():
        if len({name for name, _ in files}) != len(files):
            raise Rejected(Reason.MANIFEST)
        for name, one in files:
            wanted.setdefault(name, set()).add(one.algorithm)
    digests = {
        name: _digests(archive, archive.entries[name], algorithms)
        for name, algorithms in wanted.items()
    }
    for files in meant.values():
        for name, one in files:
            if not hmac.compare_digest(digests[name][one.algorithm], one.digest):
                raise Rejected(Reason.DIGEST)
    return {signature: tuple(name for name, _ in files) for signature, files in meant.items()}


def _digests(archive: Archive, entry: Entry, algorithms: set[str]) -> dict[str, bytes]:
    hashes = {name: hashlib.new(name) for name in algorithms}
    for chunk in archive.chunks(entry):
        for one in hashes.values():
            one.update(chunk)
    return {name: one.digest() for name, one in hashes.items()}
