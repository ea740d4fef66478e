"""Who has an account at which service, and what it holds: in memory, filled at every start.

The demo's own accounts are the same at every start (`demo.py`); tests add what they need.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Service(StrEnum):
    CYBERHSM = "cyberhsm"
    CSC = "csc"
    SMARTCA = "smartca"  # and NEAC's gateway, which has its shape
    MYSIGN = "mysign"


class Standing(StrEnum):
    """How an account stands with its service."""

    GOOD = "good"
    EXPIRED = "expired"  # the subscription has ended
    BLOCKED = "blocked"
    EMPTY_PURSE = "quota"  # no signature is left


@dataclass(kw_only=True)
class Credential:
    """A certificate and the key behind it."""

    id: str
    certificate: bytes  # DER
    key: str  # a name of `keys.NAMES`
    pin: str | None = None
    otp: bool = False  # sent to the phone for each authorisation
    phone: bool = False  # confirmed on the phone
    enabled: bool = True
    scal: str = "2"  # CSC: "1", the SAD is for the credential; "2", for these hashes alone
    most: int = 20  # signatures under one authorisation
    tries: int = 3  # of the PIN, before it is locked


@dataclass(kw_only=True)
class Account:
    service: Service
    name: str
    password: str = field(repr=False)
    credentials: list[Credential] = field(default_factory=list)
    standing: Standing = Standing.GOOD

    def credential(self, identifier: str) -> Credential | None:
        return next((one for one in self.credentials if one.id == identifier), None)


class Register:
    def __init__(self) -> None:
        self._accounts: dict[tuple[Service, str], Account] = {}

    def put(self, account: Account) -> None:
        self._accounts[account.service, account.name] = account

    def find(self, service: Service, name: str) -> Account | None:
        return self._accounts.get((service, name))

    def signed_in(self, service: Service, name: str, password: str) -> Account | None:
        """None for a stranger and for a wrong password alike."""
        account = self.find(service, name)
        if account is None:
            return None
        same = secrets.compare_digest(account.password.encode(), password.encode())
        return account if same else None

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts.values())
