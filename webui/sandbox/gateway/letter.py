"""The e-mail with which BHXH tells a unit the result (facts A3); its words: text/letter.json."""

import json
from email.header import Header
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr, make_msgid
from functools import cache
from importlib import resources
from typing import Final

import aiosmtplib

from webui.bhxh.form05 import HANOI, Form05
from webui.bhxh.mst import printed_mst
from webui.sandbox.gateway.ledger import Dossier

_DOMAIN: Final = "bhxh.example"  # RFC 2606: nobody's
_SECONDS: Final = 10.0


class UndeliveredError(Exception):
    """The mail server did not take it; the message says why."""


async def send(message: Message, *, port: int) -> None:
    """Hand it to the mail server on this machine. Raises UndeliveredError."""
    try:
        await aiosmtplib.send(
            message, hostname="127.0.0.1", port=port, timeout=_SECONDS, start_tls=False
        )
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise UndeliveredError(f"{type(error).__name__}: {error}") from error


def compose(dossier: Dossier, form: Form05) -> Message:
    """For a dossier that was decided."""
    assert dossier.decided is not None, "only results are written about"
    assert dossier.receipt is not None, "a decision has a receipt"
    words = _words()
    code, why = dossier.error or ("", "")
    facts = {
        "number": dossier.dossier_number(form.agency_code),
        "transaction": dossier.transaction,
        "unit": form.unit_name,
        "unit_code": form.unit_code,
        "mst": printed_mst(form.mst),
        "decided": dossier.decided.astimezone(HANOI).strftime("%d/%m/%Y %H:%M:%S"),
        "serial": form.new.serial,
        "end": form.new.end.strftime("%d/%m/%Y"),
        "code": code,
        "words": why,
    }
    result = "refused" if dossier.error else "accepted"
    parts = (words["greeting"], words[f"{result}_body"], words["footer"])
    # email.message.EmailMessage folds long Vietnamese headers so that blanks between words are lost
    # (Python 3.11); Header folds them as RFC 2047 wants it.
    message = MIMEMultipart()
    subject = Header(words[f"{result}_subject"].format(**facts), "utf-8")
    message["Subject"] = subject  # type: ignore[assignment] # it takes Headers, says its manual
    message["From"] = formataddr((words["sender_name"], f"ketqua@{_DOMAIN}"))
    message["To"] = form.contact_email
    message["Date"] = format_datetime(dossier.decided)
    message["Message-ID"] = make_msgid(idstring=dossier.transaction, domain=_DOMAIN)
    message.attach(MIMEText("\n\n".join(part.format(**facts) for part in parts), "plain", "utf-8"))
    receipt = MIMEApplication(dossier.receipt, "xml")
    name = words["attachment"].format(**facts)
    receipt.add_header("Content-Disposition", "attachment", filename=name)
    message.attach(receipt)
    return message


@cache
def _words() -> dict[str, str]:
    text = resources.files("webui.sandbox").joinpath("text/letter.json").read_text("utf-8")
    words: dict[str, str] = json.loads(text)
    return words
