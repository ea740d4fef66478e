"""From a signed file to a report: what makes it valid, uncertain and invalid."""

from datetime import timedelta

import pytest
from asn1crypto import cms as asn1
from cryptography import x509

from agent.certificates.revocation import AnswerKind, Status
from agent.certificates.trust import TrustStore
from agent.errors import DocumentError
from agent.formats import cms
from agent.formats.cms import CmsFormat
from agent.formats.registry import format_for
from agent.verifying.files import recognise
from agent.verifying.report import Report, Verdict
from agent.verifying.verify import ToVerify, unreadable, verify
from protocol.messages import CertificateState as State
from tests.agent.verifying.conftest import World
from tests.support.cms import build, signature_value, stamp
from tests.support.pki import DAY, NOW, Authority, Holder

DOCUMENT = b"<Hoso><CKy_Dvi/></Hoso>"
LATER = NOW + timedelta(minutes=1)


def cades(world: World, holder: Holder, *, at=NOW) -> bytes:
    """Detached, with the authority's certificate in it."""
    way = CmsFormat(attached=False, authorities=(world.ca.der,))
    made = way.prepare(DOCUMENT, certificate=holder.der, signing_time=at)
    return made.complete(holder.sign(made.digest))


def stamped(world: World, signed: bytes, *, at=NOW, tsa: Holder | None = None) -> bytes:
    authority = tsa or world.ca.stamping()
    value = signature_value(signed)
    return cms.timestamped(
        signed, stamp(authority, value, at=at, certificates=[authority, world.ca])
    )


async def report(
    world: World, signed: bytes, *, content: bytes | None = DOCUMENT, now=LATER
) -> Report:
    asked = ToVerify(
        name="a.p7s",
        octets=signed,
        file=recognise(signed),
        content=content,
        content_name="" if content is None else "a.xml",
    )
    return await verify(world.standings, asked, now=now)


class TestValid:
    async def test_a_signature_of_today(self, world: World) -> None:
        unit = world.ca.issue()

        found = await report(world, cades(world, unit))

        assert (found.verdict, found.broken, found.content) == (Verdict.VALID, "", "a.xml")
        (one,) = found.signatures
        assert (one.problem, one.warnings) == ("", ())
        assert (one.signer.holder, one.signer.mst) == ("CÔNG TY CỔ PHẦN MẪU", ("0101300842",))
        assert (one.then, one.now) == (State.VALID, State.VALID)
        assert (one.signed_at, one.proved, one.stamp) == (NOW, False, None)
        assert (one.revocation.status, one.revocation.by) == (Status.GOOD, AnswerKind.OCSP)

    @pytest.mark.parametrize("profile", ["bhxh-hoso", "jws", "jws-detached", "cades-attached"])
    async def test_of_every_profile(self, world: World, profile: str) -> None:
        world.trust.add(world.ca.pem)
        unit = world.ca.issue()
        made = format_for(profile).prepare(DOCUMENT, certificate=unit.der, signing_time=NOW)
        signed = made.complete(unit.sign(made.digest))

        found = await report(world, signed, content=DOCUMENT if "detached" in profile else None)

        assert found.verdict is Verdict.VALID

    async def test_a_time_stamp_proves_the_time(self, world: World) -> None:
        at = NOW - timedelta(minutes=1)

        found = await report(world, stamped(world, cades(world, world.ca.issue()), at=at))

        (one,) = found.signatures
        assert found.verdict is Verdict.VALID
        assert (one.signed_at, one.proved) == (at, True)
        assert one.stamp is not None
        assert one.stamp.trusted
        assert one.stamp.authority.holder == "Test Time Stamping Authority"

    async def test_of_an_expired_certificate_with_a_time_stamp(self, world: World) -> None:
        old = world.ca.issue(not_before=NOW - 400 * DAY, not_after=NOW - DAY)
        then = NOW - 2 * DAY

        found = await report(world, stamped(world, cades(world, old, at=then), at=then))

        (one,) = found.signatures
        assert (found.verdict, one.then, one.now) == (Verdict.VALID, State.VALID, State.EXPIRED)


