from tests.webui.store.rows import MINUTE, NOW, certificate, unit
from webui.store import drafts
from webui.store.records import DraftRow


def draft(unit_id, certificate_id, name) -> DraftRow:
    return DraftRow(
        id=name,
        unit_id=unit_id,
        certificate_id=certificate_id,
        nguoi_lien_he="Mẫu",
        dien_thoai="0912345678",
        email="a@b.vn",
        document=b"<Hoso/>",
        created_at=NOW,
    )


async def test_a_new_draft_takes_the_place_of_the_old_and_is_removed_once(database):
    async with database.writing() as tx:
        unit_id = await unit(tx)
        key = await certificate(tx, unit_id)
        await drafts.add(tx, draft(unit_id, key, "one"))
        await drafts.add(tx, draft(unit_id, key, "two"))

        assert await drafts.get(tx, unit_id, "one") is None
        assert (await drafts.get(tx, unit_id, "two")).document == b"<Hoso/>"
        assert await drafts.get(tx, unit_id + 1, "two") is None
        assert not await drafts.remove(tx, unit_id + 1, "two")
        assert await drafts.remove(tx, unit_id, "two")
        assert not await drafts.remove(tx, unit_id, "two")
        await drafts.add(tx, draft(unit_id, key, "three"))
        await drafts.forget_old(tx, before=NOW - MINUTE)
        assert await drafts.get(tx, unit_id, "three")
        await drafts.forget_old(tx, before=NOW)
        assert await drafts.get(tx, unit_id, "three") is None
