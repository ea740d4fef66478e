"""The verifier: what it takes from others, and each thing that it refuses, by its reason."""

import sys
from datetime import UTC, datetime

import pytest

from agent.errors import DocumentError
from agent.formats.jws import Reason, is_detached, verify
from tests.support.jws import CONTENT, Forgery, forgeries, token
from tests.support.pki import NOW, Authority, Holder


@pytest.fixture(scope="module")
def forged(ca: Authority, unit: Holder) -> list[Forgery]:
    return forgeries(ca, unit)


class TestWhatOthersMake:
    def test_attached(self, unit: Holder) -> None:
        found = verify(token(unit, CONTENT))

        assert (found.certificate, found.content) == (unit.der, CONTENT)
        assert found.signing_time == NOW
        assert found.others == ()

    def test_attached_beside_the_same_content(self, unit: Holder) -> None:
        assert verify(token(unit, CONTENT), content=CONTENT)

    def test_detached_with_encoded_content(self, unit: Holder) -> None:
        """RFC 7515, appendix F."""
        made = token(unit, CONTENT, detached=True)

        assert is_detached(made)
        assert verify(made, content=CONTENT).content == CONTENT

    def test_b64_that_says_what_is_so_anyway(self, unit: Holder) -> None:
        assert verify(token(unit, CONTENT, {"b64": True, "crit": ["b64"]}))

    def test_detached_with_content_as_it_is(self, unit: Holder) -> None:
        made = token(unit, CONTENT, {"b64": False, "crit": ["b64"]}, raw=True, detached=True)

        assert verify(made, content=CONTENT)

    def test_an_older_jades_time(self, unit: Holder) -> None:
        changes = {"iat": None, "sigT": "2024-02-29T23:59:58Z", "crit": ["sigT"]}

        found = verify(token(unit, CONTENT, changes))

        assert found.signing_time == datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC)

    def test_no_time_and_no_thumbprint(self, unit: Holder) -> None:
        """RFC 7515 asks for neither, and the certificate in x5c is signed with the rest."""
        assert verify(token(unit, CONTENT, {"iat": None, "x5t#S256": None})).signing_time is None

    def test_other_names_are_told(self, unit: Holder) -> None:
        found = verify(token(unit, CONTENT, {"typ": "JOSE", "kid": "1", "x5t": "sha-1"}))

        assert set(found.others) == {"typ", "kid", "x5t"}


class TestForgeries:
    def test_each_is_refused_for_its_reason(self, forged: list[Forgery]) -> None:
        found = {}
        for forgery in forged:
            with pytest.raises(DocumentError, match="signature_invalid") as caught:
                verify(forgery.signed, content=forgery.content)
            found[forgery.name] = caught.value.details["reason"]

        assert found == {forgery.name: forgery.reason for forgery in forged}

    def test_every_reason_has_a_case(self, forged: list[Forgery]) -> None:
        assert len({forgery.name for forgery in forged}) == len(forged) > 60
        assert {forgery.reason for forgery in forged} == set(Reason)

    def test_what_they_are_made_from_is_good(self, unit: Holder) -> None:
        assert verify(token(unit, CONTENT))


def test_a_file_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    # The package's name for it is the function.
    monkeypatch.setattr(sys.modules["agent.formats.jws.verify"], "_MAX_JWS_BYTES", 10)

    for ask in (verify, is_detached):
        with pytest.raises(DocumentError, match="document_too_large"):
            ask(bytes(11))
