"""credentials/authorize and what it gives: a SAD, for one credential, so many signatures and, at
SCAL 2, exactly these hashes (v1 §11.6, v2 §11.6). It is good for five minutes and, in one call of
signHash or several, once for each signature.
"""

import secrets
import time
from dataclasses import dataclass, replace
from typing import Any, Final

from webui.sandbox.hsm.csc.asked import Asked
from webui.sandbox.hsm.csc.errors import Refused, invalid, missing
from webui.sandbox.hsm.phone import Phone
from webui.sandbox.hsm.register import Account, Credential, Service, Standing

_SECONDS: Final = 300
_SCAL_2: Final = "2"


@dataclass(frozen=True, kw_only=True)
class _Sad:
    credential: Credential
    signatures: int
    hashes: tuple[bytes, ...] | None
    until: float


class Permissions:
    def __init__(self, phone: Phone) -> None:
        self._phone = phone
        self._given: dict[str, _Sad] = {}

    def authorise(
        self, account: Account, credential: Credential, asked: Asked, *, version: int
    ) -> dict[str, Any]:
        """Raises Refused."""
        if not credential.enabled:
            raise Refused("invalid_request", "The credential is disabled")
        if account.standing is Standing.EMPTY_PURSE:
            raise Refused("invalid_request", "The quota of signatures is exceeded")
        count = asked.number("numSignatures")
        if not 1 <= count <= credential.most:
            raise Refused("invalid_request", "Numbers of signatures is too high")
        hashes = _hashes(credential, asked, version=version, count=count)
        self._check_factors(account, credential, asked, version=version)
        name = secrets.token_urlsafe(24)
        self._given[name] = _Sad(
            credential=credential,
            signatures=count,
            hashes=hashes,
            until=time.monotonic() + _SECONDS,
        )
        return {"SAD": name, "expiresIn": _SECONDS}

    def redeem(self, sad: str | None, credential: Credential, hashes: tuple[bytes, ...]) -> None:
        """Use it up by these hashes. Raises Refused, and it is gone, unless it allows them."""
        given = self._given.pop(sad or "", None)
        if given is None or given.credential is not credential:
            raise invalid("SAD")
        if time.monotonic() > given.until:
            raise Refused("invalid_request", "SAD expired")
        if len(hashes) > given.signatures:
            raise Refused("invalid_request", "Numbers of signatures is too high")
        left = None if given.hashes is None else _without(given.hashes, hashes)
        if given.signatures > len(hashes):
            self._given[sad or ""] = replace(
                given, signatures=given.signatures - len(hashes), hashes=left
            )

    def _check_factors(
        self, account: Account, credential: Credential, asked: Asked, *, version: int
    ) -> None:
        given = asked.factors() if version > 1 else {}
        pin = given.get("PIN") if version > 1 else asked.optional("PIN")
        otp = given.get("OTP") if version > 1 else asked.optional("OTP")
        if credential.pin is not None:
            _check_pin(credential, pin, version=version)
        if credential.otp:
            if otp is None:
                raise invalid("OTP" if version == 1 else "authData")
            if not self._phone.redeem(Service.CSC, account.name, otp):
                raise _wrong("OTP", version=version)


def _without(allowed: tuple[bytes, ...], signed: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Raises Refused for a hash that is not among the allowed ones, or not so often."""
    left = list(allowed)
    for one in signed:
        if one not in left:
            raise Refused("invalid_request", "Hash is not authorized by the SAD")
        left.remove(one)
    return tuple(left)


def _check_pin(credential: Credential, pin: str | None, *, version: int) -> None:
    if pin is None:
        raise invalid("PIN" if version == 1 else "authData")
    if credential.tries <= 0:
        raise Refused("invalid_request", "PIN locked")
    if not secrets.compare_digest((credential.pin or "").encode(), pin.encode()):
        credential.tries -= 1
        raise _wrong("PIN", version=version)
    credential.tries = 3


def _wrong(factor: str, *, version: int) -> Refused:
    if version > 1:
        return Refused("invalid_authentication_data", f"The {factor} is invalid")
    return Refused(f"invalid_{factor.lower()}", f"The {factor} is invalid")


def _hashes(
    credential: Credential, asked: Asked, *, version: int, count: int
) -> tuple[bytes, ...] | None:
    name = "hashes" if version > 1 else "hash"
    if name not in asked:
        if credential.scal == _SCAL_2:
            raise missing("array", name)
        return None
    if version > 1:
        asked.text("hashAlgorithmOID")
    hashes = asked.hashes(name)
    if len(hashes) > count:
        raise invalid(name)
    return hashes
