"""CyberHSM (Cyberlotus), and other operators of the same API; not by any standard.

    account    apiKey, 32 hexadecimal digits
    password   apiSecret, base64
    field otp  "sms" or "app" for an account that signs with one-time passwords; the API has no
               question for it, so the user tells us

There is no session: each request is signed by itself (`requests`), and answered by an object
{status, obj, error, description} (`replies`). One account has one key and one certificate. The
service hashes what it signs, so it is sent the message; by SHA-256 alone, although it offers SHA-1,
which Circular 15/2025/TT-BKHCN has ended.

Known from programs that use the service and agree with each other: the paths, the request's
signature on POST, the status codes, the raw signature over base64 of the message. Guessed, and held
in `guesses` alone: the rest.
"""

from agent.hsm.cyberhsm.provider import CyberHsm

__all__ = ["CyberHsm"]
