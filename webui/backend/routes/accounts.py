"""Signing in and out, first use, and the unit's profile."""

from aiohttp import web

from protocol.version import PRODUCT_VERSION
from webui.backend import messages, views
from webui.backend.context import (
    SETTINGS,
    answer,
    body,
    cookie_name,
    is_https,
    office,
    own_origin,
    signed_in,
    token,
)
from webui.backend.context import unit as unit_of
from webui.filing import login as password_login
from webui.filing import profile, sessions
from webui.filing import register as registration
from webui.filing import token_login as by_token
from webui.store.records import UnitRow


async def session(request: web.Request) -> web.Response:
    unit_id = await signed_in(request)
    row = None if unit_id is None else await profile.get(office(request), unit_id)
    demo = request.app[SETTINGS].demo
    return answer(
        messages.Session(
            unit=None if row is None else views.unit(row),
            demo=demo is not None,
            scripted=demo is not None and demo.scripted,
            mailbox_url=None if demo is None else demo.mailbox_url,
            version=PRODUCT_VERSION,
            registration="open" if office(request).open_registration else "token",
        )
    )


async def register(request: web.Request) -> web.Response:
    asked = await body(request, messages.Registration)
    row = await registration.register(
        office(request),
        mst=asked.mst,
        profile=_profile(asked),
        email_again=asked.email_lap_lai,
        password=asked.password,
        proof=asked.proof,
    )
    return await _signed_in(request, row)


async def login(request: web.Request) -> web.Response:
    asked = await body(request, messages.Login)
    row = await password_login.login(office(request), mst=asked.mst, password=asked.password)
    return await _signed_in(request, row)


async def challenge(request: web.Request) -> web.Response:
    return answer(messages.Challenge(nonce=await by_token.challenge(office(request))))


async def token_login(request: web.Request) -> web.Response:
    asked = await body(request, messages.TokenLogin)
    row = await by_token.login(
        office(request),
        der=asked.certificate,
        signature=asked.signature,
        algorithm=asked.algorithm,
        nonce=asked.nonce,
        origin=own_origin(request),
    )
    return await _signed_in(request, row)


async def logout(request: web.Request) -> web.Response:
    await _end_session(request)
    response = answer({})
    response.del_cookie(cookie_name(request), path="/", secure=is_https(request), httponly=True)
    return response


async def unit(request: web.Request) -> web.Response:
    return answer(views.unit(await profile.get(office(request), await unit_of(request))))


async def change_unit(request: web.Request) -> web.Response:
    unit_id = await unit_of(request)
    asked = await body(request, messages.UnitProfile)
    return answer(views.unit(await profile.change(office(request), unit_id, _profile(asked))))


def _profile(asked: messages.UnitProfile) -> profile.Profile:
    return profile.Profile(
        ten_don_vi=asked.ten_don_vi,
        ma_don_vi=asked.ma_don_vi,
        co_quan_bhxh=asked.co_quan_bhxh,
        dia_chi=asked.dia_chi,
        nguoi_lien_he=asked.nguoi_lien_he,
        dien_thoai=asked.dien_thoai,
        email=asked.email,
    )


async def _signed_in(request: web.Request, row: UnitRow) -> web.Response:
    # A session that was there before ends: its token may be in other hands.
    await _end_session(request)
    response = answer(views.unit(row))
    response.set_cookie(
        cookie_name(request),
        await sessions.begin(office(request), row.id),
        path="/",
        httponly=True,
        samesite="Strict",
        secure=is_https(request),
    )
    return response


async def _end_session(request: web.Request) -> None:
    held = token(request)
    if held is not None:
        await sessions.end(office(request), held)
