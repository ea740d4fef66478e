from tests.webui.store.rows import NOW, queued, unit
from webui.store import history


async def test_events_are_read_in_order_by_unit_and_from_a_number_on(database):
    async with database.writing() as tx:
        dossier_id = await queued(tx)
        other = await unit(tx, "0100233488")
        from webui.store import dossiers

        unit_id = (await dossiers.get(tx, dossier_id)).unit_id
        for event in ("created", "signed", "sending"):
            await history.add(
                tx, unit_id=unit_id, dossier_id=dossier_id, event=event, state="da-ky", at=NOW
            )
        await history.add(tx, unit_id=other, event="registered", at=NOW)
        told = await history.of_dossier(tx, dossier_id)

        assert [row.event for row in told] == ["created", "signed", "sending"]
        assert [row.event for row in await history.after(tx, unit_id, told[0].id)] == [
            "signed",
            "sending",
        ]
        assert await history.last_id(tx, unit_id) == told[-1].id
        assert await history.last_id(tx, 999) == 0
