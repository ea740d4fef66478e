from tests.webui.store.rows import NOW, queued
from webui.store import receipts


async def test_the_same_document_is_kept_once(database):
    async with database.writing() as tx:
        dossier_id = await queued(tx)

        async def add(name, **also):
            return await receipts.add(
                tx,
                dossier_id=dossier_id,
                sha256=name * 64,
                document=name.encode(),
                at=NOW,
                **{"accepted": None, **also},
            )

        assert await add("a", why="suspicious_signer")
        assert not await add("a", why="suspicious_signer")
        assert await add("b", accepted=True)
        kept = await receipts.of_dossier(tx, dossier_id)

        assert [(row.document, row.accepted) for row in kept] == [(b"a", None), (b"b", 1)]
        assert (await receipts.get(tx, dossier_id, kept[0].id)).why == "suspicious_signer"
        assert await receipts.get(tx, "f" * 32, kept[0].id) is None
