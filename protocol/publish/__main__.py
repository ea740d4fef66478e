"""Write, or with `--check` compare, what is derived from the code (protocol.publish)."""

import json
import sys
from pathlib import Path

from protocol.publish.schemas import schemas
from protocol.publish.spec import filled
from protocol.publish.typescript import declarations

HOME = Path(__file__).parents[1]
SPEC = HOME / "SPEC.md"


def derived() -> dict[Path, str]:
    """Every derived file with its content."""
    files = {
        HOME / "schema" / path: json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for path, schema in schemas().items()
    }
    files[HOME / "js" / "messages.d.ts"] = declarations()
    files[SPEC] = filled(SPEC.read_text("utf-8"))
    return files


def stale() -> list[Path]:
    """The derived files that are missing, differ, or should be no more."""
    files = derived()
    wrong = [path for path, text in files.items() if _read(path) != text]
    return wrong + [path for path in HOME.glob("schema/*/*.json") if path not in files]


def main() -> int:
    wrong = stale()
    if "--check" in sys.argv[1:]:
        for path in wrong:
            print(f"stale: {path.relative_to(HOME)}")
        return 1 if wrong else 0
    files = derived()
    for path in wrong:
        if path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], "utf-8")
        else:
            path.unlink()
        print(f"wrote {path.relative_to(HOME)}")
    return 0


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
