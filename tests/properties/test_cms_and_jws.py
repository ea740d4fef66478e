"""What holds for every CMS, JWS and time stamp: good, or refused by name; and a change shows."""

import json
from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import DocumentError
from agent.formats import cms, jws
from agent.formats.cms import CmsFormat
from agent.formats.jws import JwsFormat
from tests.support.cms import build, signature_value, stamp
from tests.support.jws import CONTENT, header_of, token
from tests.support.pki import NOW, Authority, Holder, Urls, ec_key

T = TypeVar("T")

DOCUMENTS = st.binary(max_size=2000)
CODES = {"signature_invalid", "document_too_large"}


@pytest.fixture(scope="module")
def ca() -> Authority:
    return Authority.under(Authority.root(), urls=Urls())


@pytest.fixture(scope="module")
def unit(ca: Authority) -> Holder:
    return ca.issue(key=ec_key("properties"))


@pytest.fixture(scope="module")
def tsa(ca: Authority) -> Holder:
    return ca.stamping()


@st.composite
def mutations(draw: st.DrawFn) -> "Mutation":
    return Mutation(draw(st.lists(st.tuples(KINDS, PLACES, st.binary(max_size=4)), min_size=1)))


KINDS = st.sampled_from(["flip", "cut", "insert", "double", "replace"])
PLACES = st.floats(0, 1, exclude_max=True)


class Mutation:
    """Edits at relative places, so that they are the same for files of any size."""

    def __init__(self, edits: list[tuple[str, float, bytes]]) -> None:
        self._edits = edits

    def __repr__(self) -> str:
        return f"Mutation({self._edits!r})"

    def of(self, octets: bytes) -> bytes:
        for kind, place, value in self._edits:
            if not octets:
                break
            at = int(place * len(octets))
            head, tail = octets[:at], octets[at:]
            match kind:
                case "flip":
                    octets = head + bytes([tail[0] ^ ((value or b"\1")[0] or 1)]) + tail[1:]
                case "cut":
                    octets = head + tail[len(value) + 1 :]
                case "insert":
                    octets = head + value + tail
                case "double":
                    octets = head + tail[:20] + tail
                case _:
                    octets = head + value + tail[len(value) :]
        return octets


def cms_of(document: bytes, unit: Holder, *, attached: bool) -> bytes:
    made = CmsFormat(attached=attached).prepare(document, certificate=unit.der, signing_time=NOW)
    return made.complete(unit.sign(made.digest))


def jws_of(document: bytes, unit: Holder, *, detached: bool) -> bytes:
    made = JwsFormat(detached=detached).prepare(document, certificate=unit.der, signing_time=NOW)
    return made.complete(unit.sign(made.digest))


def judged(judge: Callable[[], T]) -> T | None:
    """What it found; None where it refused by a documented code. Anything else is a defect."""
    try:
        return judge()
    except DocumentError as error:
        if error.code not in CODES:
            raise
        return None


class TestEveryDocument:
    @settings(max_examples=60, deadline=None)
    @given(document=DOCUMENTS, attached=st.booleans())
    def test_cms_covers_it(self, unit: Holder, document: bytes, *, attached: bool) -> None:
        signed = cms_of(document, unit, attached=attached)

        (found,) = cms.verify(signed, content=document)
        assert found.content == (document if attached else None)
        with pytest.raises(DocumentError, match="signature_invalid"):
            cms.verify(signed, content=document + b"\0")

    @settings(max_examples=60, deadline=None)
    @given(document=DOCUMENTS, detached=st.booleans())
    def test_jws_covers_it(self, unit: Holder, document: bytes, *, detached: bool) -> None:
        signed = jws_of(document, unit, detached=detached)

        assert jws.verify(signed, content=document).content == document
        with pytest.raises(DocumentError, match="signature_invalid"):
            jws.verify(signed, content=document + b"\0")


