"""The signing services: what to type, and their switches; and for programs

GET  /sandbox/hsm/<service>     the faults now
POST /sandbox/hsm/<service>     some of them, changed (hsm.faults)
POST /sandbox/hsm/accounts      an account with a certificate: Opening → what a user would type
"""

import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from webui.sandbox.hsm import demo, mysign, smartca
from webui.sandbox.hsm.faults import Answers, Faults, merged
from webui.sandbox.hsm.keys import NAMES
from webui.sandbox.hsm.register import Account, Credential, Service, Standing
from webui.sandbox.pages.frame import page, section
from webui.sandbox.pages.html import Html, Words, button, element, joined, words_of

if TYPE_CHECKING:
    from webui.sandbox.service import Sandbox

_SLOW_SECONDS: Final = 5
_ANSWERS: Final = (Answers.ERROR, Answers.MALFORMED, Answers.HALF, Answers.HTML, Answers.REDIRECT)


class Opening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account to be opened; what is not said is as usual. `key` is one of hsm.keys.NAMES."""

    service: Service
    mst: str
    holder: str = "CÔNG TY TNHH THỬ NGHIỆM"
    name: str | None = None
    password: str | None = None
    key: str = NAMES[0]
    not_before: datetime | None = None
    not_after: datetime | None = None
    revoked: bool = False
    pin: str | None = None
    otp: bool = False
    phone: bool | None = None  # None: as the service is
    scal: str = "2"
    enabled: bool = True
    standing: Standing = Standing.GOOD
    beside: bool = False  # a further certificate of an account that is there


def routes(sandbox: "Sandbox") -> list[web.RouteDef]:
    async def show(request: web.Request) -> web.Response:
        words = words_of(request)
        if not sandbox.plan.with_hsm:
            return page(words, "/services", element("p", words("services_none"), class_="empty"))
        note = element("p", words("services_note"), class_="note")
        return page(words, "/services", note, *(_service(words, sandbox, one) for one in Service))

    async def press(request: web.Request) -> web.Response:
        """A button of the page: the fields of its form."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        await _change(sandbox, request, form, from_a_form=True)
        raise web.HTTPSeeOther(words_of(request).link("/services"))

    async def get_faults(request: web.Request) -> web.Response:
        return _json(sandbox.hsm.faults[_service_of(request)])

    async def set_faults(request: web.Request) -> web.Response:
        try:
            change = msgspec.json.decode(await request.read(), type=dict[str, Any])
        except msgspec.MsgspecError as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from error
        return _json(await _change(sandbox, request, change, from_a_form=False))

    async def open_account(request: web.Request) -> web.Response:
        try:
            asked = msgspec.json.decode(await request.read(), type=Opening)
            return _json(_opened(sandbox, asked))
        except ValueError as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from error

    return [
        web.get("/services", show),
        web.post("/services/{service}", press),
        web.post("/sandbox/hsm/accounts", open_account),
        web.get("/sandbox/hsm/{service}", get_faults),
        web.post("/sandbox/hsm/{service}", set_faults),
    ]


def _service_of(request: web.Request) -> Service:
    try:
        return Service(request.match_info["service"])
    except ValueError:
        raise web.HTTPNotFound from None


async def _change(
    sandbox: "Sandbox", request: web.Request, change: dict[str, Any], *, from_a_form: bool
) -> Faults:
    service = _service_of(request)
    try:
        faults = merged(sandbox.hsm.faults[service], change, from_a_form=from_a_form)
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"{error}\n") from error
    await sandbox.set_hsm_faults(service, faults)
    return faults


def _opened(sandbox: "Sandbox", asked: Opening) -> dict[str, Any]:
    """Raises ValueError."""
    world = sandbox.hsm
    certificate = world.certificate(
        key=asked.key,
        name=asked.holder,
        mst=asked.mst,
        not_before=asked.not_before,
        not_after=asked.not_after,
    )
    if asked.revoked:
        world.authority.revoke(certificate)
    credential = Credential(
        id=secrets.token_hex(6),
        key=asked.key,
        certificate=certificate,
        pin=asked.pin,
        otp=asked.otp,
        phone=_on_the_phone(asked),
        scal=asked.scal,
        enabled=asked.enabled,
    )
    name = asked.name or secrets.token_hex(16)
    account = world.register.find(asked.service, name) if asked.beside else None
    if account is None:
        # CyberHSM's secrets are base64; any other service takes them for what they are.
        password = asked.password or msgspec.to_builtins(secrets.token_bytes(18))
        account = Account(service=asked.service, name=name, password=password)
        world.register.put(account)
    account.standing = asked.standing
    # The newest first, where a service shows one only.
    account.credentials.insert(0, credential)
    return {
        "host": sandbox.hsm_url(asked.service),
        "account": account.name,
        "password": account.password,
        "fields": fields(asked.service),
        "certificate": certificate,
    }


def _on_the_phone(asked: Opening) -> bool:
    if asked.phone is not None:
        return asked.phone
    return asked.service in {Service.SMARTCA, Service.MYSIGN}


def fields(service: Service) -> dict[str, str]:
    """What a user types besides host, account and password."""
    match service:
        case Service.SMARTCA:
            return {"sp_id": smartca.SP_ID}
        case Service.MYSIGN:
            return {"client_id": mysign.CLIENT_ID}
        case _:
            return {}


def _service(words: Words, sandbox: "Sandbox", service: Service) -> Html:
    account, password = demo.login(service)
    typed = [
        (words("services_host"), sandbox.hsm_url(service)),
        (words("services_account"), account),
        (words("services_password"), password),
        *fields(service).items(),
    ]
    if service is Service.CSC:
        typed.append((words("services_pin"), demo.PIN))
    facts = element("dl", *(joined(element("dt", k), element("dd", v)) for k, v in typed))
    return section(
        words(f"services_{service}"), facts, _switches(words, service, sandbox.hsm.faults[service])
    )


def _switches(words: Words, service: Service, faults: Faults) -> Html:
    to = words.link(f"/services/{service}")
    normal = {
        "down": "false",
        "latency": "0",
        "answers": Answers.GOOD.value,
        "wrong_key": "false",
        "wrong_name": "false",
        "clock": "0",
    }
    return element(
        "div",
        button(to, words("button_normal"), on=faults == Faults(), **normal),
        button(to, words("button_slow"), on=faults.latency > 0, latency=str(_SLOW_SECONDS)),
        button(to, words("button_down"), on=faults.down, down="true"),
        *(
            button(to, words(f"answers_{kind}"), on=faults.answers is kind, answers=kind.value)
            for kind in _ANSWERS
        ),
        button(to, words("wrong_key"), on=faults.wrong_key, wrong_key="true"),
        button(to, words("wrong_name"), on=faults.wrong_name, wrong_name="true"),
        class_="buttons",
    )


def _json(body: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")
