"""Messages of v2.0.0.2 alone."""

from typing import Annotated

from msgspec import Meta, field

from agent.hsm.csc.messages import Cert, Count, Id, Key, Page, Word
from agent.hsm.csc.naming import Reply, Request


class ListRequest(Request, frozen=True, kw_only=True):
    """11.4. Not `onlyValid`: what is expired or revoked is shown with the reason, as a token's."""

    user_id: str | None = None
    credential_info: bool
    certificates: str  # "chain"
    auth_info: bool
    page_token: str | None = None  # v1's; some services of v2 have kept it


class InfoRequest(Request, frozen=True, kw_only=True):
    """11.5."""

    credential_id: str
    certificates: str  # "chain"
    auth_info: bool


class AuthObject(Reply, frozen=True, kw_only=True):
    """8.3.1: Password, PasswordOOB, ChallengeResponse, ChallengeResponseOOB."""

    type: Word
    id: Id
    generator: Word | None = None
    label: Word | None = None


class Auth(Reply, frozen=True, kw_only=True):
    mode: Word
    expression: Word | None = None
    objects: Annotated[tuple[AuthObject, ...], Meta(max_length=16)] | None = None


class Credential(Reply, frozen=True, kw_only=True):
    """11.5."""

    key: Key
    cert: Cert = Cert()
    auth: Auth
    scal: Count | None = field(default=None, name="SCAL")
    multisign: Count = 1


class ListedCredential(Credential, frozen=True, kw_only=True):
    """11.4: the same, named."""

    credential_id: Id


class List(Page, frozen=True, kw_only=True):
    credential_infos: Annotated[tuple[ListedCredential, ...], Meta(max_length=1024)] | None = None


class ChallengeRequest(Request, frozen=True, kw_only=True):
    """11.8."""

    credential_id: str
    auth_object_id: str


class Challenge(Reply, frozen=True, kw_only=True):
    challenge: Word = ""


class AuthData(Request, frozen=True, kw_only=True):
    """8.3.1; no value where the answer goes another way."""

    id: str
    value: str | None = None


class AuthoriseRequest(Request, frozen=True, kw_only=True):
    """11.6."""

    credential_id: str
    num_signatures: int
    hashes: tuple[str, ...] | None = None
    hash_algorithm_oid: str | None = None
    auth_data: tuple[AuthData, ...]
    description: str | None = None


class CheckRequest(Request, frozen=True, kw_only=True):
    """11.7."""

    handle: str


class SignRequest(Request, frozen=True, kw_only=True):
    """11.10."""

    credential_id: str
    sad: str | None = None
    hashes: tuple[str, ...]
    hash_algorithm_oid: str
    sign_algo: str
    sign_algo_params: str | None = None
    operation_mode: str | None = None  # "A": do not keep us waiting


class PollRequest(Request, frozen=True, kw_only=True):
    """11.12. 2.0.0.2 calls it `requestID`, other texts as it was given, `responseID`: both go."""

    request_id: str
    response_id: str
