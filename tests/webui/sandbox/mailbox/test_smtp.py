"""Real SMTP, by two clients that are not ours."""

import asyncio
import smtplib
from email.message import EmailMessage

import aiosmtplib
import pytest

from webui.sandbox.service import Sandbox


def letter(subject: str = "Thư thử") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ai Đó <ai@do.example>"
    message["To"] = "ke@toan.example"
    message["Subject"] = subject
    message.set_content("Kính gửi đơn vị,\n.\nmột dòng chấm\n")
    return message


async def test_a_letter_sent_by_smtplib_lies_in_the_box(sandbox: Sandbox) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", sandbox.ports["smtp"]) as client:
            client.send_message(letter())

    await asyncio.to_thread(send)

    (found,) = await sandbox.box.newest()
    assert found.recipients == ("ke@toan.example",)
    assert (found.subject, found.sender) == ("Thư thử", "Ai Đó <ai@do.example>")
    assert found.text.splitlines() == ["Kính gửi đơn vị,", ".", "một dòng chấm"]


async def test_letters_lie_newest_first(sandbox: Sandbox) -> None:
    for number in range(3):
        await aiosmtplib.send(
            letter(f"Thư {number}"), hostname="127.0.0.1", port=sandbox.ports["smtp"]
        )

    assert [one.subject for one in await sandbox.box.newest()] == ["Thư 2", "Thư 1", "Thư 0"]


async def test_too_large_a_letter_is_refused(sandbox: Sandbox) -> None:
    large = letter()
    large.set_content("x" * 6_000_000)

    with pytest.raises(aiosmtplib.SMTPResponseException):
        await aiosmtplib.send(large, hostname="127.0.0.1", port=sandbox.ports["smtp"])

    assert await sandbox.box.newest() == []


async def test_too_many_recipients_are_refused(sandbox: Sandbox) -> None:
    crowd = [f"{number}@x.example" for number in range(25)]

    refused, _ = await aiosmtplib.send(
        letter(), recipients=crowd, hostname="127.0.0.1", port=sandbox.ports["smtp"]
    )

    assert len(refused) == 5
