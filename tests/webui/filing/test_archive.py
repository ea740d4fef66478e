from tests.webui.world import OTHER, added, authority, registered, submitted
from webui.filing import archive


async def test_dossiers_are_found_by_what_people_remember(office, clock):
    unit, other = await registered(office), await registered(office, OTHER)
    names = ["CÔNG TY ĐẠI DƯƠNG", "CÔNG TY SÔNG HỒNG"]
    for name in names:
        holder = authority().issue(name)
        await submitted(office, unit, await added(office, unit, holder), holder)
        clock.forward(minutes=1)

    async def holders(words="", state=None, page=1, who=unit):
        found, total = await archive.search(office, who.id, words=words, state=state, page=page)
        return [f.certificate.id for f in found], total

    (newest, oldest), _ = await holders()
    assert newest > oldest
    assert await holders("dai duong") == ([oldest], 1)
    assert await holders("Sông  hồng") == ([newest], 1)
    assert await holders("moi@example.vn", "da-ky") == ([newest, oldest], 2)
    assert await holders(state="chap-nhan") == ([], 0)
    assert await holders(page=2) == ([], 2)
    assert await holders(who=other) == ([], 0)
