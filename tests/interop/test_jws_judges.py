"""joserfc and we verify each other's JWS, and for the bare RSA openssl does.

The must-fail files are a table with their reasons: tests/support/jws.py.
"""

import base64
import json
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from joserfc import jws as joserfc
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.registry import HeaderParameter

from agent.formats.jws import ALGORITHMS, JwsFormat, verify
from tests.support.jws import CONTENT, MECHANISMS, b64, forgeries, header_of
from tests.support.pki import NOW, Authority, Holder, Urls, ec_key, rsa_key


@pytest.fixture(scope="module")
def ca() -> Authority:
    return Authority.under(Authority.root(), urls=Urls())


def holder_for(name: str, ca: Authority) -> Holder:
    key = (
        ec_key("jws", {"ES512": 521}.get(name, int(name[2:])))
        if name.startswith("ES")
        else rsa_key("jws")
    )
    return ca.issue(name, key=key)


def key_of(holder: Holder, *, private: bool = False) -> RSAKey | ECKey:
    if private:
        pem = holder.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    else:
        pem = holder.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    return (ECKey if hasattr(holder.key, "curve") else RSAKey).import_key(pem)


def ours(holder: Holder, name: str, *, detached: bool) -> bytes:
    way = JwsFormat(detached=detached, algorithms=(ALGORITHMS[name],))
    prepared = way.prepare(CONTENT, certificate=holder.der, signing_time=NOW)
    return prepared.complete(holder.sign_by(prepared.mechanism, prepared.digest))


@pytest.fixture
def registry() -> joserfc.JWSRegistry:
    """joserfc refuses header names that it has not been told of, and long headers."""
    found = joserfc.JWSRegistry(
        {"iat": HeaderParameter("signing time", "int")}, algorithms=list(MECHANISMS)
    )
    found.max_header_length = 64 * 1024
    return found


@pytest.mark.parametrize("name", ALGORITHMS)
class TestJoserfc:
    def test_verifies_ours(self, ca: Authority, registry, name: str) -> None:
        holder = holder_for(name, ca)

        found = joserfc.deserialize_compact(
            ours(holder, name, detached=False), key_of(holder), registry=registry
        )

        assert found.payload == CONTENT

    def test_verifies_ours_of_unencoded_content(self, ca: Authority, registry, name: str) -> None:
        holder = holder_for(name, ca)
        signed = ours(holder, name, detached=True)

        found = joserfc.deserialize_compact(
            signed, key_of(holder), payload=CONTENT, registry=registry
        )

        assert found.payload == CONTENT
        with pytest.raises(JoseError):
            joserfc.deserialize_compact(
                signed, key_of(holder), payload=CONTENT + b" ", registry=registry
            )

    def test_makes_what_we_verify(self, ca: Authority, registry, name: str) -> None:
        holder = holder_for(name, ca)

        made = joserfc.serialize_compact(
            header_of(holder, name), CONTENT, key_of(holder, private=True), registry=registry
        )

        assert verify(made.encode()).content == CONTENT
        detached = joserfc.detach_content(made)
        assert verify(detached.encode(), content=CONTENT).certificate == holder.der

    def test_makes_unencoded_what_we_verify(self, ca: Authority, registry, name: str) -> None:
        holder = holder_for(name, ca)
        header = header_of(holder, name) | {"b64": False, "crit": ["b64"]}

        # Content with a dot cannot stand between dots, so it is left out (RFC 7797 §5.2).
        made = joserfc.serialize_compact(
            header, b"$.02", key_of(holder, private=True), registry=registry
        )

        assert made.split(".")[1] == ""
        assert verify(made.encode(), content=b"$.02").content == b"$.02"


def test_the_judge_can_say_no(ca: Authority, registry) -> None:
    """Where content or key is wrong; of headers it has its own opinions."""
    wrong = {"wrong-key", "content-swapped", "header-swapped", "alg-none", "signature-empty"}
    unit = ca.issue()
    for forgery in forgeries(ca, unit):
        if forgery.name in wrong:
            wrong.remove(forgery.name)
            with pytest.raises(JoseError):
                joserfc.deserialize_compact(forgery.signed, key_of(unit), registry=registry)
    assert not wrong


def test_openssl_verifies_the_bare_rsa(ca: Authority, tmp_path: Path) -> None:
    """RFC 7515, appendix A.2: the input is header, dot, content, all in base64url."""
    holder = holder_for("RS256", ca)
    signed = ours(holder, "RS256", detached=False)
    over, _, value = signed.rpartition(b".")
    files = {
        "key": holder.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
        "value": base64.urlsafe_b64decode(value + b"=="),
        "input": over,
    }
    for name, octets in files.items():
        tmp_path.joinpath(name).write_bytes(octets)

    judged = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "key", "-signature", "value", "input"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert judged.stdout.strip() == "Verified OK"
    assert over.endswith(b"." + b64(CONTENT))
    assert json.loads(base64.urlsafe_b64decode(over.partition(b".")[0] + b"=="))["alg"] == "RS256"
