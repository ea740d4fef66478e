"""What no text of CyberHSM confirms; whoever knows better changes it here.

marks: [1] one source, [I] concluded from other services or from code, [U] unknown, so chosen
"""

from typing import Final

#: [I] A GET has no content type, and then no line for it either (the service's Java library skips
#: what is not set). The body's line is there, and empty.
GET_HAS_CONTENT_TYPE_LINE: Final = False

#: [1] The one-time password goes in a header of the signing request …
OTP_HEADER: Final = "otp"
#: … and is sent by SMS after a POST to this path; [U] its body.
OTP_PATH: Final = "/api/otp/requestsign"
OTP_BODY: Final = b"{}"
#: [U] Whether one password is good for several signatures: taken not to be.
SIGNATURES_PER_OTP: Final = 1
#: [U] How many signatures in a row the service puts up with.
SIGNATURES_IN_A_ROW: Final = 50

#: [U] How far a request's time may be off. A refusal is put down to our clock from here on: a
#: minute is more than any network takes.
CLOCK_SECONDS: Final = 60.0

#: [I] What the service hashes by itself, for /api/bin/sign/base64; samples write "SHA1withRSA".
RAW_ALGORITHM: Final = "SHA256withRSA"
#: [1] For …/pdf/sign/hashdata; [I] that what comes back is a CMS SignedData.
CMS_HASH: Final = "SHA-256"
