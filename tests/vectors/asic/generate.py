"""Write the cases of this directory, from the repository: python -m tests.vectors.asic.generate"""

from pathlib import Path

from tests.support.forged_asic import forgeries
from tests.support.pki import Authority, Urls
from tests.vectors.writing import write


def main() -> None:
    ca = Authority.under(Authority.root(), urls=Urls())
    write(
        Path(__file__).parent,
        {
            one.name: (
                one.why,
                {"signed.asice": one.container},
                {"reason": one.reason} if one.reason else {"warnings": list(one.warnings)},
            )
            for one in forgeries(ca, ca.issue())
        },
    )


if __name__ == "__main__":
    main()
