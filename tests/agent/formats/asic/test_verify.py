"""Containers by others: what is read, and what of them is told."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from agent.errors import DocumentError
from agent.formats.asic import verify
from agent.keys import Mechanism
from tests.support import asic, cms
from tests.support.pki import NOW, Authority, Holder

FILES = {"hợp đồng.txt": b"1", "thư mục/b c.bin": b"2" * 5000}


def reason(container: bytes | Path) -> str:
    with pytest.raises(DocumentError, match="signature_invalid") as caught:
        verify(container)
    return str(caught.value.details["reason"])


class TestExtended:
    def test_every_file_is_covered(self, unit: Holder) -> None:
        (found,) = verify(asic.container(unit, FILES))

        assert (found.files, found.uncovered) == (tuple(FILES), ())
        assert found.signature.certificate == unit.der
        assert found.signature.signing_time == NOW

    def test_deflated_files(self, unit: Holder) -> None:
        whole = asic.container(unit, FILES, method=zipfile.ZIP_DEFLATED)

        assert verify(whole)[0].files == tuple(FILES)

    def test_from_a_file(self, unit: Holder, tmp_path: Path) -> None:
        path = tmp_path / "x.asice"
        path.write_bytes(asic.container(unit, FILES))

        assert verify(path)[0].files == tuple(FILES)

    @pytest.mark.parametrize("escape", [True, False])
    @pytest.mark.parametrize("namespace", [asic.NAMESPACE, "http://uri.etsi.org/2918/v1.2.1#"])
    def test_as_others_write_manifests(self, unit: Holder, namespace: str, *, escape: bool) -> None:
        told = asic.manifest(FILES, namespace=namespace, escape=escape)

        assert verify(asic.container(unit, FILES, told=told))[0].files == tuple(FILES)

    def test_files_beside_are_told(self, unit: Holder) -> None:
        (found,) = verify(asic.container(unit, FILES, extra=[("evil.txt", b"x")]))

        assert (found.files, found.uncovered) == (tuple(FILES), ("evil.txt",))

    def test_two_signatures_each_with_its_files(self, unit: Holder, ca: Authority) -> None:
        other = ca.issue("CÔNG TY KHÁC", mst="0312345679")
        told = asic.manifest({"c": b"3"}, signature="META-INF/signature002.p7s")
        extra = [
            ("c", b"3"),
            ("META-INF/ASiCManifest002.xml", told),
            ("META-INF/signature002.p7s", cms.build(other, told, attached=False)),
        ]

        first, second = verify(asic.container(unit, FILES, extra=extra))

        assert (first.files, first.uncovered) == (tuple(FILES), ("c",))
        assert (second.files, second.uncovered) == (("c",), tuple(FILES))
        assert second.signature.certificate == other.der

    def test_a_signature_without_cades_attributes_is_told_as_such(self, unit: Holder) -> None:
        told = asic.manifest(FILES)
        bare = cms.attributes(unit, told)
        del bare["signing_certificate_v2"], bare["signing_time"]
        value = cms.build(unit, told, attached=False, signed=bare)

        (found,) = verify(asic.container(unit, FILES, told=told, signed=value))

        assert not found.signature.bound


class TestSimple:
    def test_one_file(self, unit: Holder) -> None:
        (found,) = verify(asic.simple(unit, "a.txt", b"content"))

        assert (found.files, found.uncovered, found.manifest) == (("a.txt",), (), None)
        assert found.signature.digest == hashlib.sha256(b"content").digest()

    def test_by_another_hash(self, unit: Holder) -> None:
        value = cms.build(unit, b"content", attached=False, mechanism=Mechanism.RSA_PKCS1_SHA512)
        whole = asic.zipped(
            [("a.txt", b"content"), ("META-INF/signature.p7s", value)], kind=asic.ASIC_S
        )

        assert verify(whole)[0].signature.digest == hashlib.sha512(b"content").digest()

    @pytest.mark.parametrize("name", ["b.txt", "META-INF/signature2.p7s"])
    def test_two_of_anything(self, unit: Holder, name: str) -> None:
        assert reason(asic.simple(unit, "a.txt", b"1", extra=[(name, b"2")])) == "manifest"

    def test_an_attached_signature(self, unit: Holder) -> None:
        files = [("a.txt", b"1"), ("META-INF/signature.p7s", cms.build(unit, b"1"))]

        assert reason(asic.zipped(files, kind=asic.ASIC_S)) == "manifest"

    def test_a_changed_file(self, unit: Holder) -> None:
        value = cms.build(unit, b"1", attached=False)
        files = [("a.txt", b"2"), ("META-INF/signature.p7s", value)]

        assert reason(asic.zipped(files, kind=asic.ASIC_S)) == "digest"


class TestOthers:
    @pytest.mark.parametrize(
        ("files", "kind", "expected"),
        [
            ([("META-INF/signatures.xml", b"<x/>")], asic.ASIC_E, "unknown"),
            ([("META-INF/timestamp.tst", b"0")], asic.ASIC_E, "missing"),
            ([("word/document.xml", b"<x/>")], None, "unknown"),
            ([], b"application/epub+zip", "unknown"),
            ([], asic.ASIC_E, "missing"),
        ],
        ids=["xades", "time stamp", "word", "book", "nothing"],
    )
    def test_are_said_to_be_what_they_are(
        self, files: list[tuple[str, bytes]], kind: bytes | None, expected: str
    ) -> None:
        assert reason(asic.zipped(files, kind=kind)) == expected
