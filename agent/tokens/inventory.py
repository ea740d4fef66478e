"""All tokens of this machine: the `Tokens` of api.py over one supervised worker per module.

    async with Inventory(modules) as tokens:
        await tokens.refresh()
        async with tokens.open(tokens.certificates()[0].id) as key:
            await key.login(pin)
            signature = await key.sign(digest, Mechanism.RSA_PKCS1_SHA256)

A token that several modules know is shown once, by the first of them. There is one user of a token
at a time: PKCS#11 keeps the login per process, so a second one would sign under the first's PIN.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Never, Self
from weakref import WeakValueDictionary

from agent.changes import Changes
from agent.errors import UserError
from agent.keys import CertificateId, TokenCertificate, TokenId, TokenInfo
from agent.tokens.calls import KeyRef, Slot, TokenRef
from agent.tokens.host import Limits
from agent.tokens.matching import matches
from agent.tokens.modules import Module
from agent.tokens.readers import ReaderWatch
from agent.tokens.session import HostKeySession
from agent.tokens.turns import Turn
from agent.tokens.watch import ModuleWatch


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    certificate: TokenCertificate
    watch: ModuleWatch
    token: TokenRef
    key: KeyRef
    always_authenticate: bool


class Inventory:
    """Use as an asynchronous context; the order of `modules` is that of their precedence."""

    def __init__(self, modules: Sequence[Module], *, limits: Limits | None = None) -> None:
        self._readers = ReaderWatch(self._wake)
        self._watches = [
            ModuleWatch(
                module,
                on_change=self._take_stock,
                reader_names=self._readers.names,
                limits=limits,
            )
            for module in modules
        ]
        self._tokens: tuple[TokenInfo, ...] = ()
        self._entries: dict[CertificateId, _Entry] = {}
        self._changes = Changes()
        self._turns: WeakValueDictionary[TokenId, Turn] = WeakValueDictionary()
        self._tasks = asyncio.TaskGroup()
        self._running: list[asyncio.Task[Never]] = []

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        runs = [self._readers.run(), *(watch.run() for watch in self._watches)]
        self._running = [self._tasks.create_task(run) for run in runs]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._running:
            task.cancel()
        # Without the body's exception, which would come out wrapped in a group.
        await self._tasks.__aexit__(None, None, None)

    def tokens(self) -> tuple[TokenInfo, ...]:
        return self._tokens

    def certificates(self) -> tuple[TokenCertificate, ...]:
        return tuple(entry.certificate for entry in self._entries.values())

    def changes(self) -> AsyncIterator[None]:
        """What happens from this call on is not missed; several changes may come as one."""
        return self._changes.follow()

    async def refresh(self) -> None:
        """Look at all devices now; raises nothing, what fails is in `troubles`.

        Certificates that another program writes to a token that stays plugged in are seen only so.
        """
        async with asyncio.TaskGroup() as tasks:
            for watch in self._watches:
                tasks.create_task(watch.look_again())

    def troubles(self) -> dict[str, str]:
        """For the diagnostics: the path of each module that fails, and how."""
        return {str(w.module.path): w.host.trouble for w in self._watches if w.host.trouble}

    @asynccontextmanager
    async def open(
        self, certificate: CertificateId, *, for_long: bool = False
    ) -> AsyncIterator[HostKeySession]:
        entry = self._entries.get(certificate)
        if entry is None:
            raise UserError("certificate_not_found")
        token = entry.certificate.token.id
        turn = self._turns.setdefault(token, Turn())
        async with turn.taken(for_long=for_long):
            session = HostKeySession(
                entry.watch.host,
                entry.token,
                entry.key,
                always_authenticate=entry.always_authenticate,
                on_refused=entry.watch.rescan,
            )
            try:
                yield session
            finally:
                session.end()

    def _wake(self) -> None:
        for watch in self._watches:
            watch.wake()

    def _take_stock(self) -> None:
        tokens: dict[TokenId, TokenInfo] = {}
        entries: dict[CertificateId, _Entry] = {}
        readers: set[str] = set()
        for watch in self._watches:
            seen = set(readers)
            for slot in watch.slots:
                info = _token_info(slot, watch.module)
                own = list(_entries(slot, info, watch))
                new = [entry for entry in own if entry.certificate.id not in entries]
                if not new and (own or slot.reader in seen):
                    continue  # an earlier module shows this token
                readers.add(slot.reader)
                tokens.setdefault(info.id, info)
                entries |= {entry.certificate.id: entry for entry in new}
        before = (self._tokens, self.certificates())
        self._tokens = tuple(tokens.values())
        self._entries = entries
        if before != (self._tokens, self.certificates()):
            self._changes.tell()


def _token_info(slot: Slot, module: Module) -> TokenInfo:
    token = slot.token
    identity = (module.path.name, token.manufacturer, token.model, token.serial, token.label)
    digest = hashlib.sha256("\0".join(identity).encode()).hexdigest()
    return TokenInfo(
        id=TokenId(digest[:32]),
        label=token.label,
        manufacturer=token.manufacturer,
        model=token.model,
        serial=token.serial,
        reader=slot.reader,
        module=module.path.name,
        pin=slot.pin,
    )


def _entries(slot: Slot, info: TokenInfo, watch: ModuleWatch) -> Iterator[_Entry]:
    for match in matches(slot):
        certificate = TokenCertificate(
            id=CertificateId(hashlib.sha256(match.der).hexdigest()),
            der=match.der,
            token=info,
            key_type=match.key.key_type,
            key_bits=match.key_bits,
        )
        yield _Entry(
            certificate=certificate,
            watch=watch,
            token=slot.token,
            key=match.key,
            always_authenticate=match.always_authenticate,
        )
