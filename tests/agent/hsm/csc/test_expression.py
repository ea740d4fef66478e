import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.hsm.csc.expression import FormulaError, alternatives

IDS = ["PIN", "PIN2", "OTP", "mobile", "fallback question"]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("PIN", [("PIN",)]),
        ("PIN AND OTP", [("PIN", "OTP")]),
        ("PIN OR OTP", [("PIN",), ("OTP",)]),
        ("PIN XOR OTP", [("PIN",), ("OTP",)]),
        ("PIN AND (OTP OR mobile)", [("PIN", "OTP"), ("PIN", "mobile")]),
        ("PIN AND OTP OR mobile", [("PIN", "OTP"), ("mobile",)]),
        ("PIN AND PIN", [("PIN",)]),
        ("((PIN))", [("PIN",)]),
        ("(PIN)AND(PIN2)", [("PIN", "PIN2")]),
        ("fallback question AND OTP", [("fallback question", "OTP")]),
        ("PIN2 AND PIN", [("PIN2", "PIN")]),
    ],
)
def test_a_formula_is_its_alternatives(formula, expected):
    assert alternatives(formula, IDS) == tuple(expected)


@pytest.mark.parametrize(
    "formula",
    [
        "", " ", "AND", "PIN AND", "PIN PIN2", "(PIN", "PIN)", "()", "secret", "PIN and OTP",
        "(" * 100 + "PIN" + ")" * 100,
        " AND ".join(["(PIN OR OTP OR mobile OR PIN2 OR fallback question)"] * 4),
    ],
)  # fmt: skip
def test_what_is_no_formula_or_too_much_of_one_is_refused(formula):
    with pytest.raises(FormulaError):
        alternatives(formula, IDS)


def test_nothing_can_be_said_of_no_objects():
    with pytest.raises(FormulaError):
        alternatives("PIN", [])


def formulas():
    return st.recursive(
        st.sampled_from(IDS),
        lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR", "XOR"]), inner).map(
            lambda parts: f"({' '.join(parts)})"
        ),
        max_leaves=6,
    )


def holds(formula: str, given_ids: set[str]) -> bool:
    """The formula by Python's own grammar; XOR as OR, since one of the two is enough."""
    for name in sorted(IDS, key=len, reverse=True):
        formula = formula.replace(name, str(IDS.index(name)) + "_")
    words = {f"{IDS.index(name)}_": str(name in given_ids) for name in IDS}
    for word, value in words.items():
        formula = formula.replace(word, value)
    return eval(formula.replace("AND", "and").replace("XOR", "or").replace("OR", "or"))


@given(formula=formulas())
def test_each_alternative_satisfies_the_formula_and_nothing_less_than_one_does(formula):
    found = alternatives(formula, IDS)

    assert all(holds(formula, set(choice)) for choice in found)
    for missing in IDS:
        rest = set(IDS) - {missing}
        assert holds(formula, rest) == any(set(choice) <= rest for choice in found)


@given(formula=st.text(alphabet="PINOTAXDR2 ()", max_size=40))
def test_any_text_is_a_formula_or_a_formula_error(formula):
    with contextlib.suppress(FormulaError):
        assert alternatives(formula, IDS)
