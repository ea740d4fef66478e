import base64

from agent.hsm.encoded import certificate, rsa_with_sha256, signature, unbase64
from agent.keys import Mechanism
from tests.support.pki import ec_key
from tests.support.signing_services.served import CA, unit


def test_a_certificate_is_read_from_base64_with_line_ends_or_pem() -> None:
    holder = unit()
    for text in (base64.encodebytes(holder.der).decode(), holder.pem.decode()):
        assert certificate(text) == holder.der


def test_what_is_no_certificate_is_none() -> None:
    for text in ("", "…", "AAAA", base64.b64encode(b"{}").decode(), unit().pem.decode()[:-60]):
        assert certificate(text) is None


def test_an_empty_or_endless_signature_is_none() -> None:
    assert signature("") is None
    assert signature(" \n ") is None
    assert signature("A" * 4000) is None
    assert signature("AAAA\r\nAAAA") == bytes(6)
    assert unbase64("A A=A=") is None


def test_only_rsa_keys_sign_with_rsa() -> None:
    assert rsa_with_sha256(unit().der) == {Mechanism.RSA_PKCS1_SHA256}
    assert not rsa_with_sha256(CA.issue("EC", key=ec_key("unit")).der)
