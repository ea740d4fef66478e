"""ASiC containers (ETSI EN 319 162-1): documents and their CAdES signature in one ZIP file.

    way = AsicFormat().named("hợp đồng.pdf")
    prepared = way.prepare(document, certificate=der, signing_time=now)
    value = key.sign(prepared.digest, prepared.mechanism)
    container = prepared.complete(value)            # ASiC-E, verified before it is returned

    (verified,) = verify(container)
    verified.files, verified.uncovered, verified.signature.certificate

What is signed is a manifest with the hashes of the documents, so several can be in it, of any size.
Containers by others are read when they are ASiC-E or ASiC-S with CAdES; those with XAdES or bare
time stamps are said to be unknown. The way through the modules:

    archive    a ZIP file taken apart without believing it
    names      what a file in a container may be called
    manifest   ASiCManifest, written and read exactly
    container  the ZIP file, written
    sign       the use case: prepare → complete → raise
    verify     the other use case
    reasons    why a container is rejected
"""

from agent.formats.asic.reasons import Reason
from agent.formats.asic.sign import AsicFormat, PreparedAsic
from agent.formats.asic.verify import Verified, verify

__all__ = ["AsicFormat", "PreparedAsic", "Reason", "Verified", "verify"]
