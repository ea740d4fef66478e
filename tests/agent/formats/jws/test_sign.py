"""JWS as we make it: what is in it, and what never leaves."""

import base64
import dataclasses
import hashlib
import io
import json
from datetime import UTC, datetime

import pytest

from agent.errors import DocumentError, InternalError, UserError
from agent.formats.content import digested
from agent.formats.jws import ALGORITHMS, JwsFormat, PreparedJws, is_detached, verify
from agent.formats.jws import sign as module
from agent.formats.levels import Level
from agent.formats.options import Options, Stamp
from agent.formats.registry import format_for
from tests.support.jws import b64
from tests.support.pki import Authority, Holder, Urls, ec_key, rsa_key

NOON = datetime(2026, 11, 23, 12, 0, 0, 999, tzinfo=UTC)
DOCUMENT = '{"tên": "Hợp đồng"}'.encode()
COMPACT, DETACHED = JwsFormat(detached=False), JwsFormat(detached=True)


def prepared(unit: Holder, document: object = DOCUMENT, way: JwsFormat = COMPACT) -> PreparedJws:
    return way.prepare(document, certificate=unit.der, signing_time=NOON)


def signed(unit: Holder, document: object = DOCUMENT, way: JwsFormat = COMPACT) -> bytes:
    made = prepared(unit, document, way)
    return made.complete(unit.sign_by(made.mechanism, made.digest))


def header(octets: bytes) -> dict[str, object]:
    part = octets.partition(b".")[0]
    return json.loads(base64.urlsafe_b64decode(part + b"=="))


class TestWhatIsInIt:
    def test_the_header(self, unit: Holder) -> None:
        assert header(signed(unit)) == {
            "alg": "RS256",
            "iat": int(NOON.timestamp()),
            "x5t#S256": b64(hashlib.sha256(unit.der).digest()).decode(),
            "x5c": [base64.b64encode(unit.der).decode()],
        }

    def test_the_content_is_in_the_middle(self, unit: Holder) -> None:
        assert signed(unit).split(b".")[1] == b64(DOCUMENT)

    def test_detached_signs_the_content_as_it_is(self, unit: Holder) -> None:
        made = signed(unit, way=DETACHED)

        told = header(made)
        assert (told["b64"], told["crit"]) == (False, ["b64"])
        assert made.split(b".")[1] == b""
        assert is_detached(made)
        assert prepared(unit, way=DETACHED).message.endswith(b"." + DOCUMENT)

    def test_the_chain_follows_without_the_root(self) -> None:
        root = Authority.root("Another root")
        upper = Authority.under(root, "Upper", urls=Urls())
        lower = Authority.under(upper, "Lower", urls=Urls())
        holder = lower.issue()

        way = JwsFormat(detached=False, authorities=(root.der, upper.der, lower.der))
        made = signed(holder, way=way)

        assert verify(made).embedded == (holder.der, lower.der, upper.der)

    @pytest.mark.parametrize("name", ALGORITHMS)
    def test_every_algorithm(self, ca: Authority, name: str) -> None:
        bits = {"ES512": 521}.get(name, int(name[2:]))
        key = ec_key("jws", bits) if name.startswith("ES") else rsa_key("jws")
        holder = ca.issue(name, key=key)

        for detached in (False, True):
            way = JwsFormat(detached=detached, algorithms=(ALGORITHMS[name],))
            made = signed(holder, way=way)
            assert header(made)["alg"] == name
            assert verify(made, content=DOCUMENT).algorithm.name == name


