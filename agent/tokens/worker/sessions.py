"""Logging in and signing, with the order of steps that keeps a PIN and a card from harm.

1. Before a PIN is used the slots are looked at afresh and the token is compared: after a swap a
   module may still tell the former holder's name, and the PIN would cost the new card a try.
2. A PIN goes to C_Login once. Whatever is answered, it is not sent again; it is overwritten.
   (After CKR_USER_ALREADY_LOGGED_IN, where it was not looked at, it goes once more.)
3. After any failure that may mean a removal all sessions of the slot are closed and the slots are
   looked at afresh; the answer is `token_removed`, `token_changed` or `token_failed`.
4. A login lost on the way (another program touched the card) is `token_busy`: the user is asked.
5. A key with CKA_ALWAYS_AUTHENTICATE gets a login of its own between C_SignInit and C_Sign, with
   the PIN that has just been proved right, on the token compared once more; it serves one
   signature and is overwritten.
"""

from contextlib import suppress
from dataclasses import dataclass, field

from agent.keys import KeyType, Mechanism, PinState
from agent.pin import wipe
from agent.tokens.calls import (
    Failed,
    KeyRef,
    LoggedIn,
    LoggedOut,
    Login,
    PinRead,
    Sign,
    Signed,
    TokenRef,
)
from agent.tokens.mechanisms import SCHEMES, finished, to_be_signed
from agent.tokens.worker import cryptoki, verdicts
from agent.tokens.worker.cryptoki import Cryptoki, CryptokiError, Token
from agent.tokens.worker.scan import Absence, find_token, key_type, public_part


class Refusal(Exception):  # noqa: N818 (an answer, not an error of ours)
    """Carries the answer to the host."""

    def __init__(self, code: str, reason: str, pin: PinState | None = None) -> None:
        super().__init__(reason)
        self.failed = Failed(code=code, reason=reason, pin=pin)


@dataclass(slots=True, kw_only=True)
class _Session:
    """One login: the PKCS#11 session, the key found in it, and what one signature may need."""

    slot: int
    handle: int
    key: int
    ref: KeyRef
    always_authenticate: bool
    pin_pad: bool
    context_pin: bytearray = field(default_factory=bytearray, repr=False)


