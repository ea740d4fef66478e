"""What a client can ask for: one table from the method's wire name to its handler.

Parameters have been checked against `protocol.methods.METHODS`, and rights against the same table,
before a handler runs. `hello` and `cancel` concern the connection itself: see `websocket`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from msgspec import Struct, UnsetType

from agent.consent.origins import shown
from agent.consent.prompts import Grant, SiteQuestion
from agent.documents import octets
from agent.errors import UserError
from agent.hsm.api import Account
from agent.keys import CertificateId, TokenInfo
from agent.server import accounts, wire
from agent.server.call import Call
from agent.server.edge import Edge
from agent.signing.candidates import Wanted, all_assessed, at_a_glance
from agent.signing.login import login
from agent.signing.select import select
from agent.signing.sign import Order, sign
from protocol import messages as m
from protocol.errors import ProtocolError

T = TypeVar("T")


async def site_request(edge: Edge, call: Call[m.SiteRequestParams]) -> m.SiteRequestResult:
    client, origin = call.client, call.client.asker.origin
    if edge.sites.allows(origin):
        return m.SiteRequestResult(granted="always")
    if client.rights(edge.sites) is not m.Rights.NONE:
        return m.SiteRequestResult(granted="once")
    edge.nagging.judge(origin)
    await call.progress(m.Stage.WAITING_FOR_USER)
    question = SiteQuestion(asker=client.asker, reason=call.params.reason)
    match await edge.desk.prompts.ask_site(question):
        case Grant.ALWAYS if shown(client.asker).may_be_remembered:
            edge.sites.remember(origin)
            return m.SiteRequestResult(granted="always")
        case Grant.ONCE | Grant.ALWAYS:
            client.allowed_once = True
            return m.SiteRequestResult(granted="once")
        case Grant.REFUSED:
            edge.nagging.refused(origin)
            raise UserError("user_refused", origin=origin)


async def tokens_list(edge: Edge, call: Call[m.Empty]) -> m.TokensListResult:
    del call
    return m.TokensListResult(tokens=wire.tokens(edge.desk.tokens.tokens()))


async def certificates_list(
    edge: Edge, call: Call[m.CertificatesListParams]
) -> m.CertificatesListResult:
    wanted = _wanted(call.params.filter)
    promising = tuple(c for c in at_a_glance(edge.desk) if wanted.objection(c) is None)
    known = await all_assessed(edge.desk, promising)
    return m.CertificatesListResult(
        certificates=tuple(wire.certificate(c) for c in known if wanted.objection(c) is None)
    )


async def certificates_select(
    edge: Edge, call: Call[m.CertificatesSelectParams]
) -> m.CertificatesSelectResult:
    wanted = _wanted(call.params.filter)
    chosen = await select(edge.desk, call.errand, wanted, reason=call.params.reason)
    return m.CertificatesSelectResult(certificate=wire.certificate(chosen))


async def events_subscribe(
    edge: Edge, call: Call[m.EventsSubscribeParams]
) -> m.EventsSubscribeResult:
    client, topics = call.client, frozenset(call.params.topics)
    if "accounts" in topics and not client.first_party:
        raise ProtocolError("not_allowed", needs=str(m.Rights.FIRST_PARTY))
    tokens, accounts = edge.events.tokens.state(), edge.events.accounts.state()

    async def tell_tokens(infos: tuple[TokenInfo, ...]) -> None:
        await client.notify(m.TokensChanged(tokens=wire.tokens(infos)))

    async def tell_accounts(kept: tuple[Account, ...]) -> None:
        await client.notify(m.AccountsChanged(accounts=wire.accounts(kept)))

    for topic in topics - client.following:
        match topic:
            case "tokens":
                client.tasks.create_task(edge.events.tokens.follow(tokens, tell_tokens))
            case "accounts":
                client.tasks.create_task(edge.events.accounts.follow(accounts, tell_accounts))
    client.following |= topics
    return m.EventsSubscribeResult(
        topics=call.params.topics,
        tokens=wire.tokens(tokens),
        accounts=wire.accounts(accounts) if "accounts" in topics else (),
    )


async def sign_xml(edge: Edge, call: Call[m.SignXmlParams]) -> m.SignXmlResult:
    params = call.params
    order = Order(
        document=params.document,
        name=params.name,
        profile=params.profile,
        wanted=_for_signing(params),
    )
    signed = await sign(edge.desk, call.errand, order)
    return m.SignXmlResult(
        document=octets(signed.document),
        sha256=signed.sha256,
        certificate=wire.certificate(signed.candidate),
        signed_at=signed.at,
    )


async def log_in(edge: Edge, call: Call[m.LoginParams]) -> m.LoginResult:
    params = call.params
    proof = await login(edge.desk, call.errand, nonce=params.nonce, wanted=_for_signing(params))
    return m.LoginResult(
        certificate=wire.certificate(proof.candidate),
        signature=proof.signature,
        algorithm=proof.algorithm,
    )


async def ticket_issue(edge: Edge, call: Call[m.TicketIssueParams]) -> m.TicketIssueResult:
    ticket = edge.tickets.issue(call.params.origin)
    return m.TicketIssueResult(ticket=ticket.value, expires_at=ticket.expires_at)


async def sites_list(edge: Edge, call: Call[m.Empty]) -> m.SitesListResult:
    del call
    return m.SitesListResult(sites=edge.sites.all())


async def sites_forget(edge: Edge, call: Call[m.SitesForgetParams]) -> m.SitesForgetResult:
    return m.SitesForgetResult(forgotten=edge.sites.forget(call.params.origin))


async def journal_list(edge: Edge, call: Call[m.JournalListParams]) -> m.JournalListResult:
    stored = await asyncio.to_thread(
        edge.desk.journal.latest, limit=call.params.limit, before=_given(call.params.before)
    )
    return m.JournalListResult(entries=tuple(map(wire.signature, stored)))


COMMANDS: Final[dict[str, Callable[[Edge, Call[Any]], Awaitable[Struct]]]] = {
    "site.request": site_request,
    "tokens.list": tokens_list,
    "certificates.list": certificates_list,
    "certificates.select": certificates_select,
    "events.subscribe": events_subscribe,
    "sign.xml": sign_xml,
    "login": log_in,
    "ticket.issue": ticket_issue,
    "sites.list": sites_list,
    "sites.forget": sites_forget,
    "journal.list": journal_list,
    "providers.list": accounts.providers_list,
    "accounts.list": accounts.accounts_list,
    "accounts.look": accounts.look,
    "accounts.keep": accounts.keep,
    "accounts.refresh": accounts.refresh,
    "accounts.forget": accounts.forget,
}


def _wanted(wire_filter: m.CertificateFilter) -> Wanted:
    return Wanted(
        mst=_given(wire_filter.mst),
        place=_given(wire_filter.place),
        issuer=_given(wire_filter.issuer),
        valid_now=wire_filter.valid_now,
    )


def _for_signing(params: m.SignXmlParams | m.LoginParams) -> Wanted:
    return Wanted(
        id=_certificate_id(params.certificate),
        mst=_given(params.mst),
        place=_given(params.place),
    )


def _given(value: T | UnsetType) -> T | None:
    return None if isinstance(value, UnsetType) else value


def _certificate_id(value: str | UnsetType) -> CertificateId | None:
    return None if isinstance(value, UnsetType) else CertificateId(value)
