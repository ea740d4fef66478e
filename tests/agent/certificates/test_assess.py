"""What the agent says of a certificate, with authorities and responders played on loopback."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from agent.certificates.revocation import AnswerKind, Limits, Status
from agent.errors import UserError
from protocol.errors import ERRORS
from protocol.messages import CertificateState
from tests.agent.certificates.conftest import World
from tests.support.pki import DAY, NOW, Authority, Urls, ec_key, rsa_key

REVOKED = x509.ReasonFlags.key_compromise


def answering(body, *, status: int = 200, headers=None):
    async def handler(request: web.Request) -> web.Response:
        made = body(await request.read()) if callable(body) else body
        return web.Response(body=made, status=status, headers=headers)

    return handler


class TestAGoodCertificate:
    async def test_is_valid_by_ocsp(self, world: World) -> None:
        unit = world.ca.issue()

        found = await world.assess(unit.der)

        assert (found.state, found.problem, found.warnings) == (CertificateState.VALID, "", ())
        assert found.chain == (unit.der, world.ca.der, world.root.der)
        assert {(e.kind, e.status) for e in found.revocation.evidence} == {
            (AnswerKind.OCSP, Status.GOOD)
        }
        assert sorted(world.responder.asked) == ["/ca/ocsp", "/root/ocsp"]
        found.require_usable()

    async def test_is_valid_by_crl_when_ocsp_is_down(self, world: World) -> None:
        world.responder.down("/ca/ocsp")
        unit = world.ca.issue()

        found = await world.assess(unit.der)

        assert found.state is CertificateState.VALID
        by_certificate = {e.certificate: e.kind for e in found.revocation.evidence}
        assert by_certificate == {unit.id: AnswerKind.CRL, world.ca.id: AnswerKind.OCSP}

    async def test_evidence_is_the_answer_as_received(self, world: World) -> None:
        unit = world.ca.issue()

        found = await world.assess(unit.der)

        (evidence,) = [e for e in found.revocation.evidence if e.certificate == unit.id]
        answer = ocsp.load_der_ocsp_response(evidence.answer)
        assert answer.serial_number == unit.certificate.serial_number
        assert evidence.url == f"{world.responder.url}/ca/ocsp"
        assert evidence.obtained_at == NOW
        assert found.evidence[:2] == (world.ca.der, world.root.der)
        assert evidence.answer in found.evidence[2:]

    async def test_a_responder_that_the_authority_authorised_is_believed(
        self, world: World
    ) -> None:
        signer = world.ca.ocsp_signer()
        world.responder.override["/ca/ocsp"] = answering(
            lambda request: world.ca.ocsp_answer(request, signer=signer)
        )
        world.responder.down("/ca/crl")

        found = await world.assess(world.ca.issue().der)

        assert found.state is CertificateState.VALID

    async def test_extended_key_usage_does_not_matter(self, world: World) -> None:
        unit = world.ca.issue(eku=(ExtendedKeyUsageOID.TIME_STAMPING,))

        assert (await world.assess(unit.der)).problem == ""

    async def test_a_second_question_is_answered_from_memory(self, world: World) -> None:
        unit = world.ca.issue()
        await world.assess(unit.der)
        world.responder.asked.clear()

        found = await world.assess(unit.der, at=NOW + timedelta(minutes=30))

        assert found.state is CertificateState.VALID
        assert world.responder.asked == []

    async def test_memory_ends_after_an_hour(self, world: World) -> None:
        unit = world.ca.issue()
        await world.assess(unit.der)
        world.responder.asked.clear()

        await world.assess(unit.der, at=NOW + timedelta(hours=1))

        assert "/ca/ocsp" in world.responder.asked

    async def test_memory_ends_when_the_answer_expires(self, world: World) -> None:
        unit = world.ca.issue()
        expires = NOW + timedelta(minutes=20)
        world.responder.override["/ca/ocsp"] = answering(
            lambda request: world.ca.ocsp_answer(request, next_update=expires)
        )
        await world.assess(unit.der)
        world.responder.asked.clear()

        await world.assess(unit.der, at=expires)

        assert "/ca/ocsp" in world.responder.asked

    async def test_more_than_three_years_is_a_warning(self, world: World) -> None:
        three = world.ca.issue("three", not_before=NOW - DAY, not_after=NOW + 1095 * DAY)
        four = world.ca.issue("four", not_before=NOW - DAY, not_after=NOW + 4 * 365 * DAY)

        assert (await world.assess(three.der)).warnings == ()
        found = await world.assess(four.der)
        assert (found.state, found.warnings) == (CertificateState.VALID, ("validity_too_long",))
        found.require_usable()

    async def test_validity_is_counted_from_a_29_february_too(self, world: World) -> None:
        leap = datetime(2024, 2, 29, tzinfo=UTC)
        unit = world.ca.issue(not_before=leap, not_after=datetime(2027, 2, 28, tzinfo=UTC))

        found = await world.assess(unit.der, at=datetime(2024, 3, 1, tzinfo=UTC))

        assert "validity_too_long" not in found.warnings


class TestTime:
    @pytest.mark.parametrize(
        ("first", "last", "state", "problem"),
        [
            (-60, -1, CertificateState.EXPIRED, "certificate_expired"),
            (1, 60, CertificateState.NOT_YET_VALID, "certificate_not_yet_valid"),
        ],
    )
    async def test_outside_its_validity_it_cannot_sign(
        self, world: World, first: int, last: int, state: CertificateState, problem: str
    ) -> None:
        unit = world.ca.issue(not_before=NOW + first * DAY, not_after=NOW + last * DAY)

        found = await world.assess(unit.der)

        assert (found.state, found.problem) == (state, problem)
        assert world.responder.asked == []
        with pytest.raises(UserError) as caught:
            found.require_usable()
        assert caught.value.code == problem

    async def test_the_last_second_still_counts(self, world: World) -> None:
        unit = world.ca.issue(not_after=NOW)

        assert (await world.assess(unit.der)).state is CertificateState.VALID
        later = await world.assess(unit.der, at=NOW + timedelta(seconds=1))
        assert later.state is CertificateState.EXPIRED


class TestTrust:
    async def test_another_root_is_not_trusted_and_its_addresses_are_not_opened(
        self, world: World
    ) -> None:
        """A stranger's certificate must not make the agent ask addresses of its choice."""
        stranger = Authority.root("Stranger Root CA")
        stranger.urls = Urls.at(world.responder.url, "stranger")

        found = await world.assess(stranger.issue().der)

        assert (found.state, found.problem) == (
            CertificateState.UNTRUSTED,
            "certificate_untrusted",
        )
        assert found.chain == ()
        assert world.responder.asked == []

    async def test_a_root_of_the_same_name_with_another_key_is_not_trusted(
        self, world: World
    ) -> None:
        forged = Authority(
            certificate=world.ca.certificate, key=rsa_key("forger"), urls=world.ca.urls
        )

        found = await world.assess(forged.issue().der)

        assert found.problem == "certificate_untrusted"

    async def test_a_unit_cannot_issue_certificates(self, world: World) -> None:
        unit = world.ca.issue("unit as CA")
        below = Authority(certificate=unit.certificate, key=unit.key)
        world.trust.add(world.ca.pem)

        found = await world.assess(below.issue("victim").der)

        assert found.problem == "certificate_untrusted"

    async def test_an_empty_trust_store_is_said(self, world: World, tmp_path) -> None:
        for certificate in world.trust.certificates():
            world.trust.remove(certificate.fingerprint)

        found = await world.assess(world.ca.issue().der)

        assert (found.state, found.problem) == (CertificateState.UNTRUSTED, "no_trusted_roots")

    async def test_an_intermediate_alone_is_no_root(self, world: World) -> None:
        world.trust.remove(world.root.id)
        world.trust.add(Authority.root("Unrelated Root CA").der)

        found = await world.assess(world.ca.issue().der)

        assert found.problem == "certificate_untrusted"

    async def test_an_unknown_critical_extension_is_not_trusted(self, world: World) -> None:
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\5\0")
        unit = world.ca.issue(extensions=((unknown, True),))

        assert (await world.assess(unit.der)).problem == "certificate_untrusted"


