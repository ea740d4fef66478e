"""What a good answer becomes in a stranger's hands."""

from typing import Any

from hypothesis import strategies as st

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=50),
    st.just("STRANGER " * 5000),
    st.just([]),
    st.just({}),
    st.sampled_from([0, 1, 101, 200, 401, 2010, 4000, 4001, 4005, 7000, 13004, 50000, "4002"]),
    st.sampled_from(["SUCCESS", "REJECTED", "EXPIRED", "quota", "58007", "sig_wait", "AAAA"]),
)


def mutated(value: Any) -> st.SearchStrategy[Any]:
    """The value itself, or with parts of it dropped, doubled or replaced by junk."""
    match value:
        case dict():
            inner = st.one_of(
                st.fixed_dictionaries({}, optional={k: mutated(v) for k, v in value.items()}),
                st.fixed_dictionaries({k: mutated(v) for k, v in value.items()}),
            )
        case list():
            inner = st.one_of(
                st.tuples(*(mutated(v) for v in value)).map(list),
                st.lists(st.one_of(*(mutated(v) for v in value)), max_size=4)
                if value
                else st.just([]),
            )
        case _:
            inner = st.just(value)
    return st.one_of(st.just(value), inner, JUNK)
