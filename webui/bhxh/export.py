"""The signed file as units hand it to BHXH's own portal."""

from datetime import datetime

from webui.bhxh.form05 import HANOI
from webui.bhxh.mst import printed_mst
from webui.bhxh.rules import FORM_CODE


def file_name(*, mst: str, signed_at: datetime, dossier: str) -> str:
    """Plain ASCII, sortable, and unlike any other dossier's: 05_SD-IVAN_<MST>_<day>_<id>.xml"""
    day = signed_at.astimezone(HANOI).strftime("%Y%m%d-%H%M")
    return f"{FORM_CODE}_{printed_mst(mst)}_{day}_{dossier[:8]}.xml"


def receipt_file_name(*, mst: str, received_at: datetime, receipt: int) -> str:
    day = received_at.astimezone(HANOI).strftime("%Y%m%d-%H%M")
    return f"01_TB-GD_{printed_mst(mst)}_{day}_{receipt}.xml"
