"""Containers built by the standard library, right ones and wrong ones; nothing here is shared with
agent/formats/asic but the CMS signature in them.

container(unit, {"a.txt": b"…"})                                   # ASiC-E with CAdES
container(unit, {"a.txt": b"…"}, shown={"a.txt": b"other"})          # a file exchanged afterwards
"""

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from tests.support import cms
from tests.support.pki import Holder

ASIC_E = b"application/vnd.etsi.asic-e+zip"
ASIC_S = b"application/vnd.etsi.asic-s+zip"
MANIFEST = "META-INF/ASiCManifest001.xml"
SIGNATURE = "META-INF/signature001.p7s"
NAMESPACE = "http://uri.etsi.org/02918/v1.2.1#"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"

Files = Iterable[tuple[str, bytes]]


def manifest(
    files: Mapping[str, bytes],
    *,
    signature: str = SIGNATURE,
    namespace: str = NAMESPACE,
    method: str = SHA256,
    extra: str = "",
    before: str = "",
    escape: bool = True,
) -> bytes:
    references = "".join(
        f'<a:DataObjectReference URI="{quote(name) if escape else name}">'
        f'<d:DigestMethod Algorithm="{method}"/><d:DigestValue>'
        f"{base64.b64encode(hashlib.sha256(octets).digest()).decode()}"
        "</d:DigestValue></a:DataObjectReference>"
        for name, octets in files.items()
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<a:ASiCManifest xmlns:a="{namespace}" '
        'xmlns:d="http://www.w3.org/2000/09/xmldsig#">'
        f'<a:SigReference URI="{signature}"/>{references}{extra}</a:ASiCManifest>'
    ).encode()


def zipped(files: Files, *, kind: bytes | None = ASIC_E, method: int = zipfile.ZIP_STORED) -> bytes:
    """As Python's own library writes it."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        if kind is not None:
            archive.writestr(zipfile.ZipInfo("mimetype"), kind)
        for name, octets in files:
            archive.writestr(zipfile.ZipInfo(name), octets, compress_type=method)
    return held.getvalue()


def container(
    holder: Holder,
    files: Mapping[str, bytes],
    *,
    shown: Mapping[str, bytes] | None = None,
    told: bytes | None = None,
    signed: bytes | None = None,
    extra: Files = (),
    method: int = zipfile.ZIP_STORED,
    kind: bytes | None = ASIC_E,
) -> bytes:
    """`shown` are in the container instead of what is signed; `told` is the manifest."""
    over = manifest(files) if told is None else told
    value = cms.build(holder, over, attached=False) if signed is None else signed
    inside = [*(files if shown is None else shown).items(), (MANIFEST, over), (SIGNATURE, value)]
    return zipped([*inside, *extra], kind=kind, method=method)


def simple(holder: Holder, name: str, content: bytes, *, extra: Files = ()) -> bytes:
    """ASiC-S with CAdES."""
    value = cms.build(holder, content, attached=False)
    return zipped([(name, content), ("META-INF/signature.p7s", value), *extra], kind=ASIC_S)
