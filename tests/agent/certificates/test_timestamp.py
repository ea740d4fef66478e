"""Asking a time-stamping authority: what is asked, and each answer that is not taken."""

import hashlib
from collections.abc import Callable

import pytest
from asn1crypto import tsp

from agent.certificates.fetch import FetchError
from agent.certificates.timestamp import FirstToAnswer, HttpTimestampAuthority
from agent.errors import ServiceError
from agent.formats.cms import der, verify_timestamp
from tests.support.cms import answer, granted, stamp
from tests.support.pki import NOW, Authority, Holder, Urls

URL = "http://tsa.example.vn:8080/tsa"


@pytest.fixture(scope="module")
def tsa() -> Holder:
    return Authority.under(Authority.root(), urls=Urls()).stamping()


class Scripted:
    """A fetcher that answers as the test says."""

    def __init__(self, answers: Callable[[bytes], bytes]) -> None:
        self.answers = answers
        self.asked: list[dict[str, object]] = []

    async def fetch(self, url: str, **how: object) -> bytes:
        self.asked.append({"url": url, **how})
        return self.answers(how["body"])


async def ask(answers: Callable[[bytes], bytes], octets: bytes = b"value") -> bytes:
    authority = HttpTimestampAuthority(Scripted(answers), URL, timeout_seconds=30)
    return await authority.stamp(hashlib.sha256(octets).digest())


async def refused(answers: Callable[[bytes], bytes]) -> tuple[str, dict[str, object]]:
    with pytest.raises(ServiceError) as caught:
        await ask(answers)
    return caught.value.code, caught.value.details


async def test_the_token_is_of_what_was_asked(tsa: Holder) -> None:
    token = await ask(lambda request: answer(request, tsa))

    found = verify_timestamp(token, stamped=b"value")
    assert (found.at, found.certificate) == (NOW, tsa.der)


async def test_the_request_is_as_rfc_3161_wants_it(tsa: Holder) -> None:
    fetcher = Scripted(lambda request: answer(request, tsa))
    authority = HttpTimestampAuthority(fetcher, URL, timeout_seconds=30)

    await authority.stamp(hashlib.sha256(b"value").digest())
    await authority.stamp(hashlib.sha256(b"value").digest())

    first, second = fetcher.asked
    assert first["url"] == URL
    assert first["content_type"] == "application/timestamp-query"
    assert first["timeout_seconds"] == 30
    requests = [tsp.TimeStampReq.load(one["body"]) for one in (first, second)]
    assert requests[0]["cert_req"].native is True
    assert requests[0]["nonce"].native != requests[1]["nonce"].native


async def test_an_authority_that_is_not_there() -> None:
    def unreachable(_: bytes) -> bytes:
        raise FetchError("no answer within 30 s")

    assert await refused(unreachable) == ("service_unreachable", {"host": "tsa.example.vn:8080"})


async def test_an_authority_that_declines() -> None:
    def decline(_: bytes) -> bytes:
        return der.sequence(der.sequence(der.integer(2)))

    assert await refused(decline) == (
        "service_failed",
        {"host": "tsa.example.vn:8080", "status": "rejection"},
    )


@pytest.mark.parametrize("octets", [b"", b"<html>", b"\x30\x00"])
async def test_an_answer_that_is_none(octets: bytes) -> None:
    assert (await refused(lambda _: octets))[0] == "service_malformed"


async def test_an_answer_without_a_token() -> None:
    def empty(_: bytes) -> bytes:
        return der.sequence(der.sequence(der.integer(0)))

    assert (await refused(empty))[0] == "service_malformed"


async def test_an_answer_to_another_question(tsa: Holder) -> None:
    """A token seen before, or of something else."""
    assert (await refused(lambda _: granted(stamp(tsa, b"value", nonce=1))))[0] == (
        "service_malformed"
    )
    assert (await refused(lambda _: granted(stamp(tsa, b"value"))))[0] == "service_malformed"
    other = {
        "message_imprint": {
            "hash_algorithm": {"algorithm": "sha256"},
            "hashed_message": bytes(32),
        }
    }
    assert (await refused(lambda request: answer(request, tsa, **other)))[0] == (
        "service_malformed"
    )


class TestSeveral:
    class Answers:
        def __init__(self, answer: bytes | ServiceError) -> None:
            self.answer = answer
            self.asked = 0

        async def stamp(self, _: bytes) -> bytes:
            self.asked += 1
            if isinstance(self.answer, ServiceError):
                raise self.answer
            return self.answer

    async def test_the_first_that_answers_is_enough(self) -> None:
        away = self.Answers(ServiceError("service_unreachable"))
        first, second = self.Answers(b"first"), self.Answers(b"second")

        assert await FirstToAnswer([away, first, second]).stamp(bytes(32)) == b"first"
        assert (away.asked, first.asked, second.asked) == (1, 1, 0)

    async def test_where_none_does_the_last_one_says_why(self) -> None:
        several = [self.Answers(ServiceError(f"service_{why}")) for why in ("failed", "malformed")]

        with pytest.raises(ServiceError, match="service_malformed"):
            await FirstToAnswer(several).stamp(bytes(32))
