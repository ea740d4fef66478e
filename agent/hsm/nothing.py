"""An agent without signing services."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

from agent.errors import UserError
from agent.hsm.api import Account, AccountOrder, Found, ProviderInfo, ServiceKey
from agent.keys import AccountId, CertificateId, ServiceCertificate


class NoServices:
    """Implements `Services`: there is no provider, no account and no certificate."""

    def providers(self) -> tuple[ProviderInfo, ...]:
        return ()

    def accounts(self) -> tuple[Account, ...]:
        return ()

    def certificates(self) -> tuple[ServiceCertificate, ...]:
        return ()

    async def changes(self) -> AsyncIterator[None]:
        return
        yield

    async def refresh(self, account: AccountId | None = None) -> None:
        if account is not None:
            raise UserError("account_unknown")

    async def look(self, order: AccountOrder) -> Found:
        raise UserError("service_not_recognised", host=order.host)

    async def keep(self, found: Found) -> Account:
        del found
        raise UserError("account_unknown")

    async def forget(self, account: AccountId) -> bool:
        del account
        return False

    def open(self, certificate: CertificateId) -> AbstractAsyncContextManager[ServiceKey]:
        del certificate
        raise UserError("certificate_not_found")
