"""What an account holds: credentials/list and credentials/info (v1 §11.4, 11.5; v2 §11.4, 11.5)."""

import base64
from typing import Any

from cryptography import x509

from webui.sandbox.hsm.csc.asked import Asked
from webui.sandbox.hsm.csc.errors import Refused, invalid
from webui.sandbox.hsm.register import Account, Credential

_RSA = "1.2.840.113549.1.1.1"
_RSA_SHA256 = "1.2.840.113549.1.1.11"
_PAGE = 50
_DATE = "%Y%m%d%H%M%SZ"


def listed(account: Account, asked: Asked, *, version: int, issuer: bytes) -> dict[str, Any]:
    if "userID" in asked:
        raise Refused("invalid_request", "userID parameter MUST be null")
    start = int(asked.text("pageToken", "0") or 0)
    count = min(_PAGE, max(1, asked.number("maxResults", _PAGE)))
    page = account.credentials[start : start + count]
    found: dict[str, Any] = {"credentialIDs": [one.id for one in page]}
    if start + count < len(account.credentials):
        found["nextPageToken"] = str(start + count)
    if version > 1 and asked.flag("credentialInfo"):
        found["credentialInfos"] = [
            {"credentialID": one.id, **described(one, asked, version=version, issuer=issuer)}
            for one in page
        ]
    return found


def named(account: Account, asked: Asked) -> Credential:
    """The credential that is asked about. Raises Refused."""
    found = account.credential(asked.text("credentialID"))
    if found is None:
        raise invalid("credentialID")
    return found


def described(
    credential: Credential, asked: Asked, *, version: int, issuer: bytes
) -> dict[str, Any]:
    which = asked.text("certificates", "single")
    chain = {"none": [], "single": [credential.certificate]}
    chain["chain"] = [credential.certificate, issuer]
    if which not in chain:
        raise invalid("certificates")
    certificate = x509.load_der_x509_certificate(credential.certificate)
    about: dict[str, Any] = {
        "certificates": [base64.b64encode(one).decode() for one in chain[which]]
    }
    if asked.flag("certInfo"):
        about |= {
            "issuerDN": certificate.issuer.rfc4514_string(),
            "serialNumber": f"{certificate.serial_number:X}",
            "subjectDN": certificate.subject.rfc4514_string(),
            "validFrom": certificate.not_valid_before_utc.strftime(_DATE),
            "validTo": certificate.not_valid_after_utc.strftime(_DATE),
        }
    said: dict[str, Any] = {
        "key": {
            "status": "enabled" if credential.enabled else "disabled",
            "algo": [_RSA, _RSA_SHA256],
            "len": 2048,
        },
        "cert": about,
        "SCAL": credential.scal,
        "multisign": credential.most,
        "lang": "vi-VN",
    }
    if version > 1:
        return said | {"auth": _factors(credential)}
    mode = "explicit" if credential.pin or credential.otp else "implicit"
    said["authMode"] = mode
    if mode == "explicit" and asked.flag("authInfo"):
        said["PIN"] = {"presence": str(bool(credential.pin)).lower(), "format": "A"}
        said["OTP"] = {"presence": str(credential.otp).lower()}
        if credential.otp:
            said["OTP"] |= {"type": "online", "format": "N", "label": "Mã OTP qua SMS"}
    return said


def _factors(credential: Credential) -> dict[str, Any]:
    """v2 §11.5: what the user must give for a SAD."""
    if not (credential.pin or credential.otp):
        return {"mode": "implicit"}
    objects = []
    if credential.pin:
        objects.append({"type": "Password", "id": "PIN", "format": "A", "label": "Mã PIN"})
    if credential.otp:
        objects.append(
            {"type": "ChallengeResponse", "id": "OTP", "format": "N", "label": "Mã OTP qua SMS"}
        )
    ids = " AND ".join(one["id"] for one in objects)
    return {"mode": "explicit", "expression": ids, "objects": objects}
