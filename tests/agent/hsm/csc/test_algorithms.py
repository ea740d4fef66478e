import base64

import pytest
from asn1crypto.algos import RSASSAPSSParams

from agent.hsm.csc.algorithms import SCHEMES, algorithm, mechanisms
from agent.keys import Mechanism

RSA, PSS = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"


def test_every_mechanism_has_a_scheme():
    assert set(SCHEMES) == set(Mechanism)


def test_the_identifier_that_says_most_is_preferred():
    found = algorithm(Mechanism.RSA_PKCS1_SHA256, {RSA, "1.2.840.113549.1.1.11"})

    assert found.sign_algo == "1.2.840.113549.1.1.11"
    assert found.hash_algo == "2.16.840.1.101.3.4.2.1"
    assert found.params is None


@pytest.mark.parametrize(
    ("mechanism", "hashed", "salt"),
    [
        (Mechanism.RSA_PSS_SHA256, "sha256", 32),
        (Mechanism.RSA_PSS_SHA384, "sha384", 48),
        (Mechanism.RSA_PSS_SHA512, "sha512", 64),
    ],
)
def test_pss_parameters_are_those_of_our_mechanism(mechanism, hashed, salt):
    """RFC 8017 A.2.3: one hash in both places, a salt as long as it."""
    found = algorithm(mechanism, {PSS})
    params = RSASSAPSSParams.load(base64.b64decode(found.params), strict=True)

    assert params["hash_algorithm"]["algorithm"].native == hashed
    assert params["mask_gen_algorithm"]["parameters"]["algorithm"].native == hashed
    assert params["salt_length"].native == salt
    assert params["trailer_field"].native == "trailer_field_bc"


@pytest.mark.parametrize("mechanism", list(Mechanism))
def test_what_a_key_does_is_what_it_can_be_asked_for(mechanism):
    for sign_algo in SCHEMES[mechanism].sign_algos:
        assert mechanism in mechanisms([sign_algo])
        assert algorithm(mechanism, {sign_algo}).sign_algo == sign_algo
    assert algorithm(mechanism, {"1.2.3"}) is None
