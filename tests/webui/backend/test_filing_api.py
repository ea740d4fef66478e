"""The guide's steps 2 to 4 over HTTP: add, adjust, look at the result."""

from base64 import b64decode, b64encode
from datetime import timedelta
from hashlib import sha256

import pytest

from tests.support.xmldsig import sign
from tests.webui.backend.browser import opened
from tests.webui.world import BRANCH, CONTACT, MST, OTHER, authority, receipt_for, unit_holder
from webui.bhxh.gateway import NotDecided, NotDelivered
from webui.filing import courier
from webui.store import outbox

SOURCE = {"kind": "token", "label": "Thử", "serial": "0A"}
ADJUSTMENT = {
    "nguoi_lien_he": CONTACT.nguoi_lien_he,
    "dien_thoai": CONTACT.dien_thoai,
    "email": CONTACT.email,
    "email_lap_lai": CONTACT.email,
}


def encoded(data: bytes) -> str:
    return b64encode(data).decode()


async def add(page, holder=None):
    holder = holder or unit_holder()
    return await page.post(
        "/api/certificates", {"certificate": encoded(holder.der), "source": SOURCE}
    )


async def submit(page, holder=None):
    holder = holder or unit_holder()
    draft = (await page.post("/api/adjustments", {**ADJUSTMENT, "certificate_id": holder.id})).body
    signed = sign(b64decode(draft["document"]), holder)
    answer = await page.post(
        f"/api/adjustments/{draft['id']}/signed", {"document": encoded(signed)}
    )
    assert answer.status == 200, answer.body
    return answer.body, signed


async def work(office):
    while True:
        async with office.database.writing() as tx:
            row = await outbox.lease_next(
                tx, owner="me", now=office.clock(), lasting=timedelta(minutes=1)
            )
        if row is None:
            return
        await courier.step(office, row, "me")


async def test_a_certificate_is_checked_added_listed_and_removed(office):
    holder = unit_holder()
    async with opened(office) as page:
        await page.registered()
        seen = await page.post("/api/certificates/check", {"certificate": encoded(holder.der)})
        assert (seen.status, seen.body["state"]) == (200, "chua-gui")
        assert (await page.get("/api/certificates")).body == {"certificates": []}
        added = await add(page)
        listed = (await page.get("/api/certificates")).body["certificates"]
        assert added.status == 201
        assert listed == [added.body]
        assert listed[0]["id"] == holder.id
        assert listed[0]["mst"] == [MST]
        assert listed[0]["source"] == SOURCE
        assert (listed[0]["chain"], listed[0]["revocation"]) == ("trusted", "good")
        removed = await page.call("DELETE", f"/api/certificates/{holder.id}")
        assert removed.status == 200
        assert (await page.get("/api/certificates")).body == {"certificates": []}


@pytest.mark.parametrize(("mst", "code"), [(OTHER, "mst_mismatch"), (BRANCH, "mst_branch")])
async def test_a_wrong_mst_is_refused_in_words_with_both_numbers(office, mst, code):
    async with opened(office) as page:
        await page.registered()
        answer = await add(page, authority().issue("KHÁC", mst=mst))

    error = answer.body["error"]
    assert (answer.status, error["code"]) == (422, code)
    for text in (error["vi"], error["en"]):
        assert mst in text
        assert MST in text


async def test_the_whole_story_to_acceptance(office, gateway, clock):
    async with opened(office) as page:
        await page.registered()
        await add(page)
        shown = (await page.get("/api/adjustments/new")).body
        assert [c["id"] for c in shown["candidates"]] == [unit_holder().id]
        assert (shown["registered"], shown["blocked"]) == (None, None)
        dossier, signed = await submit(page)
        assert dossier["state"] == "da-ky"
        assert dossier["form"] == "05/SĐ-IVAN"
        blocked = (await page.get(f"/api/adjustments/new?certificate={unit_holder().id}")).body
        assert blocked["blocked"]["code"] == "adjustment_pending"
        await work(office)
        gateway.receipts[dossier["id"]] = receipt_for(dossier["id"])
        clock.forward(minutes=1)
        await work(office)
        detail = (await page.get(f"/api/dossiers/{dossier['id']}")).body
        certificates = (await page.get("/api/certificates")).body["certificates"]
        file = await page.get(f"/api/dossiers/{dossier['id']}/signed.xml")
        receipt = detail["receipts"][0]
        paper = await page.get(f"/api/dossiers/{dossier['id']}/receipts/{receipt['id']}.xml")

    assert (detail["state"], detail["so_ho_so"]) == ("chap-nhan", "00001/2026/07906")
    assert [e["event"] for e in detail["timeline"]] == [
        "created",
        "signed",
        "sending",
        "acknowledged",
        "accepted",
    ]
    assert all(e["text"] and e["en"] for e in detail["timeline"])
    assert (receipt["accepted"], receipt["suspicious"]) == (True, False)
    assert (certificates[0]["state"], certificates[0]["dossier"]) == ("dang-dung", dossier["id"])
    assert file.raw == signed == gateway.held[dossier["id"]][0]
    assert paper.raw == gateway.receipts[dossier["id"]]
    for saved in (file, paper):
        assert saved.headers["Content-Disposition"].startswith("attachment; filename=")
        assert "sandbox" in saved.headers["Content-Security-Policy"]
        assert saved.headers["Cache-Control"] == "no-store"
    assert detail["file_name"] in file.headers["Content-Disposition"]


