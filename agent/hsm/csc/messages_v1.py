"""Messages of v1.0.4.0 alone."""

from msgspec import field

from agent.hsm.csc.messages import Cert, Count, Key, Word
from agent.hsm.csc.naming import Reply, Request


class ListRequest(Request, frozen=True, kw_only=True):
    """11.4."""

    user_id: str | None = None
    max_results: int | None = None
    page_token: str | None = None


class InfoRequest(Request, frozen=True, kw_only=True):
    """11.5."""

    credential_id: str
    certificates: str  # "chain"
    auth_info: bool


class Pin(Reply, frozen=True, kw_only=True):
    presence: Word | bool = "false"  # "true", "false", "optional"; a boolean is seen


class Otp(Reply, frozen=True, kw_only=True):
    presence: Word | bool = "false"
    type: Word = "offline"  # "online": sent when credentials/sendOTP asks for it
    label: Word = ""


class Credential(Reply, frozen=True, kw_only=True):
    """11.5."""

    key: Key
    cert: Cert = Cert()
    auth_mode: Word
    scal: Count | None = field(default=None, name="SCAL")
    pin: Pin | None = None
    otp: Otp | None = None
    multisign: Count = 1


class AuthoriseRequest(Request, frozen=True, kw_only=True):
    """11.6."""

    credential_id: str
    num_signatures: int
    hash: tuple[str, ...] | None = None
    pin: str | None = None
    otp: str | None = None
    description: str | None = None


class SignRequest(Request, frozen=True, kw_only=True):
    """11.9, signatures/signHash."""

    credential_id: str
    sad: str | None = None
    hash: tuple[str, ...]
    hash_algo: str
    sign_algo: str
    sign_algo_params: str | None = None
