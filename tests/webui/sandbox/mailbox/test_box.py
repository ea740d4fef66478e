"""Whatever arrives can be shown."""

from webui.sandbox.mailbox import box as boxes
from webui.sandbox.service import Sandbox

BROKEN = (
    b"",
    b"\xff\xfe\x00",
    b"Subject: =?utf-8?b?!!!?=\r\n\r\n",
    b"Subject: a\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff",
    b"Content-Type: multipart/mixed\r\n\r\nno boundary",
    b"From: \x00<>\r\nTo: ,,,\r\n\r\nx",
    b"Content-Type: application/x; name*=utf-8''%ff\r\n\r\nx",
)


async def test_a_broken_letter_is_kept_and_shown_as_far_as_it_can_be(sandbox: Sandbox) -> None:
    for content in BROKEN:
        await sandbox.box.keep(["a@b.example"], content)

    letters = await sandbox.box.newest()
    assert [letter.recipients for letter in letters] == [("a@b.example",)] * len(BROKEN)


async def test_the_oldest_go_when_there_are_too_many(sandbox: Sandbox, monkeypatch) -> None:
    monkeypatch.setattr(boxes, "_MOST", 3)
    for number in range(5):
        await sandbox.box.keep(["a@b.example"], f"Subject: {number}\r\n\r\n".encode())

    assert [letter.subject for letter in await sandbox.box.newest()] == ["4", "3", "2"]


async def test_letters_survive_a_restart_and_can_be_cleared(sandbox: Sandbox) -> None:
    await sandbox.box.keep(["a@b.example"], b"Subject: x\r\n\r\n")
    await sandbox.box.clear()

    assert await sandbox.box.newest() == []
