"""T31: the status of a certificate is typed and fails closed. The cases are in test_assess.py; here
it is asked of all of them at once.
"""

import itertools

import pytest
from aiohttp import web

from agent.errors import UserError
from protocol.messages import CertificateState
from tests.agent.certificates.conftest import World
from tests.support.pki import NOW, Authority, rsa_key


async def junk(_: web.Request) -> web.Response:
    return web.Response(body=b"junk")


async def missing(_: web.Request) -> web.Response:
    return web.Response(status=404)


@pytest.mark.parametrize(
    ("ocsp", "crl"), list(itertools.product(("junk", "404", "forged"), repeat=2))
)
async def test_t31_only_a_proof_makes_a_certificate_valid(
    world: World, ocsp: str, crl: str
) -> None:
    forger = Authority(
        certificate=world.ca.certificate, key=rsa_key("forger"), issued=world.ca.issued
    )

    async def forged_ocsp(request: web.Request) -> web.Response:
        return web.Response(body=forger.ocsp_answer(await request.read()))

    async def forged_crl(_: web.Request) -> web.Response:
        return web.Response(body=forger.crl())

    handlers = {"junk": junk, "404": missing}
    world.responder.override["/ca/ocsp"] = handlers.get(ocsp, forged_ocsp)
    world.responder.override["/ca/crl"] = handlers.get(crl, forged_crl)

    found = await world.assess(world.ca.issue().der)

    assert found.state is CertificateState.UNCHECKED
    assert "revocation_unknown" in found.warnings
    assert {"/ca/ocsp", "/ca/crl"} <= set(world.responder.asked)


async def test_t31_what_may_not_sign_says_so_by_an_exception(world: World) -> None:
    stranger = Authority.root("Stranger Root CA").issue()
    found = await world.assessor.assess(stranger.der, at=NOW)

    with pytest.raises(UserError, match="certificate_untrusted"):
        found.require_usable()