class TestUse:
    @pytest.mark.parametrize(
        ("usage", "suitable"),
        [
            (("digital_signature",), True),
            (("content_commitment",), True),
            (None, True),
            (("key_encipherment", "data_encipherment"), False),
            (("key_agreement",), False),
        ],
    )
    async def test_key_usage_must_allow_signatures_if_present(
        self, world: World, usage, suitable: bool
    ) -> None:
        found = await world.assess(world.ca.issue(usage=usage).der)

        assert found.problem == ("" if suitable else "certificate_unsuitable")

    async def test_short_keys_are_unsuitable(self, world: World) -> None:
        found = await world.assess(world.ca.issue("short", key=rsa_key("short", 1024)).der)

        assert found.problem == "certificate_unsuitable"
        with pytest.raises(UserError) as caught:
            found.require_usable()
        assert caught.value.details == {"reason": "key"}

    async def test_an_elliptic_curve_key_is_fine(self, world: World) -> None:
        found = await world.assess(world.ca.issue("EC", key=ec_key("unit")).der)

        assert (found.state, found.description.key) == (CertificateState.VALID, "EC-P-256")

    async def test_a_ca_does_not_sign_documents(self, world: World) -> None:
        assert (await world.assess(world.ca.der)).problem == "certificate_unsuitable"

    async def test_what_is_no_certificate_is_refused(self, world: World) -> None:
        with pytest.raises(UserError) as caught:
            await world.assess(b"0\x03\x02\x01\x01")

        assert (caught.value.code, caught.value.details) == (
            "certificate_unsuitable",
            {"reason": "unreadable"},
        )


