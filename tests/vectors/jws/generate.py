"""Write the cases of this directory, from the repository: python -m tests.vectors.jws.generate"""

from pathlib import Path

from tests.support.jws import CONTENT, forgeries, token
from tests.support.pki import Authority, Urls
from tests.vectors.writing import write

#: Larger ones are made by the tests each time.
MAX_BYTES = 16 * 1024


def main() -> None:
    ca = Authority.under(Authority.root(), urls=Urls())
    unit = ca.issue()
    cases = {
        one.name: (
            one.why,
            {"signed.jws": one.signed, "content": one.content},
            {"reason": str(one.reason)},
        )
        for one in forgeries(ca, unit)
        if len(one.signed) <= MAX_BYTES
    }
    good = {"signed.jws": token(unit, CONTENT), "content": None}
    cases["good"] = ("what all others are made of", good, {})
    write(Path(__file__).parent, cases)


if __name__ == "__main__":
    main()
