"""The port's verbs over one bearer token."""

import base64
import secrets
import string
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import msgspec

from agent.certificates.describe import describe
from agent.errors import AgentError, ServiceError, UserError
from agent.hsm.api import ToSign
from agent.hsm.document_names import plain, summary
from agent.hsm.door import Answer, Door
from agent.hsm.encoded import certificate, rsa_with_sha256, signature
from agent.hsm.mysign import messages as m
from agent.hsm.mysign.failures import DONE, PATIENT, failure, number
from agent.hsm.phone import Waiting
from agent.hsm.provider import Authorisation, Credential, Pending, named
from agent.keys import Confirmation, Mechanism
from agent.pin import Pin, erase
from agent.secret import Secret

T = TypeVar("T")

_CERTIFICATES: Final = "/vtss/service/certificates/info"
_SIGN: Final = "/vtss/service/signHash"
_STATUS: Final = "/vtss/service/requests/status"

_SHA256: Final = "2.16.840.1.101.3.4.2.1"
_RSA: Final = "1.2.840.113549.1.1.1"
_RSA_WITH_SHA256: Final = "1.2.840.113549.1.1.11"
_POLLED: Final = 1  # of `async`: answered at once, with a transaction to ask for

#: The service waits two minutes, and is asked every two seconds, as its description advises.
_SECONDS: Final = 120.0
_POLL_AFTER: Final = 2.0
_MOST_HASHES: Final = 100
#: Base64 of names and of the description stays below 100 characters.
_MOST_NAME_CHARS: Final = 72
_TOKEN_LETTERS: Final = frozenset(string.ascii_letters + string.digits + "-._~+/=")


class MySignSession:
    def __init__(self, door: Door, account: m.Login, token: Secret) -> None:
        """Raises ServiceError service_malformed for what can be no token (RFC 6750 §2.1)."""
        if not _TOKEN_LETTERS.issuperset(token.reveal()):
            raise ServiceError("service_malformed", host=door.host)
        self._door = door
        self._account = account
        self._token = token
        self._waiting = Waiting(seconds=_SECONDS, poll_after=_POLL_AFTER)

    async def list_credentials(self) -> tuple[Credential, ...]:
        """Those whose certificate can be read; with the others nobody can sign."""
        request = m.CertificatesRequest(**msgspec.structs.asdict(self._account))
        infos: tuple[m.Info, ...] = self._good(await self._post(_CERTIFICATES, request), m.Infos)
        found = [_credential(info) for info in infos]
        return tuple(credential for credential in found if credential is not None)

    async def describe(self, credential_id: str) -> Credential:
        return named(await self.list_credentials(), credential_id)

    async def send_otp(self, credential: Credential) -> None:
        """The app asks for everything."""

    async def authorise(
        self,
        credential: Credential,
        items: Sequence[ToSign],
        mechanism: Mechanism,
        *,
        pin: Pin | None,
        otp: Pin | None,
    ) -> Authorisation:
        """Nothing is asked yet: here, to sign is to ask."""
        erase(pin, otp)
        credential.require(items, mechanism, host=self._door.host)
        return Authorisation(credential=credential, items=tuple(items), mechanism=mechanism)

    async def sign_hashes(self, authorisation: Authorisation) -> tuple[bytes, ...] | Pending:
        items = authorisation.items
        description = plain(summary(items, most=_MOST_NAME_CHARS), most=_MOST_NAME_CHARS)
        request = m.SignRequest(
            client_id=self._account.client_id,
            client_secret=self._account.client_secret,
            credentialID=authorisation.credential.id,
            numSignatures=len(items),
            documents=tuple(_document(item) for item in items),
            hash=tuple(_text(item.digest) for item in items),
            hashAlgo=_SHA256,
            signAlgo=_RSA,
            description=_text(description.encode("ascii")),
            async_=_POLLED,
        )
        outcome = self._outcome(await self._post(_SIGN, request), authorisation)
        if outcome.signatures:
            return self._signatures(outcome.signatures, authorisation)
        if not outcome.transactionId:
            raise self._malformed()
        return self._waiting.begin(outcome.transactionId, authorisation)

    async def poll(self, pending: Pending) -> tuple[bytes, ...] | Pending:
        waited = self._waiting.of(pending)
        request = m.StatusRequest(transactionId=waited.handle)
        outcome = self._outcome(await self._post(_STATUS, request), waited.authorisation)
        if number(outcome.status) in PATIENT:
            return self._waiting.still(pending)
        if number(outcome.status) != DONE:
            raise self._malformed()
        self._waiting.end(pending)
        return self._signatures(outcome.signatures or (), waited.authorisation)

    async def give_up(self, pending: Pending) -> None:
        """There is no way to take a request back; at the service it ends by itself."""
        self._waiting.end(pending)

    async def _post(self, path: str, message: msgspec.Struct) -> Answer:
        return await self._door.post(
            path,
            msgspec.json.encode(message),
            headers={"Authorization": f"Bearer {self._token.reveal()}"},
        )

    def _outcome(self, answer: Answer, authorisation: Authorisation) -> m.Outcome:
        error = failure(answer, host=self._door.host)
        if error is not None:
            raise _dated(error, authorisation.credential)
        return answer.read(m.Outcome)

    def _good(self, answer: Answer, kind: Any) -> Any:
        error = failure(answer, host=self._door.host)
        if error is not None:
            raise error
        return answer.read(kind)

    def _signatures(self, texts: Sequence[str], authorisation: Authorisation) -> tuple[bytes, ...]:
        found = tuple(raw for raw in map(signature, texts) if raw is not None)
        if not len(found) == len(texts) == len(authorisation.items):
            raise self._malformed()
        return found

    def _malformed(self) -> ServiceError:
        return ServiceError("service_malformed", host=self._door.host)


def _credential(said: m.Info) -> Credential | None:
    texts = said.cert.certificates or ()
    der = certificate(texts[0]) if texts else None
    if der is None or not said.credential_id:
        return None
    suits = not {_RSA, _RSA_WITH_SHA256}.isdisjoint(said.key.algo)
    return Credential(
        id=said.credential_id,
        certificate=der,
        chain=tuple(above for above in map(certificate, texts[1:]) if above is not None),
        enabled=(said.key.status or "enabled").casefold() == "enabled"
        and (said.cert.status or "valid").casefold() == "valid",
        confirmation=Confirmation(phone=True),
        mechanisms=rsa_with_sha256(der) if suits else frozenset(),
        most_hashes=min(max(number(said.multisign) or 1, 1), _MOST_HASHES),
    )


def _dated(error: AgentError, credential: Credential) -> AgentError:
    """One number stands for expired and for revoked; the certificate tells them apart."""
    if error.code == "certificate_revoked":
        ended = describe(credential.certificate).not_after < datetime.now(UTC)
        return UserError("certificate_expired") if ended else error
    return error


def _document(item: ToSign) -> m.Document:
    name = plain(item.name, most=_MOST_NAME_CHARS)
    return m.Document(document_id=secrets.token_hex(8), document_name=_text(name.encode("ascii")))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
