"""A document that a request names, as its format needs it: held, in a file, or by its hashes."""

from contextlib import AbstractAsyncContextManager
from typing import Final

from agent.documents import Document
from agent.formats.options import Options
from agent.server.arriving import SMALL_BYTES
from agent.server.contents import Contents, Tell
from protocol import documents as d

#: Formats that leave the document in its file, however large it is.
FROM_FILES: Final = frozenset({"cades-attached", "cades-detached", "pades", "asic-e"})
#: Formats that need no more of the document than its hashes.
BY_HASHES: Final = frozenset({"cades-detached"})
#: What others may have in memory; they have bounds of their own.
MOST_HELD: Final = 64 * 1024 * 1024


def opened_for(
    contents: Contents,
    source: d.Source,
    *,
    profile: str,
    options: Options,
    tell: Tell | None = None,
) -> AbstractAsyncContextManager[Document]:
    """As the profile's format needs it. Raises what `Contents.document` does."""
    return contents.document(
        source,
        hold=SMALL_BYTES if profile in FROM_FILES else MOST_HELD,
        whole=profile not in BY_HASHES,
        hashes=(options.hash or "sha256",),
        tell=tell,
    )
