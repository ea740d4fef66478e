"""The port's verbs over requests that are each signed by themselves."""

import base64
import hashlib
import string
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from asn1crypto import cms

from agent.errors import ServiceError, UserError
from agent.hsm.api import ToSign
from agent.hsm.cyberhsm import guesses
from agent.hsm.cyberhsm.replies import NOT_FOUND, OK, bare_text, failure, status_of, text_of
from agent.hsm.cyberhsm.requests import Keys, Moment, Request, headers
from agent.hsm.door import Answer, Door
from agent.hsm.encoded import certificate, rsa_with_sha256, signature, unbase64
from agent.hsm.provider import Authorisation, Credential, Pending, named
from agent.keys import Confirmation, Mechanism, OtpKind
from agent.pin import Pin, erase, wipe
from agent.secret import Secret

#: The service has no name for an account's one key.
CREDENTIAL: Final = "endcert"

_CERTIFICATE: Final = "/api/account/endcert"
_RAW: Final = "/api/bin/sign/base64"
_CMS: Final = "/api/v2/pdf/sign/hashdata"
_JSON: Final = "application/json"
_GOOD: Final = 200
_OTP_LETTERS: Final = frozenset(string.ascii_letters + string.digits)
_MOST_OTP_CHARS: Final = 32


class _Raw(msgspec.Struct, frozen=True):
    payload: str
    alg: str


class _Hash(msgspec.Struct, frozen=True):
    base64hash: str
    hashalg: str


def _now() -> datetime:
    return datetime.now(UTC)


def _nonce() -> str:
    return str(uuid.uuid4())


class CyberHsmSession:
    def __init__(
        self,
        door: Door,
        keys: Keys,
        confirmation: Confirmation,
        *,
        now: Callable[[], datetime] = _now,
        nonce: Callable[[], str] = _nonce,
    ) -> None:
        self._door = door
        self._keys = keys
        self._confirmation = confirmation
        self._now = now
        self._nonce = nonce

    async def check(self, resource: str) -> None:
        """Raises what the service has against the account."""
        answer = await self._get(resource)
        if status_of(answer) != OK:
            raise failure(answer, host=self._door.host)

    async def list_credentials(self) -> tuple[Credential, ...]:
        answer = await self._get(_CERTIFICATE)
        if status_of(answer) == NOT_FOUND:
            return ()
        der = self._certificate(answer)
        one_time = self._confirmation.otp is not None
        return (
            Credential(
                id=CREDENTIAL,
                certificate=der,
                confirmation=self._confirmation,
                mechanisms=rsa_with_sha256(der),
                most_hashes=(
                    guesses.SIGNATURES_PER_OTP if one_time else guesses.SIGNATURES_IN_A_ROW
                ),
            ),
        )

    async def describe(self, credential_id: str) -> Credential:
        return named(await self.list_credentials(), credential_id)

    async def send_otp(self, credential: Credential) -> None:
        if credential.confirmation.otp is OtpKind.SENT:
            answer = await self._post(guesses.OTP_PATH, guesses.OTP_BODY)
            if status_of(answer) != OK:
                raise failure(answer, host=self._door.host, otp_sent=True)

    async def authorise(
        self,
        credential: Credential,
        items: Sequence[ToSign],
        mechanism: Mechanism,
        *,
        pin: Pin | None,
        otp: Pin | None,
    ) -> Authorisation:
        """Nothing is asked of the service: a one-time password goes with the signing request."""
        erase(pin)
        typed = _typed(otp)
        credential.require(items, mechanism, host=self._door.host)
        if any(hashlib.sha256(item.message).digest() != item.digest for item in items):
            # The service would sign another hash than the user has seen.
            raise UserError("certificate_unsuitable", reason="hash")
        return Authorisation(
            credential=credential, items=tuple(items), mechanism=mechanism, sad=typed
        )

    async def sign_hashes(self, authorisation: Authorisation) -> tuple[bytes, ...] | Pending:
        """One request after another: this API signs one thing at a time."""
        return tuple([await self._signature(authorisation, i) for i in authorisation.items])

    async def poll(self, pending: Pending) -> tuple[bytes, ...] | Pending:
        """Never needed: the service answers at once."""
        del pending
        raise UserError("phone_timeout")

    async def give_up(self, pending: Pending) -> None:
        del pending

    async def cms(self, digest: bytes, *, otp: Pin | None = None) -> bytes:
        """A CMS SignedData (DER) that the service makes over a SHA-256 digest.

        Raises ServiceError service_malformed for anything else that comes back; what it signs is
        for the caller to verify.
        """
        typed = _typed(otp)
        message = _Hash(base64hash=_text(digest), hashalg=guesses.CMS_HASH)
        answer = await self._post(_CMS, msgspec.json.encode(message), otp=typed)
        der = unbase64(text_of(answer, host=self._door.host, otp_sent=typed is not None))
        if der is None or not _is_signed_data(der):
            raise ServiceError("service_malformed", host=self._door.host)
        return der

    async def _signature(self, authorisation: Authorisation, item: ToSign) -> bytes:
        message = _Raw(payload=_text(item.message), alg=guesses.RAW_ALGORITHM)
        otp = authorisation.sad
        answer = await self._post(_RAW, msgspec.json.encode(message), otp=otp)
        signed = signature(text_of(answer, host=self._door.host, otp_sent=otp is not None))
        if signed is None:
            raise ServiceError("service_malformed", host=self._door.host)
        return signed

    def _certificate(self, answer: Answer) -> bytes:
        """A good answer is the bare base64, without the status that all others have; that it may
        have one in later versions is [U].
        """
        der = None
        if answer.status == _GOOD:
            match status_of(answer):
                case None:
                    der = certificate(bare_text(answer))
                case 0:
                    der = certificate(text_of(answer, host=self._door.host))
        if der is None:
            raise failure(answer, host=self._door.host)
        return der

    async def _get(self, resource: str) -> Answer:
        request = Request(method="GET", base=self._door.base, resource=resource)
        return await self._door.get(resource, headers=self._signed(request))

    async def _post(self, resource: str, body: bytes, *, otp: Secret | None = None) -> Answer:
        request = Request(
            method="POST", base=self._door.base, resource=resource, content_type=_JSON, body=body
        )
        extra = {guesses.OTP_HEADER: otp.reveal()} if otp is not None else {}
        return await self._door.post(
            resource, body, headers={**self._signed(request), **extra}, content_type=_JSON
        )

    def _signed(self, request: Request) -> Mapping[str, str]:
        return headers(request, self._keys, Moment(at=self._now(), nonce=self._nonce()))


def _typed(otp: Pin | None) -> Secret | None:
    """As a header takes it. Raises UserError otp_incorrect for what can be none."""
    if otp is None:
        return None
    value = otp.consume()
    try:
        text = value.decode("ascii", errors="replace").strip()
    finally:
        wipe(value)
    if not 0 < len(text) <= _MOST_OTP_CHARS or not _OTP_LETTERS.issuperset(text):
        raise UserError("otp_incorrect")
    return Secret(text)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _is_signed_data(der: bytes) -> bool:
    try:
        content = cms.ContentInfo.load(der, strict=True)
        return bool(
            content["content_type"].native == "signed_data" and content["content"]["signer_infos"]
        )
    # asn1crypto fails in many ways on hostile bytes; whichever it was, this is no CMS.
    except Exception:  # noqa: BLE001
        return False
