"""What the host and a worker say to each other: a closed set of messages, plain data.

A frame is four bytes of length (big-endian) and that many bytes of msgpack. The host asks one
question at a time; each answer carries the number of its question, so a worker that is one answer
behind is noticed. A PIN is never a field of a message: `Login.pin_follows` announces one raw frame
that holds nothing but the PIN, which both sides overwrite as soon as it has been handed on.
"""

from struct import Struct as Layout

import msgspec

from agent.keys import KeyType, Mechanism, PinState

#: A token with forty certificates of 4 KB and their keys stays well below this.
MAX_FRAME = 1 << 20
MAX_PIN = 255
#: Raised whenever a message changes: host and worker of different versions must not talk.
VERSION = 1

HEADER = Layout(">I")


class Garbled(ValueError):  # noqa: N818 (it reads as what happened)
    """The other side sent something that is not a message of this set."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class _Message(_Part, frozen=True, kw_only=True, tag=True):
    pass


class TokenRef(_Part, frozen=True, kw_only=True):
    """Which token is meant: what C_GetTokenInfo says of it, and the slot it was last seen in."""

    slot: int
    label: str
    manufacturer: str
    model: str
    serial: str

    def same_token(self, other: "TokenRef") -> bool:
        """Whether both are one token, in whichever slot."""
        return self.identity == other.identity

    @property
    def identity(self) -> tuple[str, str, str, str]:
        return (self.manufacturer, self.model, self.serial, self.label)


class KeyRef(_Part, frozen=True, kw_only=True):
    """How to find a private key after login: its CKA_ID, and the public half as a check.

    `public` is the RSA modulus (big-endian, no leading zero) or the uncompressed EC point.
    """

    key_id: bytes
    key_type: KeyType
    public: bytes


class KeyObject(_Part, frozen=True, kw_only=True):
    """A public or private key object as far as it can be read; `public` is b"" if it cannot."""

    key_id: bytes
    key_type: KeyType | None
    public: bytes = b""
    always_authenticate: bool = False


class CertificateObject(_Part, frozen=True, kw_only=True):
    key_id: bytes
    der: bytes


class Slot(_Part, frozen=True, kw_only=True):
    """A token and what a session without login sees on it."""

    token: TokenRef
    reader: str
    pin: PinState
    certificates: tuple[CertificateObject, ...] = ()
    public_keys: tuple[KeyObject, ...] = ()
    private_keys: tuple[KeyObject, ...] = ()
    #: The name of the CKR_* that ended the reading early, or "".
    trouble: str = ""


# What the host asks.


class Scan(_Message, frozen=True, kw_only=True):
    """Look at all slots and read what is on their tokens."""


class Poll(_Message, frozen=True, kw_only=True):
    """Look only whether tokens came or went; cheap."""


class ReadPin(_Message, frozen=True, kw_only=True):
    """The PIN flags, afresh from the device."""

    token: TokenRef


class Login(_Message, frozen=True, kw_only=True):
    """Log in to the token for one key; ends an earlier login to the same token."""

    token: TokenRef
    key: KeyRef
    pin_follows: bool


class Sign(_Message, frozen=True, kw_only=True):
    token: TokenRef
    mechanism: Mechanism
    digest: bytes


class Logout(_Message, frozen=True, kw_only=True):
    """Log out and close the session; never fails."""

    token: TokenRef


Call = Scan | Poll | ReadPin | Login | Sign | Logout


# What the worker answers.


class Ready(_Message, frozen=True, kw_only=True):
    """The first frame of a worker: its module is loaded and initialised."""

    version: int


class Unloadable(_Message, frozen=True, kw_only=True):
    """The first and last frame of a worker that cannot load its module."""

    reason: str


class Scanned(_Message, frozen=True, kw_only=True):
    slots: tuple[Slot, ...]
    #: All tokens present, also those that are left out of `slots`; what `Poll` is compared with.
    tokens: tuple[TokenRef, ...]
    #: Descriptions of all slots, also of those without a token; PC/SC modules name readers here.
    readers: tuple[str, ...]


class Polled(_Message, frozen=True, kw_only=True):
    tokens: tuple[TokenRef, ...]


class PinRead(_Message, frozen=True, kw_only=True):
    pin: PinState


class LoggedIn(_Message, frozen=True, kw_only=True):
    always_authenticate: bool


class Signed(_Message, frozen=True, kw_only=True):
    signature: bytes


class LoggedOut(_Message, frozen=True, kw_only=True):
    pass


class Failed(_Message, frozen=True, kw_only=True):
    """The module refused. `code` is one of protocol/schema/errors.json."""

    code: str
    #: For the log and the diagnostics: "CKR_DEVICE_REMOVED in C_Sign".
    reason: str
    #: The flags as read after a refused login, if they could be read.
    pin: PinState | None = None


Reply = Ready | Unloadable | Scanned | Polled | PinRead | LoggedIn | Signed | LoggedOut | Failed


class Question(_Part, frozen=True, kw_only=True):
    number: int
    call: Call


class Answer(_Part, frozen=True, kw_only=True):
    """`number` is that of the question; 0 for the first frame of a worker."""

    number: int
    reply: Reply


_encoder = msgspec.msgpack.Encoder()
_questions = msgspec.msgpack.Decoder(Question)
_answers = msgspec.msgpack.Decoder(Answer)


def frame(message: Question | Answer) -> bytes:
    """The message with its length before it. Raises ValueError above MAX_FRAME."""
    body = _encoder.encode(message)
    if len(body) > MAX_FRAME:
        raise ValueError(f"a frame of {len(body)} bytes")
    return HEADER.pack(len(body)) + body


def pin_frame(pin: bytearray) -> bytearray:
    """The PIN with its length before it; the caller overwrites both."""
    if len(pin) > MAX_PIN:
        raise ValueError("a PIN of more than 255 bytes")
    framed = bytearray(HEADER.size + len(pin))
    HEADER.pack_into(framed, 0, len(pin))
    framed[HEADER.size :] = pin
    return framed


def frame_length(header: bytes | bytearray, *, limit: int = MAX_FRAME) -> int:
    """The length a header announces. Raises Garbled above the limit."""
    (length,) = HEADER.unpack(header)
    if length > limit:
        raise Garbled(f"a frame of {length} bytes is announced")
    return int(length)


def read_question(body: bytes | bytearray) -> Question:
    """Raises Garbled."""
    try:
        return _questions.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Garbled(str(error)) from error


def read_answer(body: bytes) -> Answer:
    """Raises Garbled."""
    try:
        return _answers.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Garbled(str(error)) from error
