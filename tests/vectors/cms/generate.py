"""Write the cases of this directory, from the repository: python -m tests.vectors.cms.generate"""

from pathlib import Path

from tests.support import cms
from tests.support.forged_cms import CONTENT, forgeries
from tests.support.pki import Authority, Urls
from tests.vectors.writing import write

#: What a reader of plain CMS takes, and what it says then.
PLAIN: dict[str, list[str]] = {
    "signing-time-missing": [],
    "certificate-not-bound": ["certificate_not_bound"],
    "certificate-bound-by-sha1": ["certificate_not_bound"],
}


def main() -> None:
    ca = Authority.under(Authority.root(), urls=Urls())
    unit = ca.issue()
    cases = {}
    for one in forgeries(ca, unit):
        expect: dict[str, object] = {"reason": str(one.reason)}
        if one.name in PLAIN:
            expect["plain"] = PLAIN[one.name]
        cases[one.name] = (one.why, {"signed.p7m": one.signed, "content": one.content}, expect)
    good = {"signed.p7m": cms.build(unit, CONTENT), "content": None}
    cases["good"] = ("what all others are made of", good, {})
    write(Path(__file__).parent, cases)


if __name__ == "__main__":
    main()