class TestRevocation:
    @pytest.mark.parametrize("down", [(), ("/ca/ocsp",), ("/ca/crl",)])
    async def test_is_found_by_ocsp_or_crl(self, world: World, down: tuple[str, ...]) -> None:
        unit = world.ca.issue()
        world.ca.revoked[unit.certificate.serial_number] = REVOKED
        world.responder.down(*down)

        found = await world.assess(unit.der)

        assert (found.state, found.problem) == (CertificateState.REVOKED, "certificate_revoked")
        assert found.revocation.reason == "key_compromise"
        assert found.revocation.revoked_at == NOW - DAY
        with pytest.raises(UserError, match="certificate_revoked"):
            found.require_usable()

    async def test_a_suspended_certificate_counts_as_revoked(self, world: World) -> None:
        unit = world.ca.issue()
        world.ca.revoked[unit.certificate.serial_number] = x509.ReasonFlags.certificate_hold

        found = await world.assess(unit.der)

        assert found.problem == "certificate_revoked"
        assert found.revocation.reason == "certificate_hold"

    async def test_a_revoked_authority_takes_its_certificates_along(self, world: World) -> None:
        world.root.revoked[world.ca.certificate.serial_number] = REVOKED

        found = await world.assess(world.ca.issue().der)

        assert found.problem == "certificate_revoked"

    async def test_a_silent_responder_does_not_hide_another_revocation(self, world: World) -> None:
        over = asyncio.Event()

        async def silent(_: web.Request) -> web.Response:
            await over.wait()
            return web.Response()

        world.responder.override["/root/ocsp"] = silent
        world.responder.override["/root/crl"] = silent
        unit = world.ca.issue()
        world.ca.revoked[unit.certificate.serial_number] = REVOKED
        world.limit(Limits(ocsp_seconds=60, crl_seconds=60, all_seconds=0.5))
        try:
            found = await world.assess(unit.der)
        finally:
            over.set()

        assert found.state is CertificateState.REVOKED

    @pytest.mark.parametrize("down", [(), ("/ca/ocsp",)])
    async def test_a_slow_clock_does_not_make_a_revoked_certificate_good(
        self, world: World, down: tuple[str, ...]
    ) -> None:
        """The revocation is dated a day before NOW; the PC's clock stands a day before that."""
        unit = world.ca.issue()
        world.ca.revoked[unit.certificate.serial_number] = REVOKED
        slow = NOW - 2 * DAY
        world.responder.down(*down)
        world.responder.override.setdefault(
            "/ca/ocsp", answering(lambda r: world.ca.ocsp_answer(r, this_update=slow))
        )
        world.responder.override["/ca/crl"] = answering(world.ca.crl(this_update=slow))

        found = await world.assess(unit.der, at=slow)

        assert found.state is CertificateState.REVOKED

    async def test_neither_ocsp_nor_crl_is_unknown_with_a_warning_never_good(
        self, world: World
    ) -> None:
        world.responder.down("/ca/ocsp", "/ca/crl")

        found = await world.assess(world.ca.issue().der)

        assert (found.state, found.problem) == (CertificateState.UNCHECKED, "")
        assert found.warnings == ("revocation_unknown",)
        found.require_usable()

    async def test_unknown_is_asked_again_after_half_a_minute(self, world: World) -> None:
        world.responder.down("/ca/ocsp", "/ca/crl")
        unit = world.ca.issue()
        await world.assess(unit.der)
        world.responder.override.clear()
        world.responder.asked.clear()

        early = await world.assess(unit.der, at=NOW + timedelta(seconds=29))
        assert (early.state, world.responder.asked) == (CertificateState.UNCHECKED, [])

        late = await world.assess(unit.der, at=NOW + timedelta(seconds=30))
        assert late.state is CertificateState.VALID

    async def test_a_certificate_that_names_no_addresses_is_unknown(self, world: World) -> None:
        found = await world.assess(world.ca.issue(urls=Urls()).der)

        assert found.warnings == ("revocation_unknown",)

    @pytest.mark.parametrize(
        "url",
        [
            "ldap://127.0.0.1/cn=ca",
            "file:///etc/passwd",
            "ftp://127.0.0.1/x",
            "http://",
            "http://[bad/",
            "//127.0.0.1/x",
        ],
    )
    async def test_addresses_other_than_http_are_ignored(self, world: World, url: str) -> None:
        unit = world.ca.issue(urls=Urls(ocsp=url, crl=f"{world.responder.url}/ca/crl"))

        found = await world.assess(unit.der)

        assert found.state is CertificateState.VALID
        assert "/ca/crl" in world.responder.asked

    async def test_addresses_that_are_ignored_do_not_crowd_out_the_others(
        self, world: World
    ) -> None:
        """Only the first two are tried, but the first two of those that can be."""
        base = world.responder.url
        urls = Urls(ocsp=("ldap://a/", "ldap://b/", "file:///c", f"{base}/ca/ocsp"))

        found = await world.assess(world.ca.issue(urls=urls).der)

        assert found.state is CertificateState.VALID

    async def test_a_second_address_is_tried_when_the_first_is_down(self, world: World) -> None:
        base = world.responder.url
        world.responder.down("/ca/away")
        urls = Urls(ocsp=(f"{base}/ca/away", f"{base}/ca/ocsp", f"{base}/ca/third"))

        found = await world.assess(world.ca.issue(urls=urls).der)

        assert found.state is CertificateState.VALID
        assert "/ca/third" not in world.responder.asked


