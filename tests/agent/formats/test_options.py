"""What a request may choose, and what a key is then asked for."""

import pytest

from agent.errors import DocumentError
from agent.formats.api import fitted
from agent.formats.cms import CmsFormat
from agent.formats.levels import Level
from agent.formats.options import Options, Stamp, chosen_mechanisms
from agent.keys import Mechanism

DEFAULT = (Mechanism.RSA_PKCS1_SHA256,)


def test_nothing_chosen_is_as_the_profile_has_it() -> None:
    assert chosen_mechanisms(Options(level=Level.T), DEFAULT) == DEFAULT
    way = CmsFormat(attached=False)
    assert fitted(way, options=Options(), name="x") is way


@pytest.mark.parametrize("name", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("padding", ["pkcs1", "pss"])
def test_hash_and_padding(name: str, padding: str) -> None:
    found = chosen_mechanisms(Options(hash=name, padding=padding), DEFAULT)

    assert set(found) == {f"rsa-{padding}-{name}", f"ecdsa-{name}"}


def test_a_padding_alone_leaves_a_curve_its_own_hash() -> None:
    found = chosen_mechanisms(Options(padding="pss"), DEFAULT)

    assert set(found) == {"rsa-pss-sha256", "ecdsa-sha256", "ecdsa-sha384", "ecdsa-sha512"}


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"level": Level.T}, "level"),
        ({"hash": "sha512"}, "hash"),
        ({"padding": "pss"}, "padding"),
        ({"stamp": Stamp()}, "stamp"),
    ],
)
def test_what_is_not_allowed_is_named(option: dict, told: str) -> None:
    with pytest.raises(DocumentError, match="option_unsupported") as caught:
        Options(**option).allow()

    assert caught.value.details == {"option": told}
    Options(**option).allow(told)
