"""Cases that are directories: what is in one, and what is expected of it."""

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1] / "vectors"


def cases(kind: str) -> list[Path]:
    return sorted(path.parent for path in (ROOT / kind).glob("*/expect.toml"))


def expected(case: Path) -> dict[str, Any]:
    return tomllib.loads(case.joinpath("expect.toml").read_text("utf-8"))


def read(case: Path, name: str) -> bytes | None:
    """None for what the case does not have."""
    path = case / name
    return path.read_bytes() if path.exists() else None


def is_explained(case: Path) -> bool:
    return bool(case.joinpath("README.md").read_text("utf-8").strip())
