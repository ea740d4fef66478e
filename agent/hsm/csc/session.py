"""The port's verbs over a signed-in conversation, in whichever version the service speaks."""

import base64
import secrets
from collections.abc import Sequence
from typing import Final, assert_never

from agent.errors import UserError
from agent.hsm.api import ToSign
from agent.hsm.csc.algorithms import HASHES, SCHEMES, algorithm
from agent.hsm.csc.catalogue import Catalogue
from agent.hsm.csc.details import Details
from agent.hsm.csc.dialect import Call, Dialect, Leave
from agent.hsm.csc.failures import Step
from agent.hsm.csc.messages import TimestampReply, TimestampRequest
from agent.hsm.csc.permission import Permission
from agent.hsm.csc.signatures import Signatory, Signatures
from agent.hsm.csc.timestamps import token_for
from agent.hsm.csc.tokens import Tokens
from agent.hsm.csc.waiting import Signing, Thing, Unasked, Underway, Waiting
from agent.hsm.csc.wire import Wire
from agent.hsm.provider import Authorisation, Credential, Pending
from agent.keys import Mechanism
from agent.pin import Pin, erase, wipe

_MOST_DESCRIPTION_CHARS: Final = 500  # 11.6


class CscSession:
    def __init__(
        self, wire: Wire, tokens: Tokens, dialect: Dialect, *, user_id: str | None = None
    ) -> None:
        self._wire = wire
        self._tokens = tokens
        self._dialect = dialect
        self._catalogue = Catalogue(wire, dialect, user_id=user_id)
        self._permission = Permission(wire, dialect)
        self._signatory = Signatory(wire, dialect)
        self._waiting = Waiting()

    async def list_credentials(self) -> tuple[Credential, ...]:
        """Those with a certificate that can be read; with the others nobody can sign."""
        return await self._catalogue.all()

    async def describe(self, credential_id: str) -> Credential:
        return (await self._catalogue.describe(credential_id)).credential

    async def send_otp(self, credential: Credential) -> None:
        call = self._dialect.send_otp(await self._catalogue.details(credential.id))
        answer = await self._wire.do(call, step=Step.OTP)
        if not self._dialect.otp_sent(answer):
            raise UserError("certificate_unsuitable", reason="challenge")

    async def authorise(
        self,
        credential: Credential,
        items: Sequence[ToSign],
        mechanism: Mechanism,
        *,
        pin: Pin | None,
        otp: Pin | None,
    ) -> Authorisation:
        """Where a service of v1 asks its user, nothing goes out yet: the first `poll` asks."""
        try:
            details = await self._catalogue.details(credential.id)
            self._refuse_impossible(details, items, mechanism)
            unasked = Unasked(
                credential=details.credential,
                items=tuple(items),
                mechanism=mechanism,
                leave=_leave(details, items, mechanism, pin=_typed(pin), otp=_typed(otp)),
            )
        finally:
            erase(pin, otp)
        if details.factors.confirmation.phone and not self._dialect.answers_early:
            return unasked
        return await self._permission.ask(unasked)

    async def sign_hashes(self, authorisation: Authorisation) -> Signatures | Pending:
        if isinstance(authorisation, Unasked | Underway):
            return self._waiting.begin(authorisation)
        outcome = await self._sign(authorisation)
        return self._waiting.begin(outcome) if isinstance(outcome, Signing) else outcome

    async def poll(self, pending: Pending) -> Signatures | Pending:
        outcome = await self._proceed(pending, self._waiting.of(pending))
        if isinstance(outcome, tuple):
            self._waiting.end(pending)
            return outcome
        return self._waiting.still(pending, outcome)

    async def give_up(self, pending: Pending) -> None:
        """The API has no way to take a request back; at the service it ends by itself."""
        self._waiting.end(pending)

    async def sign_out(self) -> None:
        """Revoke the tokens as far as the service lets us; the session is over."""
        await self._tokens.revoke()

    async def timestamp(self, digest: bytes) -> bytes:
        """A TimeStampToken (RFC 3161, DER) over a SHA-256, SHA-384 or SHA-512 digest.

        Raises UserError certificate_unsuitable where the service offers none; ServiceError
        service_malformed for a token that is for anything else.
        """
        method = "signatures/timestamp"
        if not self._wire.offers(method):
            raise UserError("certificate_unsuitable", reason="timestamp")
        # Never with a leading zero: services differ in whether they drop it.
        nonce = secrets.randbits(62) | 1 << 62
        request = TimestampRequest(
            hash=base64.b64encode(digest).decode("ascii"),
            hash_algo=HASHES[len(digest)],
            nonce=f"{nonce:x}",
        )
        answer = await self._wire.do(Call(method=method, message=request), step=Step.OTHER)
        token = token_for(answer.read(TimestampReply).timestamp, digest=digest, nonce=nonce)
        if token is None:
            raise self._wire.refusal("service_malformed")
        return token

    def _refuse_impossible(
        self, details: Details, items: Sequence[ToSign], mechanism: Mechanism
    ) -> None:
        """Before any secret goes out for nothing."""
        if not details.credential.enabled or algorithm(mechanism, details.algos) is None:
            raise UserError("certificate_unsuitable", reason="mechanism")
        if len(items) > details.credential.most_hashes:
            raise self._wire.refusal("service_batch")

    async def _proceed(self, pending: Pending, thing: Thing) -> Signatures | Thing:
        match thing:
            case Signing():
                return await self._signatory.collect(thing)
            case Unasked():
                authorisation = await self._permission.ask(thing)
            case Underway():
                authorisation = await self._permission.check(thing)
            case _:
                assert_never(thing)
        if isinstance(authorisation, Underway):
            return authorisation
        self._waiting.spend(pending)
        return await self._sign(authorisation)

    async def _sign(self, authorisation: Authorisation) -> Signatures | Signing:
        details = await self._catalogue.details(authorisation.credential.id)
        return await self._signatory.sign(authorisation, details)


def _leave(
    details: Details,
    items: Sequence[ToSign],
    mechanism: Mechanism,
    *,
    pin: str | None,
    otp: str | None,
) -> Leave:
    names = ", ".join(item.name for item in items)
    return Leave(
        details=details,
        hashes=tuple(base64.b64encode(item.digest).decode("ascii") for item in items),
        hash_algo=SCHEMES[mechanism].hash_algo,
        pin=pin,
        otp=otp,
        description=names[:_MOST_DESCRIPTION_CHARS],
    )


def _typed(secret: Pin | None) -> str | None:
    """What was typed, as the one request needs it; the bytes it came in are overwritten."""
    if secret is None:
        return None
    value = secret.consume()
    try:
        return value.decode("utf-8")
    finally:
        wipe(value)
