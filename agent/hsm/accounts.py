"""The accounts at signing services, and what they hold: implements `Services`.

    records     what is remembered, in a file that `kyso-agent accounts` writes, too
    passwords   what signs in, in the keyring
    asking      what a service is asked for one account, and what is believed of its answer

While the agent runs, one task looks whether another program changed the file, and has each account
asked at the start, twice a day, and sooner after a failure that may pass. A password that was
refused is not offered again by itself: services lock accounts for that.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final, Never, Self

import msgspec

from agent.changes import Changes
from agent.errors import AgentError, UserError
from agent.hsm.api import Account, AccountOrder, Found, ProviderInfo
from agent.hsm.asking import Asker
from agent.hsm.key import KeyAtService
from agent.hsm.passwords import Passwords
from agent.hsm.provider import Login
from agent.hsm.records import Held, Record, Records, Stamp
from agent.keys import AccountId, CertificateId, ServiceCertificate, ServiceInfo

_log: Final = logging.getLogger(__name__)

#: Only the user can mend these; until then each further try may lock the account.
_LEFT_ALONE: Final = frozenset({"account_refused", "account_blocked", "account_unknown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often the task of a running agent does what."""

    first: timedelta = timedelta(seconds=3)  # after the start, which others need the machine for
    look: timedelta = timedelta(seconds=2)  # at the file: one call of stat(2)
    again: timedelta = timedelta(hours=12)
    after_failure: timedelta = timedelta(minutes=15)


