"""Mã đơn vị (the unit's code at BHXH) and mã cơ quan (the office that keeps it).

The XML calls the first one MaSoBHXH, which is also the name of a person's ten-digit number: not the
same thing. Both grammars are inferred (rules.py), so an unusual unit code warns and does not block.
"""

from webui.bhxh.rules import AGENCY_CODE, UNIT_CODE, UNIT_CODE_USUAL_LENGTH
from webui.errors import Refused


def checked_unit_code(text: str, *, field: str = "ma_don_vi") -> str:
    """Upper case, without blanks. Raises Refused unit_code_malformed."""
    code = "".join(text.split()).upper()
    if not UNIT_CODE.fullmatch(code):
        raise Refused("unit_code_malformed", field=field)
    return code


def is_usual(unit_code: str) -> bool:
    return len(unit_code) == UNIT_CODE_USUAL_LENGTH


def checked_agency_code(text: str, *, field: str = "co_quan_bhxh") -> str:
    """Raises Refused agency_code_malformed."""
    code = "".join(text.split())
    if not AGENCY_CODE.fullmatch(code) or not code.isascii():
        raise Refused("agency_code_malformed", field=field)
    return code
