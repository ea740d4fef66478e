"""Hostile octets: real files, bent. Most bugs lie close to what is right, not in noise.

@fuzzed(lambda: {"signed": …})
def test_reader(octets): …

Each target runs some dozens of bent files in the gate; OPENKYSO_FUZZ=20000 makes that many of each
(`make fuzz`). What hypothesis finds it shrinks, and tries again first the next time.
"""

import os
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES: Final = int(os.environ.get("OPENKYSO_FUZZ", "40"))
#: Values that lengths, tags and counts are confused by.
_CUNNING: Final = (
    b"", b"\x00", b"\x01", b"\x7f", b"\x80", b"\xff", b"\x84\xff\xff\xff\xff", b"\x30\x80",
    b"\x00\x00", b"<", b">", b"&", b"]]>", b"<!DOCTYPE a>", b"%PDF-", b" 0 R", b"-1", b"\n",
    b"99999999999", b'"', b"\\", b"{", b"[", b"\xef\xbb\xbf", b"\xff\xfe", b"endobj", b"stream",
)  # fmt: skip

Bend = tuple[str, int, int, bytes]


def _bends() -> st.SearchStrategy[list[Bend]]:
    where = st.integers(0, 1_000_000)
    piece = st.sampled_from(_CUNNING) | st.binary(max_size=8)
    one = st.tuples(
        st.sampled_from(["put", "over", "drop", "twice", "cut", "swap", "flip"]),
        where,
        st.integers(1, 64),
        piece,
    )
    return st.lists(one, min_size=1, max_size=4)


def bent(octets: bytes, bends: list[Bend]) -> bytes:
    """`octets` after each of the changes, one upon the other."""
    for kind, where, length, piece in bends:
        at = where % (len(octets) + 1)
        before, here, behind = octets[:at], octets[at : at + length], octets[at + length :]
        match kind:
            case "put":
                octets = before + piece + here + behind
            case "over":
                octets = before + piece + octets[at + len(piece) :]
            case "drop":
                octets = before + behind
            case "twice":
                octets = before + here + here + behind
            case "cut":
                octets = before
            case "swap":
                octets = before + behind[:length] + here + behind[length:]
            case "flip" if here:
                octets = before + bytes([here[0] ^ (1 << length % 8)]) + here[1:] + behind
    return octets


def fuzzed(seeds: Callable[[], dict[str, bytes]]) -> Callable[[Callable[[bytes], Any]], Any]:
    """Run the test with bent seeds, which are made when the first test wants them."""
    made = cache(seeds)

    def decorate(test: Callable[[bytes], Any]) -> Any:
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @given(st.data(), _bends())
        def run(data: st.DataObject, bends: list[Bend]) -> None:
            name = data.draw(st.sampled_from(sorted(made())))
            test(bent(made()[name], bends))

        run.__name__ = test.__name__
        run.__doc__ = test.__doc__
        return run

    return decorate
