from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from protocol.messages import login_message
from tests.support.pki import DAY, NOW, ec_key
from tests.webui.world import EMAIL, MST, OTHER, PROFILE, authority, registered, unit_holder
from webui.bhxh.trust import Chain, Judgement, Revocation
from webui.errors import Refused
from webui.filing import token_login
from webui.filing.register import register

ORIGIN = "http://127.0.0.1:8620"


async def sign_in(office, holder=None, *, nonce=None, origin=ORIGIN, told=ORIGIN, **changes):
    holder = holder or unit_holder()
    nonce = nonce or await token_login.challenge(office)
    message = login_message(origin=origin, nonce=nonce)
    signature = holder.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return await token_login.login(
        office,
        **{
            "der": holder.der,
            "signature": signature,
            "algorithm": "RS256",
            "nonce": nonce,
            "origin": told,
            **changes,
        },
    )


async def refused(office, *args, **changes) -> Refused:
    with pytest.raises(Refused) as caught:
        await sign_in(office, *args, **changes)
    return caught.value


async def test_the_certificates_mst_is_the_login(office):
    unit = await registered(office)

    assert await sign_in(office) == unit


async def test_a_nonce_is_good_for_one_attempt_right_or_wrong(office):
    await registered(office)
    nonce = await token_login.challenge(office)

    assert (await refused(office, nonce=nonce, signature=b"x")).code == "login_signature_invalid"
    assert (await refused(office, nonce=nonce)).code == "challenge_expired"


async def test_a_nonce_of_ones_own_or_an_old_one_is_refused(office, clock):
    await registered(office)
    nonce = await token_login.challenge(office)
    clock.forward(minutes=6)

    assert (await refused(office, nonce=nonce)).code == "challenge_expired"
    assert (await refused(office, nonce=b"n" * 32)).code == "challenge_expired"


async def test_challenges_do_not_pile_up(office, clock, monkeypatch):
    monkeypatch.setattr(token_login, "OUTSTANDING", 3)
    for _ in range(3):
        await token_login.challenge(office)
    with pytest.raises(Refused, match="too_many_attempts"):
        await token_login.challenge(office)
    clock.forward(minutes=6)
    assert await token_login.challenge(office)


async def test_a_signature_given_to_another_site_is_worth_nothing_here(office):
    """T23."""
    await registered(office)

    assert (await refused(office, origin="https://evil.example")).code == "login_signature_invalid"


async def test_another_certificate_than_the_one_that_signed_is_refused(office):
    await registered(office)
    stranger = authority().issue("KẺ KHÁC", mst=OTHER)

    assert (
        await refused(office, stranger, der=unit_holder().der)
    ).code == "login_signature_invalid"


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Judgement(chain=Chain.UNTRUSTED, revocation=Revocation.UNKNOWN), "certificate_untrusted"),
        (Judgement(chain=Chain.UNKNOWN, revocation=Revocation.UNKNOWN), "trust_not_configured"),
        (Judgement(chain=Chain.TRUSTED, revocation=Revocation.REVOKED), "certificate_revoked"),
    ],
)
async def test_only_a_certificate_in_good_standing_signs_in(office, judge, verdict, code):
    await registered(office)
    judge.verdict = verdict

    assert (await refused(office)).code == code


async def test_an_expired_certificate_does_not_sign_in(office):
    await registered(office)
    old = authority().issue("CŨ", not_before=NOW - 900 * DAY, not_after=NOW - DAY)

    assert (await refused(office, old)).code == "certificate_expired"


async def test_a_certificate_without_mst_does_not_sign_in(office):
    assert (
        await refused(office, authority().issue("AI ĐÓ", mst=None))
    ).code == "certificate_without_mst"


async def test_a_branch_does_not_sign_in_as_its_parent(office):
    await registered(office)
    branch = authority().issue("CHI NHÁNH", mst=f"{MST}-001")

    problem = await refused(office, branch)

    assert problem.code == "unit_unknown"
    assert problem.details["mst"] == f"{MST}001"
    assert problem.details["mst_printed"] == f"{MST}-001"


async def test_an_elliptic_key_is_refused(office):
    holder = authority().issue("EC", key=ec_key("login"))
    with pytest.raises(Refused, match="certificate_key_unsuitable"):
        await token_login.login(
            office,
            der=holder.der,
            signature=b"x",
            algorithm="ES256",
            nonce=await token_login.challenge(office),
            origin=ORIGIN,
        )


class TestFirstUse:
    async def proof(self, office) -> str:
        return (await refused(office)).details["proof"]

    async def register(self, office, proof, mst=MST, **changes):
        return await register(
            office,
            **{
                "mst": mst,
                "profile": PROFILE,
                "email_again": EMAIL,
                "password": None,
                "proof": proof,
                **changes,
            },
        )

    async def test_a_proven_mst_is_registered_without_a_password(self, office):
        unit = await self.register(office, await self.proof(office))

        assert unit.password_hash is None
        assert await sign_in(office) == unit

    async def test_a_proof_is_for_its_own_mst(self, office):
        with pytest.raises(Refused) as caught:
            await self.register(office, await self.proof(office), mst=OTHER)

        assert caught.value.code == "mst_mismatch"

    async def test_a_proof_is_good_once(self, office):
        proof = await self.proof(office)
        await self.register(office, proof)
        with pytest.raises(Refused, match="proof_expired"):
            await self.register(office, proof, mst=MST)

    async def test_a_slip_in_the_form_does_not_use_the_proof_up(self, office):
        proof = await self.proof(office)
        with pytest.raises(Refused, match="email_differs"):
            await self.register(office, proof, email_again="khac@example.vn")

        assert await self.register(office, proof)

    async def test_run_centrally_a_new_unit_must_prove_its_mst(self, office):
        central = replace(office, open_registration=False)
        with pytest.raises(Refused, match="registration_needs_token"):
            await registered(central)

        assert await self.register(central, await self.proof(central))

    async def test_neither_password_nor_proof_is_refused(self, office):
        with pytest.raises(Refused, match="required"):
            await self.register(office, None)
