"""Accounts at signing services, as the user lists, adds, asks and removes them at a terminal.

This works whether the agent runs or not, and does not go through it: over the protocol accounts are
for our own window alone, and no command of the user's gets that right just by being run. The
command has the same right by other means, as it may read the user's keyring. So both work on the
same file under a lock and each sees within seconds what the other did (`agent.hsm.records`).

A password is typed without echo, or comes by standard input. It is never an argument: those are
seen by every user of the machine, and stay in the shell's history.
"""

import asyncio
import sys
import warnings
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from getpass import GetPassWarning, getpass
from typing import Final, TypeVar

from agent.app.options import Options
from agent.app.parts import services
from agent.app.text import text
from agent.certificates.describe import describe
from agent.consent.plain import one_line
from agent.hsm.accounts import Accounts
from agent.hsm.address import judged
from agent.hsm.api import Account, AccountOrder, ProviderField, ProviderInfo, Words
from agent.hsm.providers import Kinds
from agent.keys import AccountId, ServiceCertificate
from agent.platforms import directories
from agent.secret import Secret
from protocol.errors import ERRORS, ProtocolError
from protocol.identity import printed_mst

T = TypeVar("T")

_MOST_CHARS: Final = 200
#: As the protocol bounds them.
_MOST_SECRET_CHARS: Final = 1000

#: Asks for what the words name; raises NobodyTypes.
AskSecret = Callable[[str], str]


class NobodyTypes(Exception):  # noqa: N818 - a statement, not a defect
    """There is no terminal that hides what is typed, and nothing on standard input."""


class FieldsWrong(Exception):  # noqa: N818 - a statement about what was given
    """The text names the fields that the provider needs and takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToAdd:
    host: str
    name: str
    provider: str | None
    fields: Sequence[str]  # "name=value"


def on_terminal(words: str) -> str:
    with warnings.catch_warnings():
        # Without a terminal that can hide it, getpass would read it in plain sight.
        warnings.simplefilter("error", GetPassWarning)
        try:
            return getpass(f"{words}: ")
        except (GetPassWarning, EOFError, OSError):
            raise NobodyTypes from None


def on_standard_input(words: str) -> str:
    """A line for each thing that is asked: the password first."""
    del words
    line = sys.stdin.readline(_MOST_SECRET_CHARS + 2)
    if not line:
        raise NobodyTypes
    return line.rstrip("\r\n")


def account_lines(options: Options) -> tuple[str, ...]:
    async def listed(accounts: Accounts) -> tuple[str, ...]:
        return _lines(options, accounts)

    return _with(options, listed)


def refreshed(options: Options, account: str | None) -> tuple[str, ...]:
    """As they are then. Raises UserError account_unknown."""

    async def asked(accounts: Accounts) -> tuple[str, ...]:
        await accounts.refresh(None if account is None else AccountId(account))
        return _lines(options, accounts)

    return _with(options, asked)


def removed(options: Options, account: str) -> bool:
    """False if there is none. Raises UserError secrets_unavailable."""

    async def forgotten(accounts: Accounts) -> bool:
        return await accounts.forget(AccountId(account))

    return _with(options, forgotten)


def added(options: Options, wanted: ToAdd, ask: AskSecret) -> tuple[str, ...]:
    """The account as it is kept. Raises FieldsWrong, NobodyTypes, UserError, ServiceError."""
    # Before anything runs beside it: an interrupt then leaves the terminal as it was.
    provider = _provider(wanted)
    rows = provider.fields if provider else ()
    fields = _given(rows, wanted.fields)
    password = ask(_password_words(options.language, provider))
    fields |= {row.name: ask(_word(options.language, row.label)) for row in rows if row.secret}
    order = AccountOrder(
        host=wanted.host,
        name=wanted.name,
        password=Secret(password),
        provider=wanted.provider,
        fields=fields,
    )

    async def kept(accounts: Accounts) -> tuple[str, ...]:
        account = await accounts.keep(await accounts.look(order))
        return _of_account(options, accounts, account)

    return _with(options, kept)


def problem_words(language: str, code: str, details: Mapping[str, object]) -> str:
    return ProtocolError(code, **details).text(language) if code in ERRORS else code


def _with(options: Options, act: Callable[[Accounts], Coroutine[None, None, T]]) -> T:
    async def acted() -> T:
        async with services(options) as accounts:
            return await act(accounts)

    directories.make_private(options.directories.data)
    return asyncio.run(acted())


def _provider(wanted: ToAdd) -> ProviderInfo | None:
    """Chosen by hand, or that of a known host; None: it will be recognised.

    Raises UserError service_not_recognised, service_address.
    """
    kinds, host = Kinds.known(), judged(wanted.host, loopback_http=True).host
    if wanted.provider is not None:
        return kinds.named(wanted.provider, host=host).info
    known = kinds.of_host(host)
    return known.info if known else None


def _given(rows: Sequence[ProviderField], given: Sequence[str]) -> dict[str, str]:
    """Raises FieldsWrong, also for a secret one: what is an argument is no secret any more."""
    fields = {name: value for name, _, value in (each.partition("=") for each in given)}
    takes = {row.name for row in rows if not row.secret}
    needs = {row.name for row in rows if not row.secret and row.required}
    if fields.keys() - takes or needs - {name for name, value in fields.items() if value}:
        raise FieldsWrong(
            ", ".join(f"{name}=…" if name in needs else f"[{name}=…]" for name in sorted(takes))
        )
    return fields


def _password_words(language: str, provider: ProviderInfo | None) -> str:
    return _word(language, provider.password) if provider else text(language, "account_password")


def _word(language: str, words: Words) -> str:
    return words.en if language == "en" else words.vi


def _lines(options: Options, accounts: Accounts) -> tuple[str, ...]:
    lines = [line for each in accounts.accounts() for line in _of_account(options, accounts, each)]
    return tuple(lines) or (text(options.language, "no_account"),)


def _of_account(options: Options, accounts: Accounts, account: Account) -> tuple[str, ...]:
    """A line of its own, its problem, and what it holds."""
    language = options.language
    lines = [
        text(
            language,
            "account",
            id=account.id,
            provider=_plain(account.provider_name),
            host=account.host,
            name=_plain(account.name),
        )
    ]
    if account.problem:
        lines.append("    " + problem_words(language, account.problem, {"host": account.host}))
    held = {each.id: each for each in accounts.certificates()}
    lines += [_of_certificate(language, held[each]) for each in account.certificates]
    return tuple(lines)


def _of_certificate(language: str, certificate: ServiceCertificate) -> str:
    described = describe(certificate.der)
    return text(
        language,
        "account_certificate",
        holder=_plain(described.holder),
        mst=", ".join(map(printed_mst, described.mst)) or "–",
        until=f"{described.not_after:%Y-%m-%d}",
        serial=described.serial,
    )


def _plain(stranger: str) -> str:
    """What a stranger wrote moves no cursor of the reader's terminal."""
    return one_line(stranger, limit=_MOST_CHARS)
