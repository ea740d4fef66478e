"""ASiCManifest: written, and read exactly."""

import hashlib

import pytest
from lxml import etree

from agent.errors import DocumentError
from agent.formats.asic import manifest
from tests.support import asic

FILES = {"hợp đồng 1.txt": b"1", "b": b"2"}


def refused(octets: bytes) -> None:
    with pytest.raises(DocumentError) as caught:
        manifest.read(octets)
    assert caught.value.details == {"reason": "manifest"}


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_what_is_written_is_read(algorithm: str) -> None:
    files = tuple((n, hashlib.new(algorithm, o).digest()) for n, o in FILES.items())

    octets = manifest.written(signature="META-INF/s.p7s", files=files, algorithm=algorithm)

    found = manifest.read(octets)
    assert found.signature == "META-INF/s.p7s"
    assert [(manifest.names_of(r.uri)[-1], r.digest) for r in found.references] == list(files)
    assert {r.algorithm for r in found.references} == {algorithm}


def test_it_is_of_the_standards_namespace() -> None:
    octets = manifest.written(
        signature="META-INF/s.p7s", files=(("a", bytes(32)),), algorithm="sha256"
    )

    root = etree.fromstring(octets)
    assert root.tag == "{http://uri.etsi.org/02918/v1.2.1#}ASiCManifest"
    assert [etree.QName(one).localname for one in root] == ["SigReference", "DataObjectReference"]


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"<x/>",
        asic.manifest(FILES, namespace="urn:other"),
        asic.manifest({}),
        asic.manifest(FILES, method="http://www.w3.org/2000/09/xmldsig#sha1"),
        asic.manifest(FILES, extra='<a:SigReference URI="META-INF/other.p7s"/>'),
        asic.manifest(FILES, extra='<a:DataObjectReference URI="c"/>'),
        asic.manifest(FILES, extra='<a:ASiCManifestExtensions><a:Extension Critical="true"/>'
                      "</a:ASiCManifestExtensions>"),
        asic.manifest(FILES, before="<!DOCTYPE x>"),
        asic.manifest(FILES, signature=""),
        asic.manifest(FILES).replace(b"</d:DigestValue>", b"<x/></d:DigestValue>"),
        asic.manifest(FILES).replace(b"<d:DigestValue>", b"<d:DigestValue>!"),
        asic.manifest(FILES).replace(b'URI="b"', b'URI="h%E1%BB%A3p%20%C4%91%E1%BB%93ng%201.txt"'),
        asic.manifest(FILES).replace(b'URI="b"', b'URI="b" xml:base="http://evil/"'),
        asic.manifest(FILES)[:-1],
        asic.manifest(FILES) + b" " * manifest.MAX_BYTES,
    ],
    ids=lambda octets: f"{len(octets)}",
)  # fmt: skip
def test_anything_unforeseen_is_refused(octets: bytes) -> None:
    refused(octets)


def test_extensions_that_need_not_be_understood() -> None:
    octets = asic.manifest(FILES, extra="<a:ASiCManifestExtensions/><!-- x -->")

    assert len(manifest.read(octets).references) == 2


def test_uris_that_cannot_be_unescaped() -> None:
    assert manifest.names_of("%FF") == ("%FF",)
