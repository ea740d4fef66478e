"""Every method and notification of protocol v1: one table each (SPEC 4)."""

from typing import Final, NamedTuple

from msgspec import Struct

from protocol.messages import (
    AccountsChanged,
    AccountsForgetParams,
    AccountsForgetResult,
    AccountsKeepParams,
    AccountsKeepResult,
    AccountsListResult,
    AccountsLookParams,
    AccountsLookResult,
    AccountsRefreshParams,
    CancelParams,
    CancelResult,
    CertificatesListParams,
    CertificatesListResult,
    CertificatesSelectParams,
    CertificatesSelectResult,
    Empty,
    EventsSubscribeParams,
    EventsSubscribeResult,
    HelloParams,
    HelloResult,
    JournalListParams,
    JournalListResult,
    LoginParams,
    LoginResult,
    Progress,
    ProvidersListResult,
    Rights,
    SignXmlParams,
    SignXmlResult,
    SiteRequestParams,
    SiteRequestResult,
    SitesForgetParams,
    SitesForgetResult,
    SitesListResult,
    TicketIssueParams,
    TicketIssueResult,
    TokensChanged,
    TokensListResult,
)


class Method(NamedTuple):
    """`rights` are what a connection needs; `native_only` is not for web pages at all."""

    params: type[Struct]
    result: type[Struct]
    rights: Rights
    native_only: bool = False


METHODS: Final[dict[str, Method]] = {
    "hello": Method(HelloParams, HelloResult, Rights.NONE),
    "site.request": Method(SiteRequestParams, SiteRequestResult, Rights.NONE),
    "cancel": Method(CancelParams, CancelResult, Rights.NONE),
    "tokens.list": Method(Empty, TokensListResult, Rights.SITE),
    "certificates.list": Method(CertificatesListParams, CertificatesListResult, Rights.SITE),
    "certificates.select": Method(CertificatesSelectParams, CertificatesSelectResult, Rights.SITE),
    "events.subscribe": Method(EventsSubscribeParams, EventsSubscribeResult, Rights.SITE),
    "sign.xml": Method(SignXmlParams, SignXmlResult, Rights.SITE),
    "login": Method(LoginParams, LoginResult, Rights.SITE),
    "ticket.issue": Method(TicketIssueParams, TicketIssueResult, Rights.SITE, native_only=True),
    "sites.list": Method(Empty, SitesListResult, Rights.FIRST_PARTY),
    "sites.forget": Method(SitesForgetParams, SitesForgetResult, Rights.FIRST_PARTY),
    "journal.list": Method(JournalListParams, JournalListResult, Rights.FIRST_PARTY),
    "providers.list": Method(Empty, ProvidersListResult, Rights.FIRST_PARTY),
    "accounts.list": Method(Empty, AccountsListResult, Rights.FIRST_PARTY),
    "accounts.look": Method(AccountsLookParams, AccountsLookResult, Rights.FIRST_PARTY),
    "accounts.keep": Method(AccountsKeepParams, AccountsKeepResult, Rights.FIRST_PARTY),
    "accounts.refresh": Method(AccountsRefreshParams, AccountsListResult, Rights.FIRST_PARTY),
    "accounts.forget": Method(AccountsForgetParams, AccountsForgetResult, Rights.FIRST_PARTY),
}


class News(NamedTuple):
    """A notification: a connection that has not, or no longer, these rights is not told."""

    params: type[Struct]
    rights: Rights


NOTIFICATIONS: Final[dict[str, News]] = {
    "progress": News(Progress, Rights.NONE),
    "tokens.changed": News(TokensChanged, Rights.SITE),
    "accounts.changed": News(AccountsChanged, Rights.FIRST_PARTY),
}
