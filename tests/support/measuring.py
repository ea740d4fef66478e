"""How benchmarks tell what they measured: one line each, with the load of the machine beside it.

The numbers are for people; no test may depend on them (see the marker `bench`).
"""

import os
import statistics
from collections.abc import Sequence


def tell(what: str, said: str, *, target: str = "") -> None:
    """`target` is what the product promises, for the reader to compare."""
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"\n  {what:46} {said}{f'  (target {target})' if target else ''}  [{load}]", end="")


def tell_seconds(what: str, seconds: Sequence[float], *, target: str = "") -> None:
    """Of several rounds."""
    least, middle, most = min(seconds), statistics.median(seconds), max(seconds)
    rounds = f"min {least:.3f}  median {middle:.3f}  max {most:.3f} s of {len(seconds)}"
    tell(what, rounds, target=target)
