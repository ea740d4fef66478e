"""Bare signatures over hashes: what is shown, and that they are by the certificate's key."""

import hashlib

import pytest

from agent.errors import DocumentError, InternalError, UserError
from agent.formats.raw import RawFormat, grouped
from agent.keys import Mechanism
from agent.signing.verified import is_by
from tests.support.pki import Authority, Holder, ec_key, rsa_key

HASHES = ("sha256", "sha384", "sha512")


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("padding", ["pkcs1", "pss", None], ids=["pkcs1", "pss", "ecdsa"])
def test_every_scheme(unit: Holder, ca: Authority, name: str, padding: str | None) -> None:
    holder = unit if padding else ca.issue("EC", key=ec_key("raw"))
    digest = hashlib.new(name, b"a document elsewhere").digest()
    way = RawFormat(padding=padding) if padding else RawFormat()

    prepared = way.prepare(digest, hash=name, certificate=holder.der)
    value = prepared.complete(holder.sign_by(prepared.mechanism, prepared.digest))

    family = f"rsa-{padding}" if padding else "ecdsa"
    assert prepared.mechanism is Mechanism(f"{family}-{name}")
    assert is_by(holder.der, value, digest, prepared.mechanism)


def test_the_window_has_the_hash_and_says_that_there_is_more(unit: Holder) -> None:
    digest = hashlib.sha256(b"").digest()

    described = RawFormat().prepare(digest, hash="sha256", certificate=unit.der).description

    assert described.kind == "digest"
    assert described.sha256 == digest.hex()
    assert described.preview.split() == [
        "SHA-256", "e3b0c442", "98fc1c14", "9afbf4c8", "996fb924",
        "27ae41e4", "649b934c", "a495991b", "7852b855",
    ]  # fmt: skip
    assert described.preview_cut


def test_the_journal_has_a_sha256_of_longer_ones(unit: Holder) -> None:
    digest = hashlib.sha512(b"").digest()

    described = RawFormat().prepare(digest, hash="sha512", certificate=unit.der).description

    assert described.sha256 == hashlib.sha256(digest).hexdigest()
    assert described.size == 64
    assert grouped(digest) in described.preview


@pytest.mark.parametrize("size", [0, 20, 31, 33, 48])
def test_another_length_is_no_such_hash(unit: Holder, size: int) -> None:
    with pytest.raises(DocumentError, match="option_unsupported"):
        RawFormat().prepare(bytes(size), hash="sha256", certificate=unit.der)


def test_a_value_by_another_key_never_leaves(unit: Holder, ca: Authority) -> None:
    prepared = RawFormat().prepare(bytes(32), hash="sha256", certificate=unit.der)
    other = ca.issue("CÔNG TY KHÁC", mst="0312345679")
    pss = unit.sign_by(Mechanism.RSA_PSS_SHA256, prepared.digest)

    for value in (other.sign(prepared.digest), pss, b""):
        with pytest.raises(InternalError, match="self_check_failed"):
            prepared.complete(value)


def test_keys_that_are_too_short(ca: Authority) -> None:
    short = ca.issue("short", key=rsa_key("short", 1024))

    with pytest.raises(UserError, match="certificate_unsuitable"):
        RawFormat().prepare(bytes(32), hash="sha256", certificate=short.der)