class Sessions:
    """At most one login per token. Methods raise Refusal."""

    def __init__(self, module: Cryptoki) -> None:
        self._module = module
        self._open: dict[TokenRef, _Session] = {}

    def read_pin(self, token: TokenRef) -> PinRead:
        return PinRead(pin=self._locate(token).pin)

    def login(self, call: Login, pin: bytearray) -> LoggedIn:
        """`pin` is overwritten in any case; empty for a PIN pad."""
        try:
            return self._login(call, pin)
        finally:
            wipe(pin)

    def _login(self, call: Login, pin: bytearray) -> LoggedIn:
        token = self._locate(call.token)
        running = self._open.get(call.token)
        if running is not None and token.pin.pin_pad and self._alive(running):
            # The reader asks for the PIN at the signature; asking here too would be once too often.
            return LoggedIn(always_authenticate=running.always_authenticate)
        self.logout(call.token)
        _judge(token.pin, pin)
        session = self._authenticated(token, pin)
        try:
            key = self._find_key(session, call.key)
            always = self._module.always_authenticate(session, key)
        except CryptokiError as error:
            raise self._examined(call.token, token.ref.slot, error) from error
        except Refusal:
            self._close(session)
            raise
        self._open[call.token] = _Session(
            slot=token.ref.slot,
            handle=session,
            key=key,
            ref=call.key,
            always_authenticate=always,
            pin_pad=token.pin.pin_pad,
            context_pin=bytearray(pin) if always else bytearray(),
        )
        return LoggedIn(always_authenticate=always)

    def sign(self, call: Sign) -> Signed:
        session = self._open.get(call.token)
        if session is None:
            raise Refusal("token_busy", "there is no login")
        if SCHEMES[call.mechanism].key_type is not session.ref.key_type:
            raise Refusal("certificate_unsuitable", f"{call.mechanism} with another kind of key")
        data = to_be_signed(call.digest, call.mechanism, public=session.ref.public)
        try:
            self._module.sign_init(
                session.handle,
                session.key,
                _MECHANISMS[call.mechanism],
                digest_bytes=SCHEMES[call.mechanism].digest_bytes,
            )
            if session.always_authenticate:
                self._authenticate_once(call.token, session)
            raw = self._module.sign(session.handle, data)
        except CryptokiError as error:
            raise self._refused(call.token, session, error) from error
        except Refusal:
            self.logout(call.token)
            raise
        try:
            return Signed(signature=finished(raw, call.mechanism, public=session.ref.public))
        except ValueError as error:
            raise Refusal("token_failed", str(error)) from error

    def logout(self, token: TokenRef) -> LoggedOut:
        session = self._open.pop(token, None)
        if session is not None:
            wipe(session.context_pin)
            self._close(session.handle)
        return LoggedOut()

    def _locate(self, wanted: TokenRef) -> Token:
        found = find_token(self._module, wanted)
        if isinstance(found, Token):
            return found
        self.logout(wanted)
        raise Refusal(_ABSENT[found], found.value)

    def _alive(self, session: _Session) -> bool:
        try:
            self._module.key_id(session.handle, session.key)
        except CryptokiError:
            return False
        return True

    def _authenticated(self, token: Token, pin: bytearray) -> int:
        """A fresh session, logged in."""
        slot = token.ref.slot
        argument = None if token.pin.pin_pad else pin
        try:
            session = self._module.open_session(slot)
        except CryptokiError as error:
            raise self._examined(token.ref, slot, error) from error
        try:
            try:
                self._module.login(session, argument)
            except CryptokiError as error:
                if error.code != verdicts.ALREADY_LOGGED_IN:
                    raise
                self._module.logout(session)
                self._module.login(session, argument)
        except CryptokiError as error:
            if error.code in verdicts.LOOK_AGAIN:
                raise self._examined(token.ref, slot, error) from error
            self._close(session)
            raise self._login_refused(token.ref, error) from error
        return session

    def _login_refused(self, token: TokenRef, error: CryptokiError) -> Refusal:
        code = verdicts.LOGIN.get(error.code, "token_failed")
        try:
            flags = self._module.token(token.slot).pin
        except CryptokiError:
            flags = None
        return Refusal(code, str(error), flags)

    def _authenticate_once(self, token: TokenRef, session: _Session) -> None:
        """The login that counts for the signature just begun."""
        pin = None if session.pin_pad else session.context_pin
        if pin is not None and not pin:
            raise Refusal("token_busy", "this key needs a login for each signature")
        # A look at the slots, so that the PIN cannot reach a card that was put in meanwhile; the
        # session of a removed card dies by it.
        self._locate(token)
        try:
            self._module.login(session.handle, pin, context=True)
        except CryptokiError as error:
            if error.code in verdicts.NO_CONTEXT_LOGIN:
                return
            if error.code in verdicts.LOGIN:
                raise self._login_refused(token, error) from error
            raise
        finally:
            wipe(session.context_pin)
            session.context_pin = bytearray()

    def _refused(self, token: TokenRef, session: _Session, error: CryptokiError) -> Refusal:
        if error.code in verdicts.LOOK_AGAIN:
            return self._examined(token, session.slot, error)
        code = verdicts.SIGN.get(error.code, "token_failed")
        if code != "certificate_unsuitable":
            self.logout(token)
        return Refusal(code, str(error))

    def _examined(self, token: TokenRef, slot: int, error: CryptokiError) -> Refusal:
        """Rule 3: what is true after a failure that may be a removal."""
        self.logout(token)
        with suppress(CryptokiError):  # there are none any more, which is what is wanted
            self._module.close_all_sessions(slot)
        try:
            self._locate(token)
        except Refusal as refusal:
            return Refusal(refusal.failed.code, f"{error}; {refusal}")
        return Refusal("token_failed", str(error))

    def _close(self, session: int) -> None:
        for step in (self._module.logout, self._module.close_session):
            try:
                step(session)
            except CryptokiError:
                continue  # the session died with its token

    def _find_key(self, session: int, wanted: KeyRef) -> int:
        """The private key, now that it can be seen. Raises Refusal if there is none."""
        keys = [
            handle
            for handle in self._module.find(session, cryptoki.PRIVATE_KEY)
            if key_type(self._module, session, handle) in {wanted.key_type, None}
        ]
        public = {k: public_part(self._module, session, k, wanted.key_type) for k in keys}
        by_id = [k for k in keys if self._module.key_id(session, k) == wanted.key_id]
        for handle in (*by_id, *keys):
            if public[handle] == wanted.public:
                return handle
        # Most EC keys and some RSA keys do not show their public half; then the CKA_ID decides. An
        # empty one says nothing, unless there is but one key.
        hidden = [k for k in by_id if not public[k]]
        if hidden and (wanted.key_id or len(keys) == 1):
            return hidden[0]
        raise Refusal("certificate_unsuitable", "the certificate's private key is not on the token")


_MECHANISMS: dict[Mechanism, int] = {
    mechanism: (
        cryptoki.ECDSA
        if scheme.key_type is KeyType.EC
        else cryptoki.RSA_PSS
        if scheme.pss
        else cryptoki.RSA_PKCS
    )
    for mechanism, scheme in SCHEMES.items()
}


_ABSENT = {
    Absence.REMOVED: "token_removed",
    Absence.CHANGED: "token_changed",
    Absence.UNREADABLE: "token_failed",
}


def _judge(state: PinState, pin: bytearray) -> None:
    """Refuse what cannot succeed before a try is spent on it."""
    if state.locked:
        raise Refusal("pin_locked", "CKF_USER_PIN_LOCKED", state)
    if state.pin_pad:
        return
    shortest = state.min_length or 1
    longest = state.max_length if state.max_length >= shortest else 0
    if len(pin) < shortest or (longest and len(pin) > longest):
        raise Refusal("pin_length", f"the PIN has {shortest} to {longest or '…'} bytes", state)
