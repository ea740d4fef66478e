"""Accounts at signing services: for our own window alone (`protocol.methods.METHODS`).

    accounts.look    ask the service; nothing is kept, and what was found lives in the connection
    accounts.keep    the user has confirmed

A password passes through here once, on its way to the service and the keyring, and never back.
"""

import secrets
from typing import Final

from msgspec import UnsetType

from agent.errors import UserError
from agent.hsm.api import AccountOrder, Found, ProviderInfo
from agent.keys import AccountId
from agent.secret import Secret
from agent.server import wire
from agent.server.call import Call
from agent.server.edge import Edge
from agent.signing.candidates import judged
from protocol import messages as m
from protocol.errors import ProtocolError

#: A page that looks again and again does not fill the memory: the oldest is forgotten first.
_MOST_LOOKED_UP: Final = 4


async def providers_list(edge: Edge, call: Call[m.Empty]) -> m.ProvidersListResult:
    del call
    return m.ProvidersListResult(
        providers=tuple(map(wire.provider, edge.desk.services.providers()))
    )


async def accounts_list(edge: Edge, call: Call[m.Empty]) -> m.AccountsListResult:
    del call
    return _accounts(edge)


async def look(edge: Edge, call: Call[m.AccountsLookParams]) -> m.AccountsLookResult:
    order = _order(call.params, edge.desk.services.providers())
    with edge.looking.counted(call.client):
        await call.progress(m.Stage.WAITING_FOR_SERVICE)
        found = await edge.desk.services.look(order)
        await call.progress(m.Stage.CHECKING)
        candidates = await judged(edge.desk, found.certificates)
    return m.AccountsLookResult(
        look=_noted(call.client.looked_up, found),
        provider=found.provider.id,
        provider_name=found.provider.name,
        host=found.host,
        certificates=tuple(map(wire.certificate, candidates)),
    )


async def keep(edge: Edge, call: Call[m.AccountsKeepParams]) -> m.AccountsKeepResult:
    found = call.client.looked_up.get(call.params.look)
    if found is None:
        raise UserError("account_unknown")
    account = await edge.desk.services.keep(found)
    call.client.looked_up.pop(call.params.look, None)
    return m.AccountsKeepResult(account=wire.account(account))


async def refresh(edge: Edge, call: Call[m.AccountsRefreshParams]) -> m.AccountsListResult:
    given = call.params.account
    await call.progress(m.Stage.WAITING_FOR_SERVICE)
    await edge.desk.services.refresh(None if isinstance(given, UnsetType) else AccountId(given))
    return _accounts(edge)


async def forget(edge: Edge, call: Call[m.AccountsForgetParams]) -> m.AccountsForgetResult:
    forgotten = await edge.desk.services.forget(AccountId(call.params.account))
    return m.AccountsForgetResult(forgotten=forgotten)


def _accounts(edge: Edge) -> m.AccountsListResult:
    return m.AccountsListResult(accounts=wire.accounts(edge.desk.services.accounts()))


def _order(params: m.AccountsLookParams, known: tuple[ProviderInfo, ...]) -> AccountOrder:
    """Raises ProtocolError invalid_params for a provider that there is not, or not its fields."""
    fields = {field.name: field.value for field in params.fields}
    if len(fields) != len(params.fields):
        raise ProtocolError("invalid_params", at="$.params.fields")
    provider = None
    if not isinstance(params.provider, UnsetType):
        provider = next((info for info in known if info.id == params.provider), None)
        if provider is None:
            raise ProtocolError("invalid_params", at="$.params.provider")
        needed = {field.name for field in provider.fields if field.required}
        filled = {name for name, value in fields.items() if value}
        if not (needed <= filled and fields.keys() <= {field.name for field in provider.fields}):
            raise ProtocolError("invalid_params", at="$.params.fields")
    return AccountOrder(
        host=params.host,
        name=params.account,
        password=Secret(params.password),
        provider=None if provider is None else provider.id,
        fields=fields,
    )


def _noted(looked_up: dict[str, Found], found: Found) -> str:
    number = secrets.token_hex(16)
    looked_up[number] = found
    while len(looked_up) > _MOST_LOOKED_UP:
        looked_up.pop(next(iter(looked_up)))
    return number