class Accounts:
    """Use as an asynchronous context. Without `pace` nothing happens by itself."""

    def __init__(
        self,
        *,
        asker: Asker,
        records: Records,
        passwords: Passwords,
        pace: Pace | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._asker = asker
        self._file = records
        self._passwords = passwords
        self._pace = pace
        self._clock = clock
        self._began = clock()
        self._records: Mapping[str, Record] = {}
        self._stamp: Stamp = None
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._changes = Changes()
        self._tasks = asyncio.TaskGroup()
        self._watching: asyncio.Task[Never] | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._reload()
        except OSError:
            # Who signs with a token needs no account; the task looks again, and says it.
            if self._pace is None:
                raise
        await self._tasks.__aenter__()
        if self._pace is not None:
            self._watching = self._tasks.create_task(self._watch(self._pace))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in (self._watching, *self._asking.values()):
            if task is not None:
                task.cancel()
        try:
            # Without the body's exception, which would come out wrapped in a group.
            await self._tasks.__aexit__(None, None, None)
        finally:
            await self._asker.close()

    def providers(self) -> tuple[ProviderInfo, ...]:
        return self._asker.kinds.infos()

    def accounts(self) -> tuple[Account, ...]:
        return tuple(record.account for record in self._records.values())

    def certificates(self) -> tuple[ServiceCertificate, ...]:
        return tuple(found for found, _ in self._by_certificate().values())

    def changes(self) -> AsyncIterator[None]:
        """What happens from this call on is not missed; several changes may come as one."""
        return self._changes.follow()

    async def refresh(self, account: AccountId | None = None) -> None:
        if account is not None and account not in self._records:
            raise UserError("account_unknown")
        asked = tuple(self._records) if account is None else (account,)
        await asyncio.gather(*(asyncio.shield(self._begin(each)) for each in asked))

    async def look(self, order: AccountOrder) -> Found:
        order = replace(order, name=order.name.strip())
        kind, door, held = await self._asker.look(order)
        service = ServiceInfo(
            account=_id(kind.info.id, door.host, order.name),
            provider=kind.info.id,
            provider_name=kind.info.name,
            host=door.host,
            name=order.name,
        )
        return Found(
            provider=kind.info,
            host=door.host,
            certificates=tuple(each.certificate(service) for each in held),
            order=replace(order, host=door.base, provider=kind.info.id),
        )

    async def keep(self, found: Found) -> Account:
        order = found.order
        record = Record(
            id=_id(found.provider.id, found.host, order.name),
            provider=found.provider.id,
            provider_name=found.provider.name,
            base=order.host,
            host=found.host,
            name=order.name,
            fields=_fields(found, secret=False),
            certificates=tuple(map(Held.of, found.certificates)),
            checked_at=self._clock(),
        )
        new = record.id not in self._records
        login = Login(name=order.name, password=order.password, fields=_fields(found, secret=True))
        await self._passwords.keep(record.id, login)
        try:
            await self._change(lambda records: records.update({record.id: record}))
        except OSError:
            if new:
                await self._passwords.forget(record.id)
            raise
        return record.account

    async def forget(self, account: AccountId) -> bool:
        """Raises UserError secrets_unavailable; then the account is still there to be forgotten."""
        await self._reload()
        if account not in self._records:
            return False
        await self._passwords.forget(account)
        await self._change(lambda records: records.pop(account, None))
        return True

    @asynccontextmanager
    async def open(self, certificate: CertificateId) -> AsyncIterator[KeyAtService]:
        """Also raises what signing in does."""
        found = self._by_certificate().get(certificate)
        if found is None:
            raise UserError("certificate_not_found")
        listed, record = found
        login = await self._login(record)
        async with self._asker.conversation(record.provider, record.base, login) as session:
            credential = await session.describe(listed.credential)
            if credential.certificate != listed.der:
                self._begin(record.id)  # renewed at the service: the user will choose again
                raise UserError("certificate_not_found")
            if not credential.enabled:
                raise UserError("certificate_unsuitable", reason="disabled")
            key = KeyAtService(
                session, credential, replace(listed, confirmation=credential.confirmation)
            )
            try:
                yield key
            finally:
                key.end()

    async def _watch(self, pace: Pace) -> Never:
        await asyncio.sleep(pace.first.total_seconds())
        said = ""
        while True:
            try:
                await self._reload()
                said = ""
            except OSError as error:
                if str(error) != said:  # once, not at each look
                    _log.error("accounts cannot be read: %s", error)
                said = str(error)
            for record in self._records.values():
                if record.id not in self._asking and self._due(record, pace):
                    self._begin(record.id)
            await asyncio.sleep(pace.look.total_seconds())

    def _due(self, record: Record, pace: Pace) -> bool:
        if record.problem in _LEFT_ALONE:
            return False
        if record.checked_at is None or record.checked_at < self._began:
            return True
        age = abs(self._clock() - record.checked_at)  # a clock may be set back
        return age >= (pace.after_failure if record.problem else pace.again)

    def _begin(self, account: str) -> asyncio.Task[None]:
        """One question at a time for an account; who comes meanwhile shares its answer."""
        asking = self._asking.get(account)
        if asking is None:
            asking = self._tasks.create_task(self._ask(account))
            self._asking[account] = asking
            asking.add_done_callback(lambda _: self._asking.pop(account, None))
        return asking

    async def _ask(self, account: str) -> None:
        """Raises nothing: one account's failure is its own."""
        record = self._records.get(account)
        if record is None:
            return
        held, problem = record.certificates, ""
        try:
            login = await self._login(record)
            held = await self._asker.held(record.provider, record.base, login)
            problem = "" if held else "account_without_certificate"
        except AgentError as error:
            problem = error.code
        except Exception as error:  # noqa: BLE001 - a provider's defect stops no other account
            _log.error("asking %s failed: %s", record.host, type(error).__name__)
            problem = "internal_error"
        _say(record, held, problem)
        checked_at = self._clock()

        def noted(records: dict[str, Record]) -> None:
            # Kept anew or asked by another program meanwhile: what we heard is older than that.
            if account in records and records[account].checked_at == record.checked_at:
                records[account] = msgspec.structs.replace(
                    records[account], certificates=held, problem=problem, checked_at=checked_at
                )

        try:
            await self._change(noted)
        except OSError as error:
            _log.warning("accounts cannot be written: %s", type(error).__name__)
            records = dict(self._records)
            noted(records)
            self._take(records)

    async def _login(self, record: Record) -> Login:
        """Raises UserError secrets_unavailable."""
        kept = await self._passwords.of(record.id, name=record.name)
        return replace(kept, fields={**record.fields, **kept.fields})

    async def _reload(self) -> None:
        """Raises OSError."""
        stamp = self._file.stamp()
        if stamp != self._stamp:
            records = await asyncio.to_thread(self._file.read)
            self._stamp = stamp
            self._take(records)

    async def _change(self, change: Callable[[dict[str, Record]], object]) -> None:
        """Raises OSError."""

        def changed() -> Mapping[str, Record]:
            with self._file.changing() as records:
                change(records)
            return records

        self._take(await asyncio.to_thread(changed))

    def _take(self, records: Mapping[str, Record]) -> None:
        if records != self._records:
            self._records = records
            self._changes.tell()

    def _by_certificate(self) -> Mapping[str, tuple[ServiceCertificate, Record]]:
        """A certificate that several accounts hold is used through the first that works."""
        found: dict[str, tuple[ServiceCertificate, Record]] = {}
        for record in sorted(self._records.values(), key=lambda each: each.problem in _LEFT_ALONE):
            for held in record.certificates:
                found.setdefault(held.id, (held.certificate(record.service), record))
        return found


def _id(provider: str, host: str, name: str) -> AccountId:
    whole = f"{provider}\n{host}\n{name}".encode()
    return AccountId(hashlib.sha256(whole).hexdigest()[:32])


def _fields(found: Found, *, secret: bool) -> dict[str, str]:
    """Those of the provider's row alone; what else was typed is not kept."""
    typed = found.order.fields
    rows = (row for row in found.provider.fields if row.secret is secret)
    return {row.name: typed[row.name] for row in rows if typed.get(row.name)}


def _say(record: Record, held: Iterable[Held], problem: str) -> None:
    """In the log; accounts have no names there."""
    before = {each.id for each in record.certificates}
    for each in held:
        if each.id not in before:
            _log.info("%s holds a new certificate: %s", record.host, each.id)
    if problem != record.problem:
        _log.info("account at %s: %s", record.host, problem or "no problem any more")
