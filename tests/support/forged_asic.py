"""Containers that must be refused or told with a warning, each with the reason; a table of them."""

import warnings
import zipfile
from dataclasses import dataclass

from tests.support import asic, cms
from tests.support.pki import Authority, Holder

FILES = {"hợp đồng.txt": b"Pay 100 to Alice.", "phụ lục.txt": b"In ten days."}
OTHER = b"Pay 999 to Mallory."


@dataclass(frozen=True, kw_only=True)
class Forgery:
    name: str
    why: str
    container: bytes
    reason: str = ""  # "": it is good, with `warnings`
    warnings: tuple[str, ...] = ()


def forgeries(ca: Authority, unit: Holder) -> list[Forgery]:
    other = ca.issue("CÔNG TY KHÁC", mst="0312345679")
    good = asic.container(unit, FILES)
    told = asic.manifest(FILES)
    value = cms.build(unit, told, attached=False)
    name = "hợp đồng.txt"

    def f(name: str, why: str, container: bytes, reason: str, *told: str) -> Forgery:
        return Forgery(name=name, why=why, container=container, reason=reason, warnings=told)

    def with_extra(*extra: tuple[str, bytes]) -> bytes:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library warns of names that are there twice
            return asic.container(unit, FILES, extra=extra)

    return [
        f("good", "what all others are made of", good, ""),
        f("good-simple", "ASiC-S", asic.simple(unit, "a.txt", b"1"), ""),
        f("good-deflated", "others compress",
          asic.container(unit, FILES, method=zipfile.ZIP_DEFLATED), ""),
        f("extra-file", "nobody signed it; who unpacks the container finds it among the others",
          with_extra(("hoá đơn.txt", OTHER)), "", "files_not_covered"),
        f("extra-file-in-simple", "which one is signed?",
          asic.simple(unit, "a.txt", b"1", extra=[("b.txt", b"2")]), "manifest"),
        f("traversal", "unpacked it would be written elsewhere",
          with_extra(("../../evil.txt", OTHER)), "archive"),
        f("traversal-by-backslash", "the same on Windows",
          with_extra(("..\\evil.txt", OTHER)), "archive"),
        f("absolute-name", "unpacked it would be written elsewhere",
          with_extra(("/etc/evil", OTHER)), "archive"),
        f("duplicate-entry", "programs differ on which one they show",
          with_extra((name, OTHER)), "archive"),
        f("duplicate-but-for-case", "one file on Windows",
          with_extra(("PHỤ LỤC.txt", OTHER)), "archive"),
        f("file-changed", "another content",
          asic.container(unit, FILES, shown=FILES | {name: OTHER}), "digest"),
        f("file-missing", "what is signed is not there",
          asic.container(unit, FILES, shown={name: FILES[name]}), "digest"),
        f("manifest-digest-changed", "the hash fits the exchanged file, the signature does not",
          asic.container(unit, FILES | {name: OTHER}, signed=value), "digest"),
        f("manifest-by-another-key", "signed by another key than the certificate's",
          asic.container(unit, FILES, told=told,
                         signed=cms.build(unit, told, attached=False, signer=other)), "value"),
        f("manifest-missing", "a signature of nothing",
          asic.zipped([*FILES.items(), (asic.SIGNATURE, value)]), "manifest"),
        f("manifest-twice-for-one-signature", "which one is signed?",
          with_extra(("META-INF/ASiCManifest002.xml", told)), "manifest"),
        f("manifest-of-a-signature-that-is-not-there", "nothing is signed",
          asic.zipped([*FILES.items(), (asic.MANIFEST, told)]), "missing"),
        f("manifest-with-dtd", "T9: no entities, ever",
          _told(unit, asic.manifest(FILES, before="<!DOCTYPE x>")), "manifest"),
        f("manifest-by-sha1", "TT 15/2025: no SHA-1",
          _told(unit, asic.manifest(FILES, method="http://www.w3.org/2000/09/xmldsig#sha1")),
          "manifest"),
        f("manifest-names-a-file-twice", "which hash counts?",
          _told(unit, asic.manifest(FILES).replace(
              b"</a:ASiCManifest>", asic.manifest(FILES).partition(b'p7s"/>')[2])), "manifest"),
        f("manifest-with-a-critical-extension", "it must be understood and is not",
          _told(unit, asic.manifest(FILES, extra='<a:ASiCManifestExtensions><a:Extension '
                                    'Critical="true"/></a:ASiCManifestExtensions>')), "manifest"),
        f("second-signature-bad", "nobody can tell which one a reader looks at",
          _with_second(unit, other), "value"),
        f("signature-unlisted", "a signature over nothing that is said",
          with_extra(("META-INF/signature002.p7s", value)), "manifest"),
        f("signature-missing", "files alone", asic.zipped(FILES.items()), "missing"),
        f("signature-by-xades-beside", "another reader might show that one",
          with_extra(("META-INF/signatures.xml", b"<x/>")), "unknown"),
        f("signature-truncated", "the signature file ends too early",
          asic.container(unit, FILES, signed=value[:-1]), "grammar"),
        f("plain-cms", "the certificate is not bound",
          asic.container(unit, FILES, signed=_plain(unit, told)), "", "certificate_not_bound"),
        f("type-missing", "any ZIP file", asic.container(unit, FILES, kind=None), "unknown"),
        f("type-of-another", "a book",
          asic.container(unit, FILES, kind=b"application/epub+zip"), "unknown"),
        f("truncated", "the directory is cut off", good[:-30], "archive"),
        f("octet-behind-the-end", "something follows", good + b"\0", "archive"),
        f("headers-differ", "two names for one file",
          good.replace("phụ".encode(), "phú".encode(), 1), "archive"),
    ]  # fmt: skip


def _told(unit: Holder, manifest: bytes) -> bytes:
    return asic.container(unit, FILES, told=manifest)


def _plain(unit: Holder, told: bytes) -> bytes:
    bare = cms.attributes(unit, told)
    del bare["signing_certificate_v2"]
    return cms.build(unit, told, attached=False, signed=bare)


def _with_second(unit: Holder, other: Holder) -> bytes:
    second = asic.manifest(FILES, signature="META-INF/signature002.p7s")
    value = cms.build(other, second, attached=False, signer=unit)
    extra = [("META-INF/ASiCManifest002.xml", second), ("META-INF/signature002.p7s", value)]
    return asic.container(unit, FILES, extra=extra)
