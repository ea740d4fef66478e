"""BHXH's judgement of a dossier it has taken in: may this signer speak for this unit?

Judged as of the moment of arrival, except revocation, which is asked when the verdict is given.
"""

from datetime import datetime
from typing import Final

from asn1crypto import x509

from protocol.identity import msts, printed_mst
from webui.bhxh.form05 import HANOI, Form05
from webui.bhxh.trust import CertificateJudge, Chain, Revocation
from webui.sandbox.gateway.refusal import Code, Refusal

_DATE: Final = "%d/%m/%Y"


class UndecidedError(Exception):
    """Revocation could not be learnt: no verdict now, another try later."""


async def judge(
    form: Form05, certificate: bytes, *, arrived: datetime, judges: CertificateJudge
) -> None:
    """Accepts by returning. Raises Refusal, UndecidedError."""
    try:
        signer = x509.Certificate.load(certificate, strict=True)
        validity = signer["tbs_certificate"]["validity"]
        begin, end = validity["not_before"].native, validity["not_after"].native
        serial = signer.serial_number
        holders = msts(signer)
    except Exception as error:  # asn1crypto parses late and raises what it likes
        raise Refusal(Code.CERTIFICATE_UNREADABLE) from error
    await _check_standing(certificate, begin, end, arrived=arrived, judges=judges)
    _check_unit(form, holders)
    _check_named(form, serial, begin, end)


async def _check_standing(
    certificate: bytes,
    begin: datetime,
    end: datetime,
    *,
    arrived: datetime,
    judges: CertificateJudge,
) -> None:
    judgement = await judges.judge(certificate, now=arrived)
    if judgement.chain is not Chain.TRUSTED:
        raise Refusal(Code.CERTIFICATE_UNTRUSTED)
    if arrived > end:
        raise Refusal(Code.CERTIFICATE_EXPIRED, end=end.astimezone(HANOI).strftime(_DATE))
    if arrived < begin:
        raise Refusal(Code.CERTIFICATE_EARLY, begin=begin.astimezone(HANOI).strftime(_DATE))
    if judgement.revocation is Revocation.REVOKED:
        raise Refusal(Code.CERTIFICATE_REVOKED)
    if judgement.revocation is not Revocation.GOOD:
        raise UndecidedError


def _check_unit(form: Form05, holders: tuple[str, ...]) -> None:
    if not holders:
        raise Refusal(Code.NO_MST)
    # Exactly: a parent company is not its branch.
    if form.mst not in holders:
        written = ", ".join(map(printed_mst, holders))
        raise Refusal(Code.OTHER_MST, certificate=written, unit=printed_mst(form.mst))


def _check_named(form: Form05, serial: int, begin: datetime, end: datetime) -> None:
    """The certificate that the form asks to register is the one that signed it."""
    if int(form.new.serial, 16) != serial:
        raise Refusal(Code.OTHER_SERIAL, written=form.new.serial, signed=f"{serial:X}")
    days = (begin.astimezone(HANOI).date(), end.astimezone(HANOI).date())
    if (form.new.begin, form.new.end) != days:
        raise Refusal(Code.OTHER_VALIDITY)
