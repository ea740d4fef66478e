"""The port's verbs over requests that each carry the account."""

import base64
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, Final, TypeVar

import msgspec

from agent.errors import ServiceError
from agent.hsm.api import ToSign
from agent.hsm.document_names import plain, summary, without_accents
from agent.hsm.door import Answer, Door
from agent.hsm.encoded import certificate, rsa_with_sha256, signature
from agent.hsm.phone import Waiting
from agent.hsm.provider import Authorisation, Credential, Pending, named
from agent.hsm.smartca import messages as m
from agent.hsm.smartca.failures import failure
from agent.hsm.smartca.shapes import Shape
from agent.keys import Confirmation, Mechanism
from agent.pin import Pin, erase

T = TypeVar("T")

_MOST_HASHES: Final = 50
_MOST_NAME_CHARS: Final = 60
_MOST_DESCRIPTION_CHARS: Final = 100
#: What may stand in a path of ours; a stranger chose it.
_TRANSACTION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
#: Kinds of files that the service has names for; it matters to its app alone.
_FILE_TYPES: Final = {
    ".pdf": "pdf",
    ".json": "json",
    ".docx": "office",
    ".xlsx": "office",
    ".pptx": "office",
}
#: Within `cert_status`, without accents: nobody signs with it. "đang hoạt động" is the usual one;
#: what it says of others is [I].
_IDLE: Final = (
    "khong hoat dong",
    "het han",
    "thu hoi",
    "tam",
    "khoa",
    "huy",
    "inactive",
    "expired",
    "revoked",
    "suspended",
    "locked",
)


class SmartCaSession:
    def __init__(self, door: Door, shape: Shape, caller: m.Caller) -> None:
        self._door = door
        self._shape = shape
        self._caller = caller
        self._serials: dict[str, str] = {}  # by credential
        self._waiting = Waiting(seconds=shape.seconds, poll_after=shape.poll_after)

    async def list_credentials(self) -> tuple[Credential, ...]:
        """Those whose certificate can be read; with the others nobody can sign."""
        request = m.CertificatesRequest(transaction_id=str(uuid.uuid4()), **self._account())
        answer = await self._post(self._shape.certificates, request)
        data = self._good(answer, m.CertificatesReply).data
        found = [self._credential(c) for c in (data and data.user_certificates) or ()]
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
        if self._shape.answers_late:
            return self._waiting.begin("", authorisation, poll_after=0.0)
        return await self._ask(authorisation)

    async def poll(self, pending: Pending) -> tuple[bytes, ...] | Pending:
        waited = self._waiting.of(pending)
        if not waited.handle:
            self._waiting.end(pending)
            return await self._ask(waited.authorisation)
        answer = await self._post(self._shape.status.format(waited.handle), self._caller)
        outcome = self._good(answer, m.SignReply, asked=True).data
        signatures = self._signatures(outcome, waited.authorisation)
        if signatures is None:
            return self._waiting.still(pending)
        self._waiting.end(pending)
        return signatures

    async def give_up(self, pending: Pending) -> None:
        """There is no way to take a request back; at the service it ends by itself."""
        self._waiting.end(pending)

    async def _ask(self, authorisation: Authorisation) -> tuple[bytes, ...] | Pending:
        late = self._shape.answers_late
        request = self._request(authorisation)
        answer = await self._post(
            self._shape.sign, request, seconds=self._shape.seconds if late else None
        )
        outcome = self._good(answer, m.SignReply, asked=late).data
        signatures = self._signatures(outcome, authorisation)
        if signatures is not None:
            return signatures
        handle = (outcome and outcome.transaction_id) or request.transaction_id
        if not _TRANSACTION.fullmatch(handle):
            raise self._malformed()
        return self._waiting.begin(handle, authorisation)

    def _request(self, authorisation: Authorisation) -> m.SignRequest:
        items = authorisation.items
        return m.SignRequest(
            **self._account(),
            transaction_id=str(uuid.uuid4()),
            transaction_desc=summary(items, most=_MOST_DESCRIPTION_CHARS),
            serial_number=self._serials.get(authorisation.credential.id, ""),
            time_stamp=datetime.now(UTC).strftime("%Y%m%d%H%M%SZ"),
            sign_files=tuple(
                m.SignFile(
                    data_to_be_signed=self._hash(item.digest),
                    doc_id=_doc_id(place, item),
                    file_type=_FILE_TYPES.get(PurePath(item.name).suffix.casefold(), "xml"),
                )
                for place, item in enumerate(items)
            ),
        )

    def _signatures(
        self, outcome: m.Outcome | None, authorisation: Authorisation
    ) -> tuple[bytes, ...] | None:
        """In the items' order; None before there are any. Some are not enough."""
        signed = (outcome and (outcome.signatures or outcome.signed_files)) or ()
        if not signed:
            return None
        by_document = {s.doc_id: signature(s.signature_value) for s in signed}
        found = [by_document.get(_doc_id(n, i)) for n, i in enumerate(authorisation.items)]
        whole = tuple(raw for raw in found if raw is not None)
        if len(whole) != len(found) or len(signed) != len(found):
            raise self._malformed()
        return whole

    def _credential(self, said: m.UserCertificate) -> Credential | None:
        der = certificate(said.cert_data)
        name = said.cert_id or said.serial_number
        if der is None or not name:
            return None
        self._serials[name] = said.serial_number
        chain = said.chain_data or m.Chain()
        above = [certificate(text) for text in (chain.ca_cert, chain.root_cert) if text]
        return Credential(
            id=name,
            certificate=der,
            chain=tuple(authority for authority in above if authority is not None),
            enabled=not any(
                word in without_accents(said.cert_status or "").casefold() for word in _IDLE
            ),
            confirmation=Confirmation(phone=True),
            mechanisms=rsa_with_sha256(der),
            most_hashes=_MOST_HASHES,
        )

    def _hash(self, digest: bytes) -> str:
        if self._shape.hash == "hex":
            return digest.hex()
        return base64.b64encode(digest).decode("ascii")

    def _account(self) -> dict[str, Any]:
        return msgspec.structs.asdict(self._caller)

    async def _post(
        self, path: str, message: msgspec.Struct, *, seconds: float | None = None
    ) -> Answer:
        body = msgspec.json.encode(message)
        if seconds is None:
            return await self._door.post(path, body)
        return await self._door.post(path, body, seconds=seconds)

    def _good(self, answer: Answer, kind: type[T], *, asked: bool = False) -> T:
        error = failure(answer, host=self._door.host, asked=asked)
        if error is not None:
            raise error
        return answer.read(kind)

    def _malformed(self) -> ServiceError:
        return ServiceError("service_malformed", host=self._door.host)


def _doc_id(place: int, item: ToSign) -> str:
    """Unlike any other in the request, and to be recognised by people: the app shows it."""
    return f"{place + 1}-{plain(item.name, most=_MOST_NAME_CHARS, marks='_-.')}"
