"""What every kind of service asks of a credential before any secret goes out."""

import pytest

from agent.errors import UserError
from agent.hsm.api import ToSign
from agent.hsm.provider import Credential, named
from agent.keys import Mechanism

ITEM = ToSign(name="a.xml", digest=bytes(32), message=b"a")
RSA = Mechanism.RSA_PKCS1_SHA256


@pytest.mark.parametrize(
    ("credential", "code"),
    [
        (Credential(id="a", certificate=b"", enabled=False), "certificate_unsuitable"),
        (Credential(id="a", certificate=b"", mechanisms=frozenset()), "certificate_unsuitable"),
        (Credential(id="a", certificate=b"", most_hashes=0), "service_batch"),
    ],
    ids=["disabled", "cannot do it", "too many"],
)
def test_what_cannot_be_signed_is_refused(credential, code) -> None:
    with pytest.raises(UserError) as refusal:
        credential.require([ITEM], RSA, host="hsm.example.vn")

    assert refusal.value.code == code


def test_what_can_be_signed_is_let_through() -> None:
    Credential(id="a", certificate=b"").require([ITEM], RSA, host="hsm.example.vn")


def test_a_credential_is_found_by_its_name_or_is_not_the_account_s() -> None:
    credentials = [Credential(id=name, certificate=b"") for name in "ab"]
    assert named(credentials, "b") is credentials[1]

    with pytest.raises(UserError) as refusal:
        named(credentials, "c")

    assert refusal.value.code == "certificate_not_found"
