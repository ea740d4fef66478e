from datetime import UTC, datetime, timedelta

from agent.consent.choosing import in_order, preselected
from agent.consent.windows.samples import certificate
from agent.keys import CertificateId

NOW = datetime(2026, 11, 23, tzinfo=UTC)
OURS, OTHER = "0101234567", "0309999999"


def made(name, *, mst=OURS, days=100, usable=True):
    return certificate(
        id=CertificateId(name), mst=(mst,), not_after=NOW + timedelta(days=days), usable=usable
    )


def test_the_wanted_tax_code_is_chosen():
    assert preselected([made("a", mst=OTHER), made("b")], wanted_mst=OURS) == "b"


def test_of_several_the_one_that_lasts_longest():
    assert preselected([made("a", days=10), made("b", days=900)], wanted_mst=OURS) == "b"


def test_a_branch_is_not_its_parent():
    assert preselected([made("a", mst=OURS + "001")], wanted_mst=OURS) is None


def test_what_cannot_be_used_is_never_chosen():
    assert preselected([made("a", usable=False)], wanted_mst=OURS) is None
    assert preselected([made("a", usable=False)], wanted_mst=None) is None


def test_the_only_one_is_chosen():
    assert preselected([made("a"), made("b", usable=False)], wanted_mst=None) == "a"


def test_between_several_nothing_is_guessed():
    assert preselected([made("a"), made("b")], wanted_mst=None) is None


def test_the_users_own_choice_is_kept():
    both = [made("a"), made("b", days=900)]

    assert preselected(both, wanted_mst=OURS, previous=CertificateId("a")) == "a"
    assert preselected(both[1:], wanted_mst=OURS, previous=CertificateId("a")) == "b"


def test_usable_ones_come_first():
    order = in_order([made("a", usable=False), made("b", days=1), made("c", days=2)])

    assert [c.id for c in order] == ["c", "b", "a"]
