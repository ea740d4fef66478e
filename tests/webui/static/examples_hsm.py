"""What agent and backend may tell the page of keys in signing services."""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from protocol import messages as wire
from tests.webui.static import examples
from webui.backend import messages as told

HOST = "api.cyberhsm.vn"
PASSWORD = "mật khẩu HSM rất riêng 7!"
LOOK = "1" * 32
SOURCE = told.HsmSource(provider="cyberhsm", provider_name="CyberHSM", host=HOST)
SERVICE = wire.Service(provider="cyberhsm", provider_name="CyberHSM", host=HOST)
PROVIDERS = (
    wire.Provider(
        id="cyberhsm",
        name="CyberHSM (Cyberlotus)",
        account=wire.Words(vi="API Key", en="API key"),
        password=wire.Words(vi="API Secret", en="API secret"),
        fields=(),
        hosts=("sign-hn1.vin-hsm.com",),
    ),
    wire.Provider(
        id="csc",
        name="Cloud Signature Consortium",
        account=wire.Words(vi="Tên đăng nhập", en="User name"),
        password=wire.Words(vi="Mật khẩu", en="Password"),
        fields=(),
    ),
    wire.Provider(
        id="smartca",
        name="VNPT SmartCA",
        account=wire.Words(vi="Số CCCD hoặc mã số thuế", en="ID card or tax code"),
        password=wire.Words(vi="Mật khẩu", en="Password"),
        fields=(
            wire.ProviderField(
                name="sp_id", label=wire.Words(vi="Mã đối tác", en="Partner ID"),
                required=True, secret=False,
            ),
            wire.ProviderField(
                name="sp_password", label=wire.Words(vi="Mật khẩu đối tác", en="Partner password"),
                required=True, secret=True,
            ),
            wire.ProviderField(
                name="serial", label=wire.Words(vi="Số chứng thư", en="Serial number"),
                required=False, secret=False,
            ),
        ),
        hosts=("gwsca.vnpt.vn",),
    ),
)  # fmt: skip


def account(number: int = 1, **changes: Any) -> wire.Account:
    whole = wire.Account(
        id=f"{number:032x}",
        provider="cyberhsm",
        provider_name="CyberHSM",
        host=HOST,
        name="ketoan-thu",
        certificates=(f"{11:064x}",),
        problem="",
        checked_at=examples.NOW,
    )
    return replace(whole, **changes)


def certificate(number: int = 11, **changes: Any) -> told.Certificate:
    """As the backend lists it."""
    return examples.certificate(number, source=SOURCE, **changes)


def held(number: int = 11, **changes: Any) -> wire.Certificate:
    """As the agent tells it; its DER says its number, for `judge`."""
    whole = replace(
        examples.chosen(),
        id=f"{number:064x}",
        der=f"certificate {number}".encode(),
        serial=examples.certificate(number).serial,
        not_before=examples.NOW - timedelta(days=number),
        token=None,
        service=SERVICE,
    )
    return replace(whole, **changes)


def found(*certificates: wire.Certificate) -> wire.AccountsLookResult:
    return wire.AccountsLookResult(
        look=LOOK, provider="cyberhsm", provider_name="CyberHSM", host=HOST,
        certificates=certificates,
    )  # fmt: skip
