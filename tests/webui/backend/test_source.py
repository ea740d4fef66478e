"""Where a certificate's key is: told by the page, kept as it is, shown again; nothing else fits."""

from base64 import b64encode

import pytest
from sqlalchemy import text

from tests.webui.backend.browser import opened
from tests.webui.world import unit_holder

TOKEN = {"kind": "token", "label": "Thử", "serial": "0A"}
HSM = {
    "kind": "hsm",
    "provider": "cyberhsm",
    "provider_name": "CyberHSM",
    "host": "api.cyberhsm.vn",
}


async def add(page, source):
    der = b64encode(unit_holder().der).decode()
    return await page.post("/api/certificates", {"certificate": der, "source": source})


@pytest.mark.parametrize("source", [TOKEN, HSM], ids=["token", "hsm"])
async def test_each_kind_is_kept_and_shown_again(office, source):
    async with opened(office) as page:
        await page.registered()
        added = await add(page, source)
        listed = (await page.get("/api/certificates")).body["certificates"]

    assert added.status == 201
    assert [row["source"] for row in listed] == [source]


@pytest.mark.parametrize(
    "host", ["api.cyberhsm.vn", "127.0.0.1:9444", "[::1]:9444", "xn--dch-v-0ra.vn", "HSM.Cty.vn"]
)
async def test_a_host_is_a_name_or_an_address_with_a_port_perhaps(office, host):
    async with opened(office) as page:
        await page.registered()
        added = await add(page, {**HSM, "host": host})

    assert (added.status, added.body["source"]["host"]) == (201, host)


HOSTILE = {
    "an account": {**HSM, "account": "minhhoa"},
    "a name of an account": {**HSM, "name": "minhhoa"},
    "a password": {**HSM, "password": "hsm-demo-2026"},
    "a user in the host": {**HSM, "host": "minhhoa:hsm@api.cyberhsm.vn"},
    "a path": {**HSM, "host": "api.cyberhsm.vn/api?apiKey=1"},
    "a scheme": {**HSM, "host": "https://api.cyberhsm.vn"},
    "words": {**HSM, "host": "api cyberhsm"},
    "a line": {**HSM, "host": "api.cyberhsm.vn\n"},
    "a right-to-left host": {**HSM, "host": "\u202enp.v"},
    "no host": {**HSM, "host": ""},
    "a long host": {**HSM, "host": "a" * 261},
    "a long name": {**HSM, "provider_name": "C" * 101},
    "no name": {**HSM, "provider_name": ""},
    "a long provider": {**HSM, "provider": "c" * 33},
    "no provider": {**HSM, "provider": ""},
    "markup": {**HSM, "provider": "<img src=x>"},
    "numbers": {**HSM, "host": 9444},
    "nothing": None,
    "no kind": {key: value for key, value in HSM.items() if key != "kind"},
    "another kind": {**HSM, "kind": "file"},
    "both kinds": {**HSM, "kind": "token"},
    "a list": [HSM],
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
async def test_nothing_else_fits_and_nothing_is_stored(office, source):
    async with opened(office) as page:
        await page.registered()
        refused = await add(page, source)
        listed = (await page.get("/api/certificates")).body["certificates"]

    assert (refused.status, refused.body["error"]["code"]) == (422, "body_invalid")
    assert listed == []


@pytest.mark.parametrize("stored", ["", "{}", '{"kind":"file"}', '{"kind":"hsm"}'])
async def test_what_is_stored_and_not_understood_is_shown_as_unknown(office, stored):
    async with opened(office) as page:
        await page.registered()
        await add(page, HSM)
        async with office.database.writing() as tx:
            await tx.execute(text("UPDATE certificates SET source = :stored"), {"stored": stored})
        listed = (await page.get("/api/certificates")).body["certificates"]

    assert [row["source"] for row in listed] == [None]
