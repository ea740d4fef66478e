"""From question to answer, without pipes: what a test can call in its own process."""

from typing import assert_never

from agent.pin import wipe
from agent.tokens.calls import (
    Call,
    Failed,
    Login,
    Logout,
    Poll,
    ReadPin,
    Reply,
    Scan,
    Sign,
)
from agent.tokens.worker.cryptoki import Cryptoki, CryptokiError
from agent.tokens.worker.scan import poll, scan
from agent.tokens.worker.sessions import Refusal, Sessions


class Service:
    """Answers each call; every answer of the module becomes a reply, never an exception."""

    def __init__(self, module: Cryptoki) -> None:
        self._module = module
        self._sessions = Sessions(module)

    def answer(self, call: Call, pin: bytearray) -> Reply:
        """`pin` belongs to a `Login` (else it is empty) and is overwritten."""
        try:
            return self._answer(call, pin)
        except Refusal as refusal:
            return refusal.failed
        except (CryptokiError, ValueError) as error:
            return Failed(code="token_failed", reason=str(error))
        finally:
            wipe(pin)

    def _answer(self, call: Call, pin: bytearray) -> Reply:
        match call:
            case Scan():
                return scan(self._module)
            case Poll():
                return poll(self._module)
            case ReadPin(token=token):
                return self._sessions.read_pin(token)
            case Login():
                return self._sessions.login(call, pin)
            case Sign():
                return self._sessions.sign(call)
            case Logout(token=token):
                return self._sessions.logout(token)
            case _:
                assert_never(call)