class TestTheKey:
    @pytest.mark.parametrize(("bits", "name"), [(256, "ES256"), (384, "ES384"), (521, "ES512")])
    def test_a_curve_has_its_algorithm(self, ca: Authority, bits: int, name: str) -> None:
        holder = ca.issue(f"EC {bits}", key=ec_key("jws", bits))

        assert header(signed(holder))["alg"] == name

    def test_one_without_an_algorithm_is_refused(self, ca: Authority) -> None:
        with pytest.raises(UserError, match="certificate_unsuitable"):
            prepared(ca.issue("unsuitable", key=rsa_key("short", 1024)))

    @pytest.mark.parametrize(
        ("chosen", "name"),
        [
            ({}, "RS256"),
            ({"hash": "sha512"}, "RS512"),
            ({"padding": "pss"}, "PS256"),
            ({"hash": "sha384", "padding": "pss"}, "PS384"),
        ],
    )
    def test_a_request_may_choose(self, unit: Holder, chosen: dict, name: str) -> None:
        way = COMPACT.with_options(Options(**chosen))

        assert header(signed(unit, way=way))["alg"] == name

    def test_a_curve_has_no_other_hash_than_its_own(self, ca: Authority) -> None:
        holder = ca.issue("EC", key=ec_key("jws"))

        with pytest.raises(UserError, match="certificate_unsuitable"):
            prepared(holder, way=COMPACT.with_options(Options(hash="sha512")))

    @pytest.mark.parametrize("option", [{"level": Level.T}, {"stamp": Stamp()}])
    def test_what_jws_has_not_cannot_be_chosen(self, option: dict) -> None:
        with pytest.raises(DocumentError, match="option_unsupported"):
            COMPACT.with_options(Options(**option))


class TestDocuments:
    @pytest.mark.parametrize("way", [COMPACT, DETACHED])
    def test_must_be_at_hand(self, unit: Holder, way: JwsFormat) -> None:
        """The header, which has the certificate, is hashed before the content."""
        with pytest.raises(DocumentError, match="document_too_large"):
            prepared(unit, digested(io.BytesIO(DOCUMENT)), way)

    def test_have_a_limit(self, unit: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MAX_CONTENT_BYTES", len(DOCUMENT) - 1)

        with pytest.raises(DocumentError, match="document_too_large"):
            prepared(unit)

    @pytest.mark.parametrize("way", [COMPACT, DETACHED])
    def test_may_be_empty(self, unit: Holder, way: JwsFormat) -> None:
        assert verify(signed(unit, b"", way), content=b"").content == b""

    def test_are_described(self, unit: Holder) -> None:
        told = prepared(unit).description

        assert (told.kind, told.preview) == ("other", DOCUMENT.decode())

    def test_the_profiles_are_in_the_registry(self, unit: Holder) -> None:
        for name, detached in (("jws", False), ("jws-detached", True)):
            made = format_for(name).prepare(DOCUMENT, certificate=unit.der, signing_time=NOON)
            assert is_detached(made.complete(unit.sign(made.digest))) is detached

    def test_the_digest_is_of_the_message(self, unit: Holder) -> None:
        for way in (COMPACT, DETACHED):
            made = prepared(unit, way=way)
            assert made.digest == hashlib.sha256(made.message).digest()


class TestWhatNeverLeaves:
    @pytest.mark.parametrize("spoil", [lambda v: v[:-1], lambda _: b"", lambda v: v[::-1]])
    @pytest.mark.parametrize("curve", [False, True])
    def test_a_wrong_signature_value(self, ca: Authority, spoil, *, curve: bool) -> None:
        holder = ca.issue("spoilt", key=ec_key("jws") if curve else rsa_key("jws"))
        made = prepared(holder)

        with pytest.raises(InternalError, match="self_check_failed") as caught:
            made.complete(spoil(holder.sign(made.digest)))

        assert caught.value.details["reason"] == "value"

    def test_another_keys_signature(self, ca: Authority, unit: Holder) -> None:
        made = prepared(unit)

        with pytest.raises(InternalError, match="self_check_failed"):
            made.complete(ca.issue("another").sign(made.digest))

    def test_another_certificate_than_the_one_that_was_shown(
        self, ca: Authority, unit: Holder
    ) -> None:
        renewed = ca.issue("renewed", key=unit.key)
        made = dataclasses.replace(prepared(unit), _certificate=renewed.der)

        with pytest.raises(InternalError, match="self_check_failed") as caught:
            made.complete(unit.sign(made.digest))

        assert caught.value.details == {"reason": "content"}
