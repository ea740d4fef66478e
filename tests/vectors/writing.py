"""Write cases as directories: the files, expect.toml, and README.md with the reason."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

#: Why, files by name (None: not there), what is expected.
Case = tuple[str, Mapping[str, bytes | None], Mapping[str, object]]


def write(directory: Path, cases: Mapping[str, Case]) -> None:
    """Those that were there before are gone."""
    for old in directory.glob("*/expect.toml"):
        shutil.rmtree(old.parent)
    for name, (why, files, expect) in cases.items():
        case = directory / name
        case.mkdir()
        case.joinpath("README.md").write_text(f"{why[0].upper()}{why[1:]}.\n", "utf-8")
        lines = (f"{key} = {json.dumps(value)}\n" for key, value in expect.items())
        case.joinpath("expect.toml").write_text("".join(lines), "utf-8")
        for file, octets in files.items():
            if octets is not None:
                case.joinpath(file).write_bytes(octets)