async def test_what_is_to_be_signed_is_named_and_hashed(office):
    async with opened(office) as page:
        await page.registered()
        await add(page)
        draft = await page.post(
            "/api/adjustments", {**ADJUSTMENT, "certificate_id": unit_holder().id}
        )
        document = b64decode(draft.body["document"])
        gone = await page.call("DELETE", f"/api/adjustments/{draft.body['id']}")
        late = await page.post(
            f"/api/adjustments/{draft.body['id']}/signed",
            {"document": encoded(sign(document, unit_holder()))},
        )

    assert draft.status == 201
    assert draft.body["profile"] == "bhxh-hoso"
    assert draft.body["sha256"] == sha256(document).hexdigest()
    assert gone.status == 200
    assert (late.status, late.body["error"]["code"]) == (404, "adjustment_unknown")


async def test_a_suspicious_receipt_is_shown_with_the_reason(office, gateway, clock):
    async with opened(office) as page:
        await page.registered()
        await add(page)
        dossier, _ = await submit(page)
        await work(office)
        gateway.receipts[dossier["id"]] = receipt_for(dossier["id"], transaction="khác")
        clock.forward(minutes=1)
        await work(office)
        detail = (await page.get(f"/api/dossiers/{dossier['id']}")).body

    assert detail["state"] == "da-nhan"
    receipt = detail["receipts"][0]
    assert (receipt["suspicious"], receipt["why"]) == (True, "suspicious_other_dossier")
    assert receipt["why_vi"]


async def test_offline_it_says_when_it_tries_again_and_tells_the_tries_once(office, gateway, clock):
    gateway.answers = [NotDelivered(why="gateway_unreachable")] * 4
    async with opened(office) as page:
        await page.registered()
        await add(page)
        dossier, _ = await submit(page)
        for _ in range(4):
            await work(office)
            clock.forward(minutes=15)
        detail = (await page.get(f"/api/dossiers/{dossier['id']}")).body
        hurried = await page.post(f"/api/dossiers/{dossier['id']}/send-now")
        await work(office)
        after = (await page.get(f"/api/dossiers/{dossier['id']}")).body

    assert (detail["state"], detail["attempts"]) == ("cho-gui-lai", 4)
    assert detail["next_try_at"]
    assert [(e["event"], e["times"]) for e in detail["timeline"]] == [
        ("created", 1),
        ("signed", 1),
        ("sending", 1),
        ("not_delivered", 4),
    ]
    assert hurried.status == 202
    assert (after["state"], after["next_try_at"]) == ("da-nhan", None)


async def test_the_history_is_searched_and_paged(office, clock):
    async with opened(office) as page:
        await page.registered()
        names = ("Biển", "Đồng", "Rừng")
        for n in range(23):
            holder = authority().issue(f"ĐƠN VỊ {names[n % 3]}")
            await add(page, holder)
            await submit(page, holder)
            clock.forward(minutes=1)
        first = (await page.get("/api/dossiers")).body
        second = (await page.get("/api/dossiers?page=2")).body
        found = (await page.get("/api/dossiers", params={"q": "don vi RUNG"})).body
        none = (await page.get("/api/dossiers?state=chap-nhan")).body

    assert (first["total"], len(first["dossiers"]), len(second["dossiers"])) == (23, 20, 3)
    assert found["total"] == 7
    assert none == {"dossiers": [], "total": 0, "page": 1, "page_size": 20}


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "page=99999999999999999999", "page=٣", "state=x"]
)
async def test_a_senseless_search_is_refused(office, query):
    async with opened(office) as page:
        await page.registered()
        answer = await page.get(f"/api/dossiers?{query}")

    assert (answer.status, answer.body["error"]["code"]) == (400, "bad_request")


async def test_one_unit_sees_nothing_of_another(office):
    async with opened(office) as page:
        await page.registered()
        await add(page)
        dossier, _ = await submit(page)
        await page.post("/api/logout")
        await page.registered(mst=OTHER)
        paths = ("", "/signed.xml", "/receipts/1.xml")
        answers = [await page.get(f"/api/dossiers/{dossier['id']}{path}") for path in paths]
        listed = [
            (await page.get("/api/dossiers")).body["total"],
            (await page.get("/api/certificates")).body["certificates"],
        ]

    assert [(a.status, a.body["error"]["code"]) for a in answers] == [(404, "dossier_unknown")] * 3
    assert listed == [0, []]


@pytest.mark.parametrize(
    "spoil", [lambda d: d[:-20], lambda d: d.replace(b"moi@", b"cu@"), lambda _: b"x"]
)
async def test_a_spoilt_signed_document_is_refused_and_nothing_is_sent(office, gateway, spoil):
    async with opened(office) as page:
        await page.registered()
        await add(page)
        draft = await page.post(
            "/api/adjustments", {**ADJUSTMENT, "certificate_id": unit_holder().id}
        )
        signed = sign(b64decode(draft.body["document"]), unit_holder())
        answer = await page.post(
            f"/api/adjustments/{draft.body['id']}/signed", {"document": encoded(spoil(signed))}
        )
        again = await page.post(
            f"/api/adjustments/{draft.body['id']}/signed", {"document": encoded(signed)}
        )
        await work(office)

    assert answer.status == 422
    assert again.status == 200
    assert len(gateway.held) == 1
    assert isinstance(await gateway.receipt("x"), NotDecided)
