import msgspec
import pytest

from agent.hsm.csc import messages, messages_v1, messages_v2
from agent.hsm.csc.naming import Message, csc_name

ALL = {
    kind
    for module in (messages, messages_v1, messages_v2)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
}


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("credential_id", "credentialID"),
        ("hash_algorithm_oid", "hashAlgorithmOID"),
        ("num_signatures", "numSignatures"),
        ("sad", "SAD"),
        ("pin", "PIN"),
        ("id", "id"),
        ("user_id", "userID"),
        ("sign_algo_params", "signAlgoParams"),
        ("oauth2_issuer", "oauth2Issuer"),
    ],
)
def test_fields_have_the_names_of_the_specification(field, name):
    assert csc_name(field) == name


def test_what_is_not_set_is_not_sent():
    request = messages_v2.SignRequest(
        credential_id="x", hashes=("AA==",), hash_algorithm_oid="1.2", sign_algo="1.3"
    )

    assert msgspec.json.decode(msgspec.json.encode(request)) == {
        "credentialID": "x",
        "hashes": ["AA=="],
        "hashAlgorithmOID": "1.2",
        "signAlgo": "1.3",
    }


@pytest.mark.parametrize("kind", sorted(ALL, key=lambda kind: (kind.__module__, kind.__name__)))
def test_no_message_shows_what_it_holds(kind):
    assert issubclass(kind, Message)
    assert kind.__repr__ is Message.__repr__


def test_a_pin_is_in_no_repr():
    request = messages_v1.AuthoriseRequest(credential_id="x", num_signatures=1, pin="2468")

    assert repr(request) == "AuthoriseRequest(…)"
