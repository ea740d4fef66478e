"""Programs that judge XML signatures: xmlsec1, and signxml with a mistake of its own mended."""

import shutil
import subprocess
from pathlib import Path

import pytest
from lxml import etree
from signxml.verifier import XMLVerifier
from signxml.xades import XAdESVerifier

from tests.support.pki import Authority


def xmlsec1(
    document: bytes, root: Authority, tmp_path: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    if shutil.which("xmlsec1") is None:
        pytest.skip("xmlsec1 is not installed (apt install xmlsec1)")
    trusted = tmp_path / "root.pem"
    trusted.write_bytes(root.pem)
    file = tmp_path / "signed.xml"
    file.write_bytes(document)
    return subprocess.run(
        # Only the certificate counts, not the bare KeyValue before it.
        [
            *("xmlsec1", "--verify", "--enabled-key-data", "x509", "--trusted-pem", trusted),
            *(*options, file),
        ],
        cwd=tmp_path,  # where it looks for what a detached signature is of
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class Mended:
    """signxml with what it canonicalises as the root of a document of its own.

    As it is, libxml2 writes xmlns="" into the canonical form of a part of a tree that inherits its
    default namespace, so that signxml can verify no signature of this profile.
    """

    def _c14n(self, nodes, algorithm, inclusive_ns_prefixes=None):
        alone = etree.fromstring(etree.tostring(nodes, with_tail=False))
        return super()._c14n(alone, algorithm, inclusive_ns_prefixes)


class MendedVerifier(Mended, XMLVerifier):
    pass


class MendedXAdESVerifier(Mended, XAdESVerifier):
    pass
