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


def _place(error: Exception) -> str:
    """What went wrong and where, without the message, which may quote anything."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    code = last.tb_frame.f_code if last else None
    return f"{type(error).__name__} in {code.co_qualname if code else '?'}"


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
        except CryptokiError as error:
            return Failed(code="token_failed", reason=str(error))
        except Exception as error:  # noqa: BLE001 (our own mistake: its place is told, no values)
            return Failed(code="internal_error", reason=_place(error))
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
