"""Write the cases of this directory, from the repository: python -m tests.vectors.pdf.generate

`SIGN` and `VERIFY` are the whole list; adding a case is adding an entry. The attacks are those of
Mladenov et al. (2019, "1 Trillion Dollar Refund"), and of their papers on shadow documents and on
certified documents (2021).
"""

import shutil
from pathlib import Path

from tests.vectors.pdf import originals, verify
from tests.vectors.pdf.originals import Case

HERE = Path(__file__).parent


def main() -> None:
    for old in HERE.iterdir():
        if old.is_dir() and old.name != "__pycache__":
            shutil.rmtree(old)
    for act, cases in (("sign", originals.SIGN), ("verify", verify.VERIFY)):
        for name, case in cases.items():
            directory = HERE / f"{act}-{name}"
            directory.mkdir()
            directory.joinpath("document.pdf").write_bytes(case.document)
            directory.joinpath("README.md").write_text(case.why + "\n", "utf-8")
            directory.joinpath("expect.toml").write_text(expected(act, case), "utf-8")


def expected(act: str, case: Case) -> str:
    lines = [f'act = "{act}"']
    lines += [f'code = "{case.code}"'] if case.code else []
    lines += [f'reason = "{case.reason}"'] if case.reason else []
    lines += [f"warnings = {list(case.warnings)!r}".replace("'", '"')] if case.warnings else []
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
