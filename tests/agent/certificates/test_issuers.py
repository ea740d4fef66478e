"""Which certificates belong beside a signature."""

from agent.certificates.issuers import issuers
from tests.support.pki import Authority, Urls

ROOT = Authority.root("Issuers root")
UPPER = Authority.under(ROOT, "Issuers upper", urls=Urls())
LOWER = Authority.under(UPPER, "Issuers lower", urls=Urls())
HOLDER = LOWER.issue()


def test_nearest_first_and_no_root() -> None:
    assert issuers(HOLDER.der, (ROOT.der, UPPER.der, LOWER.der)) == (LOWER.der, UPPER.der)


def test_as_far_as_they_are_known() -> None:
    assert issuers(HOLDER.der, (LOWER.der,)) == (LOWER.der,)
    assert issuers(HOLDER.der, (UPPER.der,)) == ()
    assert issuers(HOLDER.der, ()) == ()


def test_a_namesake_with_another_key_has_not_issued_it() -> None:
    namesake = Authority._make("Issuers lower", UPPER, Urls())
    impostor = Authority.under(Authority.root("Impostor root"), "Impostor", urls=Urls())

    assert issuers(HOLDER.der, (impostor.der,)) == ()
    assert issuers(HOLDER.der, (namesake.der, LOWER.der))[0] in {namesake.der, LOWER.der}


def test_what_cannot_be_read_is_left_out() -> None:
    assert issuers(HOLDER.der, (b"junk", LOWER.der)) == (LOWER.der,)
    assert issuers(b"junk", (LOWER.der,)) == ()


def test_certificates_that_issued_each_other_end() -> None:
    first = Authority.root("Crossed A")
    second = Authority.under(first, "Crossed B", urls=Urls())
    back = Authority._make("Crossed A", second, Urls())
    holder = second.issue()

    assert issuers(holder.der, (second.der, back.der)) == (second.der, back.der)
