"""Secrets in the system's keyring: Windows Credential Locker, macOS Keychain, Secret Service.

What it protects against: whoever copies the disk or the user's folders, and other users of the
machine. What it does not: programs of the same user while the keyring is unlocked. On Windows and
Linux any of them can ask for any secret; only macOS asks the user which program may.

A locked keyring shows a dialog and answers when the user has; so every call has a thread of its own
and a time limit. Such a thread cannot be stopped, only left behind: it is a daemon, and therefore
does not keep the agent from ending.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final, TypeVar

from agent.platforms.secrets import SecretStore, SecretsUnavailable

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

_log: Final = logging.getLogger(__name__)

_SERVICE: Final = "OpenKySo"
#: Seconds that the user has to unlock the keyring.
_DIALOG_SECONDS: Final = 60.0
#: `keyring`'s own scale: what is below keeps secrets where anybody can read them, or nowhere.
_LEAST_PRIORITY: Final = 1


class KeyringOrFile:
    """The keyring; or `file` on a machine without one.

    A machine may get a keyring later, or be without one now and then (a session without D-Bus):
    what is in the file is therefore still found, and leaves it when it is next written.
    """

    def __init__(
        self,
        file: SecretStore,
        *,
        find: "Callable[[], KeyringBackend | None] | None" = None,
        seconds: float = _DIALOG_SECONDS,
    ) -> None:
        self._file = file
        self._find = find or usable_keyring
        self._seconds = seconds
        self._told = False

    async def put(self, name: str, secret: str) -> None:
        backend = await self._backend()
        if backend is None:
            await self._file.put(name, secret)
            return
        await self._call(lambda: backend.set_password(_SERVICE, name, secret))
        await self._file.remove(name)

    async def get(self, name: str) -> str | None:
        backend = await self._backend()
        if backend is not None:
            found = await self._call(lambda: backend.get_password(_SERVICE, name))
            if found is not None:
                return found
        return await self._file.get(name)

    async def remove(self, name: str) -> None:
        backend = await self._backend()
        if backend is not None:
            await self._call(lambda: _deleted(backend, name))
        await self._file.remove(name)

    async def _backend(self) -> "KeyringBackend | None":
        """Looked for each time: it may come and go with the session's D-Bus."""
        backend = await self._call(self._find)
        if backend is None and not self._told:
            self._told = True
            _log.warning("this machine has no keyring: secrets are in an encrypted file")
        return backend

    async def _call(self, call: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(self._seconds):
                return await _in_a_thread(call)
        except TimeoutError:
            raise SecretsUnavailable("the keyring does not answer") from None
        except Exception as error:  # noqa: BLE001 - backends fail with KeyringError and much else
            # Its type alone is told: its text may quote what was to be kept.
            _log.warning("the keyring cannot be used: %s", type(error).__name__)
            raise SecretsUnavailable(type(error).__name__) from None


def usable_keyring() -> "KeyringBackend | None":
    """Loads `keyring`, a third of a second at its first use."""
    import keyring

    backend = keyring.get_keyring()
    return backend if backend.priority >= _LEAST_PRIORITY else None


def _deleted(backend: "KeyringBackend", name: str) -> None:
    # Backends differ in what they raise when there is nothing to delete.
    if backend.get_password(_SERVICE, name) is not None:
        backend.delete_password(_SERVICE, name)


async def _in_a_thread(call: Callable[[], T]) -> T:
    outcome: Future[T] = Future()
    # From now on a waiter that gives up does not cancel it, and the thread may end in peace.
    outcome.set_running_or_notify_cancel()

    def run() -> None:
        try:
            outcome.set_result(call())
        except Exception as error:  # noqa: BLE001 - handed to who waits
            outcome.set_exception(error)

    threading.Thread(target=run, name="keyring", daemon=True).start()
    return await asyncio.wrap_future(outcome)
