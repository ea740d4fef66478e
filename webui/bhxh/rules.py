"""Every BHXH rule that no public source settles, in one place.

Certainty: [V] seen on a real artefact, [S] stated by one source, [I] inferred, [U] unknown.
Nothing marked [I] or [U] may be shown to a user as the authority's rule.
"""

import re
from typing import Final

#: [V] the declaration code on the wire, and [S] the form's number and title as users know it.
FORM_CODE: Final = "05_SD-IVAN"
FORM_NUMBER: Final = "05/SĐ-IVAN"
FORM_TITLE: Final = "Thay đổi, bổ sung thông tin đăng ký sử dụng dịch vụ I-VAN"

#: [V] LoaiDoiTuong: 1 is an organisation. Other values are unknown.
SUBJECT_KIND: Final = 1
#: [V] one I-VAN's list of reasons; 3 is "Thay đổi thông tin chứng thư". That BHXH's 05 carries it
#: is [I].
REASON_CERTIFICATE_CHANGED: Final = "3"

#: [S] check digit weights (TT 105/2020/TT-BTC, appendix; several public implementations).
MST_WEIGHTS: Final = (31, 29, 23, 19, 17, 13, 7, 5, 3)
#: [S] (stdnum-js) never issued: province 00, serial 0000000, branch 000.
MST_NEVER_ISSUED: Final = re.compile(r"00\d{8}|\d{2}0{7}\d|\d{10}000|00\d{11}|\d{2}0{7}\d{4}")

#: [I] from two observed shapes, "TS12345" and three letters, three digits, a letter. Grammar: [U].
UNIT_CODE: Final = re.compile(r"[A-Z0-9]{5,10}")
UNIT_CODE_USUAL_LENGTH: Final = 7
#: [S] five digits in portal data; one sample has three [V]. Public list: [U].
AGENCY_CODE: Final = re.compile(r"\d{5}")
#: [V] the official I-VAN list.
IVAN_CODE: Final = re.compile(r"\d{5}")

#: [S] mobile numbers; [I] landlines (02 and nine digits).
PHONE: Final = re.compile(r"0[35789]\d{8}|02\d{9}")

#: [V] a subscriber certificate is valid for three years at most (NĐ 23/2025); longer is a warning.
SUBSCRIBER_YEARS: Final = 3
#: [V] all observed signatures are RSA; BHXH's acceptance of other keys is [U].
MIN_RSA_BITS: Final = 2048

#: Bounds of ours, not of BHXH.
MAX_DOCUMENT_BYTES: Final = 1024 * 1024
MAX_CERTIFICATE_BYTES: Final = 16 * 1024