class TestUncertain:
    async def warnings(self, world: World, signed: bytes, *, now=LATER) -> tuple[str, ...]:
        found = await report(world, signed, now=now)
        assert found.verdict is Verdict.UNCERTAIN
        return found.signatures[0].warnings

    async def test_of_an_expired_certificate_by_the_signers_word(self, world: World) -> None:
        old = world.ca.issue(not_before=NOW - 400 * DAY, not_after=NOW - DAY)

        signed = cades(world, old, at=NOW - 2 * DAY)

        assert await self.warnings(world, signed) == ("signing_time_unproved",)

    async def test_nobody_can_say_whether_it_was_revoked(self, world: World) -> None:
        world.responder.down("/ca/ocsp", "/ca/crl")

        signed = cades(world, world.ca.issue())

        assert await self.warnings(world, signed) == ("revocation_unknown",)

    async def test_no_root_is_known(self, world: World, tmp_path) -> None:
        world.standings._trust = TrustStore(tmp_path / "empty")

        assert await self.warnings(world, cades(world, world.ca.issue())) == ("no_trusted_roots",)

    async def test_a_time_stamp_of_a_stranger_proves_nothing(self, world: World) -> None:
        stranger = Authority.root("Stranger root").stamping()
        signed = stamped(world, cades(world, world.ca.issue()), tsa=stranger)

        found = await report(world, signed)

        (one,) = found.signatures
        assert one.warnings == ("timestamp_not_relied_on",)
        assert (one.proved, one.signed_at) == (False, NOW)
        assert one.stamp is not None
        assert not one.stamp.trusted

    async def test_a_time_stamp_of_something_else_proves_nothing(self, world: World) -> None:
        unit, token = world.ca.issue(), stamp(world.ca.stamping(), b"something else")
        signed = build(
            unit,
            DOCUMENT,
            attached=False,
            certificates=[unit, world.ca],
            unsigned={"signature_time_stamp_token": [asn1.ContentInfo.load(token)]},
        )

        assert await self.warnings(world, signed) == ("timestamp_not_relied_on",)

    async def test_a_time_in_the_future(self, world: World) -> None:
        signed = cades(world, world.ca.issue(), at=NOW + DAY)

        assert await self.warnings(world, signed) == ("signing_time_later_than_possible",)

    async def test_a_time_later_than_the_time_stamp(self, world: World) -> None:
        signed = stamped(world, cades(world, world.ca.issue(), at=NOW), at=NOW - DAY)

        assert await self.warnings(world, signed) == ("signing_time_later_than_possible",)

    async def test_a_time_stamp_from_the_future_proves_nothing(self, world: World) -> None:
        signed = stamped(world, cades(world, world.ca.issue()), at=NOW + DAY)

        assert await self.warnings(world, signed) == ("timestamp_not_relied_on",)


class TestInvalid:
    async def test_content_that_was_changed(self, world: World) -> None:
        found = await report(world, cades(world, world.ca.issue()), content=b"<Hoso/>")

        assert (found.verdict, found.broken) == (Verdict.INVALID, "digest")
        assert found.signatures == ()

    async def test_content_that_is_missing(self, world: World) -> None:
        found = await report(world, cades(world, world.ca.issue()), content=None)

        assert (found.verdict, found.broken) == (Verdict.INVALID, "content")

    @pytest.mark.parametrize("proved", [False, True])
    async def test_a_certificate_that_was_revoked_before(
        self, world: World, *, proved: bool
    ) -> None:
        unit = world.ca.issue()
        world.ca.revoked[unit.certificate.serial_number] = x509.ReasonFlags.key_compromise
        signed = cades(world, unit)

        found = await report(world, stamped(world, signed) if proved else signed)

        (one,) = found.signatures
        assert (found.verdict, one.problem) == (Verdict.INVALID, "certificate_revoked")
        assert one.revocation.revoked_at == NOW - DAY

    async def test_a_certificate_that_had_expired(self, world: World) -> None:
        old = world.ca.issue(not_before=NOW - 400 * DAY, not_after=NOW - DAY)

        found = await report(world, cades(world, old))

        assert found.signatures[0].problem == "certificate_expired"
        assert found.verdict is Verdict.INVALID

    async def test_a_back_dated_signature_with_a_time_stamp(self, world: World) -> None:
        """The signer's clock says that the certificate was good; the stamp says that it was not."""
        old = world.ca.issue(not_before=NOW - 400 * DAY, not_after=NOW - DAY)

        found = await report(world, stamped(world, cades(world, old, at=NOW - 2 * DAY), at=NOW))

        assert (found.verdict, found.signatures[0].problem) == (
            Verdict.INVALID,
            "certificate_expired",
        )

    async def test_an_authority_that_is_not_believed(self, world: World) -> None:
        stranger = Authority.root("Stranger root")

        found = await report(world, cades(world, stranger.issue()))

        assert found.signatures[0].problem == "certificate_untrusted"
        assert found.verdict is Verdict.INVALID

    async def test_one_of_several_is_enough(self, world: World) -> None:
        unit = world.ca.issue()
        old = world.ca.issue("cũ", not_before=NOW - 400 * DAY, not_after=NOW - DAY)
        taken = asn1.ContentInfo.load(build(old, DOCUMENT, attached=False))["content"]

        def bend(data: asn1.SignedData) -> None:
            data["signer_infos"] = [data["signer_infos"][0], taken["signer_infos"][0]]

        signed = build(
            unit, DOCUMENT, attached=False, certificates=[unit, old, world.ca], bend=bend
        )

        found = await report(world, signed)

        assert found.verdict is Verdict.INVALID
        assert {one.verdict for one in found.signatures} == {Verdict.VALID, Verdict.INVALID}


async def test_a_document_that_cannot_be_read_is_an_error_of_its_own(world: World) -> None:
    with pytest.raises(DocumentError, match="document_has_dtd"):
        await report(world, b"<!DOCTYPE a><a/>", content=None)


def test_a_file_of_no_known_kind_is_a_report() -> None:
    found = unreadable("a.bin", b"x", DocumentError("signature_invalid", reason="unknown"), now=NOW)

    assert (found.verdict, found.kind, found.broken) == (Verdict.INVALID, "", "unknown")