class TestEveryMutation:
    """A changed file is refused by name, or says nothing else than before."""

    @settings(max_examples=400, deadline=None)
    @given(mutation=mutations(), attached=st.booleans())
    def test_of_cms(self, unit: Holder, mutation: Mutation, *, attached: bool) -> None:
        found = judged(
            lambda: cms.verify(
                mutation.of(cms_of(CONTENT, unit, attached=attached)), content=CONTENT
            )
        )

        if found is None:
            return
        for one in found:
            assert (one.certificate, one.signing_time) == (unit.der, NOW)
            assert one.content in (CONTENT, None)

    @settings(max_examples=200, deadline=None)
    @given(mutation=mutations(), attached=st.booleans())
    def test_of_cms_by_another_library(
        self, unit: Holder, tsa: Holder, mutation: Mutation, *, attached: bool
    ) -> None:
        """With what ours do not have: a time stamp, a key identifier, RSA."""
        signed = build(tsa, CONTENT, attached=attached, by_key_identifier=True)
        with_stamp = cms.timestamped(signed, stamp(tsa, signature_value(signed)))
        del unit
        found = judged(lambda: cms.verify(mutation.of(with_stamp), content=CONTENT))

        if found is None:
            return
        assert {one.certificate for one in found} == {tsa.der}

    @settings(max_examples=200, deadline=None)
    @given(mutation=mutations())
    def test_of_time_stamps(self, tsa: Holder, mutation: Mutation) -> None:
        found = judged(
            lambda: cms.verify_timestamp(mutation.of(stamp(tsa, b"value")), stamped=b"value")
        )

        if found is None:
            return
        assert (found.at, found.certificate) == (NOW, tsa.der)

    @settings(max_examples=400, deadline=None)
    @given(mutation=mutations(), detached=st.booleans())
    def test_of_jws(self, unit: Holder, mutation: Mutation, *, detached: bool) -> None:
        found = judged(
            lambda: jws.verify(
                mutation.of(jws_of(CONTENT, unit, detached=detached)), content=CONTENT
            )
        )

        if found is None:
            return
        assert (found.certificate, found.content) == (unit.der, CONTENT)
        assert found.signing_time == NOW


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(["alg", "iat", "sigT", "x5t#S256", "x5c", "b64", "crit", "typ", "jwk"])


class TestArbitrary:
    @settings(max_examples=300, deadline=None)
    @given(octets=st.binary(max_size=300))
    def test_octets_are_refused_by_name(self, octets: bytes) -> None:
        for judge in (cms.verify, jws.verify, cms.needed_digests):
            with pytest.raises(DocumentError, match="signature_invalid"):
                judge(octets)
        with pytest.raises(DocumentError, match="signature_invalid"):
            cms.verify_timestamp(octets, stamped=b"")

    @settings(max_examples=300, deadline=None)
    @given(octets=st.binary(max_size=200), depth=st.integers(0, 3), tag=st.sampled_from([48, 160]))
    def test_octets_in_der_are_refused_by_name(self, octets: bytes, depth: int, tag: int) -> None:
        from agent.formats.cms import der

        inner = der.element(tag, octets)
        for _ in range(depth):
            inner = der.sequence(der.integer(1), inner)
        whole = der.sequence(der.oid("1.2.840.113549.1.7.2"), der.tagged(0, inner))

        with pytest.raises(DocumentError, match="signature_invalid"):
            cms.verify(whole)

    @settings(max_examples=300, deadline=None)
    @given(changes=st.dictionaries(NAMES, JSON, max_size=3))
    def test_headers_are_read_or_refused_by_name(self, unit: Holder, changes: dict) -> None:
        """Signed, so that nothing but the header itself can be the reason."""
        told = header_of(unit, "ES256") | changes
        signed = token(unit, CONTENT, header=json.dumps(told).encode(), by="ES256")
        found = judged(lambda: jws.verify(signed, content=CONTENT))

        if found is None:
            return
        assert found.certificate == unit.der
        assert found.content == CONTENT