class TestAnswersThatDoNotCount:
    """Only the CRL is down as well, so that an accepted lie would show as "good"."""

    @pytest.fixture(autouse=True)
    def no_crl(self, world: World) -> None:
        world.responder.down("/ca/crl")

    async def unknown(self, world: World, body, **options) -> None:
        world.responder.override["/ca/ocsp"] = answering(body, **options)
        unit = world.ca.issue()
        found = await world.assess(unit.der)

        assert "/ca/ocsp" in world.responder.asked
        assert (found.state, found.warnings) == (
            CertificateState.UNCHECKED,
            ("revocation_unknown",),
        )
        assert unit.id not in {e.certificate for e in found.revocation.evidence}

    async def test_forged(self, world: World) -> None:
        forger = Authority(
            certificate=world.ca.certificate, key=rsa_key("forger"), issued=world.ca.issued
        )
        await self.unknown(world, forger.ocsp_answer)

    async def test_a_forged_revocation_does_not_count_either(self, world: World) -> None:
        """Or anybody on the network could stop anybody from signing."""
        forger = Authority(
            certificate=world.ca.certificate, key=rsa_key("forger"), issued=world.ca.issued
        )

        def answer(request: bytes) -> bytes:
            serial = ocsp.load_der_ocsp_request(request).serial_number
            forger.revoked[serial] = REVOKED
            return forger.ocsp_answer(request)

        await self.unknown(world, answer)

    async def test_by_a_unit_of_the_same_authority(self, world: World) -> None:
        signer = world.ca.issue("another unit")
        await self.unknown(world, lambda r: world.ca.ocsp_answer(r, signer=signer))

    async def test_by_a_responder_of_another_authority(self, world: World) -> None:
        signer = Authority.root("Stranger Root CA").ocsp_signer()
        await self.unknown(world, lambda r: world.ca.ocsp_answer(r, signer=signer))

    async def test_by_a_responder_whose_certificate_has_expired(self, world: World) -> None:
        signer = world.ca.issue(
            "old responder",
            mst=None,
            usage=("digital_signature",),
            eku=(ExtendedKeyUsageOID.OCSP_SIGNING,),
            extensions=((x509.OCSPNoCheck(), False),),
            not_before=NOW - 60 * DAY,
            not_after=NOW - 30 * DAY,
        )
        await self.unknown(world, lambda r: world.ca.ocsp_answer(r, signer=signer))

    async def test_stale(self, world: World) -> None:
        """An old "good" kept by an attacker says nothing about today."""
        old = NOW - 3 * DAY
        await self.unknown(
            world, lambda r: world.ca.ocsp_answer(r, this_update=old, next_update=old + DAY)
        )

    async def test_stale_without_an_end(self, world: World) -> None:
        ahead = NOW + DAY
        await self.unknown(
            world, lambda r: world.ca.ocsp_answer(r, this_update=ahead, next_update=ahead + DAY)
        )

    async def test_about_another_certificate(self, world: World) -> None:
        other = world.ca.issue("other")
        request = (
            ocsp.OCSPRequestBuilder()
            .add_certificate(
                other.certificate,
                world.ca.certificate,
                x509.base.hashes.SHA1(),
            )
            .build()
            .public_bytes(serialization.Encoding.DER)
        )
        await self.unknown(world, world.ca.ocsp_answer(request))

    @pytest.mark.parametrize(
        "status",
        [ocsp.OCSPResponseStatus.TRY_LATER, ocsp.OCSPResponseStatus.UNAUTHORIZED],
    )
    async def test_unsuccessful(self, world: World, status: ocsp.OCSPResponseStatus) -> None:
        answer = ocsp.OCSPResponseBuilder.build_unsuccessful(status)
        await self.unknown(world, answer.public_bytes(serialization.Encoding.DER))

    @pytest.mark.parametrize("junk", [b"", b"<html>sign in to the network</html>", b"0\x80" * 99])
    async def test_junk(self, world: World, junk: bytes) -> None:
        await self.unknown(world, junk)

    async def test_huge(self, world: World) -> None:
        await self.unknown(world, b"0" * (65 * 1024))

    async def test_right_but_with_a_status_of_failure(self, world: World) -> None:
        await self.unknown(world, world.ca.ocsp_answer, status=500)

    async def test_compressed(self, world: World) -> None:
        """It is not unpacked, whatever it says."""
        await self.unknown(world, b"\x1f\x8b" + b"\0" * 100, headers={"Content-Encoding": "gzip"})

    async def test_a_redirect_to_something_else_than_http(self, world: World) -> None:
        for location in ("file:///etc/passwd", "ftp://127.0.0.1/", "ldap://127.0.0.1/"):
            world.forget()
            await self.unknown(world, b"", status=302, headers={"Location": location})

    async def test_a_redirect_in_circles(self, world: World) -> None:
        await self.unknown(world, b"", status=307, headers={"Location": "/ca/ocsp"})

    async def test_slow(self, world: World) -> None:
        finished = asyncio.Event()

        async def drip(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            try:
                while not finished.is_set():
                    await response.write(b"0")
                    await asyncio.sleep(0.05)
            except ConnectionResetError:
                pass
            return response

        world.responder.override["/ca/ocsp"] = drip
        try:
            found = await world.assess(world.ca.issue().der)
        finally:
            finished.set()

        assert found.warnings == ("revocation_unknown",)


class TestCrlsThatDoNotCount:
    @pytest.fixture(autouse=True)
    def no_ocsp(self, world: World) -> None:
        world.responder.down("/ca/ocsp")

    async def unknown(self, world: World, crl: bytes) -> None:
        world.responder.override["/ca/crl"] = answering(crl)

        found = await world.assess(world.ca.issue().der)

        assert "/ca/crl" in world.responder.asked
        assert found.warnings == ("revocation_unknown",)

    async def test_forged(self, world: World) -> None:
        await self.unknown(world, world.ca.crl(signer=Authority.root("Stranger Root CA")))

    async def test_of_another_authority(self, world: World) -> None:
        await self.unknown(world, world.root.crl())

    async def test_stale(self, world: World) -> None:
        old = NOW - 9 * DAY
        await self.unknown(world, world.ca.crl(this_update=old, next_update=old + DAY))

    @pytest.mark.parametrize("junk", [b"", b"<html/>", b"0\x80\0\0"])
    async def test_junk(self, world: World, junk: bytes) -> None:
        await self.unknown(world, junk)


async def test_a_redirect_to_http_is_followed(world: World) -> None:
    world.responder.down("/ca/crl")
    world.responder.override["/ca/ocsp"] = answering(
        b"", status=307, headers={"Location": "/moved/ocsp"}
    )
    world.responder.override["/moved/ocsp"] = answering(world.ca.ocsp_answer)

    found = await world.assess(world.ca.issue().der)

    assert found.state is CertificateState.VALID


async def test_a_large_crl_does_not_hold_up_the_event_loop(world: World) -> None:
    world.responder.down("/ca/ocsp")
    unit = world.ca.issue()
    world.ca.revoked = dict.fromkeys(range(10000, 22000), REVOKED)
    world.responder.override["/ca/crl"] = answering(world.ca.crl())
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(0)
            longest = max(longest, loop.time() - before)
            await asyncio.sleep(0.005)

    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watch())
        found = await world.assess(unit.der)
        watching.cancel()

    assert found.state is CertificateState.VALID
    assert longest < 1.0


def test_every_problem_and_warning_has_words() -> None:
    for code in (
        "certificate_expired",
        "certificate_not_yet_valid",
        "certificate_revoked",
        "certificate_untrusted",
        "certificate_unsuitable",
        "no_trusted_roots",
        "revocation_unknown",
        "validity_too_long",
    ):
        assert ERRORS[code].vi


class TestAtAGlance:
    @pytest.mark.parametrize(
        ("days", "state", "problem", "warnings"),
        [
            ((-60, -1), CertificateState.EXPIRED, "certificate_expired", ()),
            ((1, 60), CertificateState.NOT_YET_VALID, "certificate_not_yet_valid", ()),
            ((-1, 60), CertificateState.UNCHECKED, "", ("revocation_unknown",)),
        ],
    )
    async def test_dates_are_judged_without_asking_anybody(
        self, world: World, days, state, problem, warnings
    ) -> None:
        first, last = (NOW + day * DAY for day in days)
        unit = world.ca.issue(not_before=first, not_after=last)

        found = world.assessor.glance(unit.der, at=NOW)

        assert (found.state, found.problem, found.warnings) == (state, problem, warnings)
        assert world.responder.asked == []
