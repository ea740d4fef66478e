"""The first page: what this world is, and the switches of BHXH's gateway."""

from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from webui.sandbox.gateway.faults import Faults, ReceiptFault, merged
from webui.sandbox.gateway.faults import Words as Refusing
from webui.sandbox.pages.frame import page, section
from webui.sandbox.pages.html import Html, Words, button, element, joined, void, words_of
from webui.sandbox.token import LABEL, PIN

if TYPE_CHECKING:
    from webui.sandbox.service import Sandbox

_SLOW_SECONDS: Final = 5
_DECIDE: Final = (
    ("decide_now", 0),
    ("decide_soon", 3),
    ("decide_later", 60),
    ("decide_never", 86_400),
)
_EXAMPLE_CODE: Final = "TN-900"


def routes(sandbox: "Sandbox") -> list[web.RouteDef]:
    async def show(request: web.Request) -> web.Response:
        words = words_of(request)
        return page(
            words,
            "/",
            section(words("about_heading"), element("p", words("about"))),
            _token(words, sandbox),
            _gateway(words, sandbox.faults),
        )

    async def press(request: web.Request) -> web.Response:
        """A button of the page: the fields of its form."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        try:
            faults = merged(sandbox.faults, _grouped(form), from_a_form=True)
        except ValueError as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from error
        await sandbox.set_faults(faults)
        raise web.HTTPSeeOther(words_of(request).link("/"))

    return [web.get("/", show), web.post("/control", press)]


def _grouped(form: dict[str, str]) -> dict[str, Any]:
    """ma_loi, mo_ta and at_door belong together in `refuse`."""
    refuse = {name: form.pop(name) for name in Refusing.__struct_fields__ if name in form}
    return {**form, "refuse": refuse} if refuse else dict(form)


def _token(words: Words, sandbox: "Sandbox") -> Html:
    if not sandbox.token.is_ready:
        return Html()
    return section(
        words("token_heading"), element("p", words("token", label=LABEL, pin=PIN), class_="facts")
    )


def _gateway(words: Words, faults: Faults) -> Html:
    to = words.link("/control")
    return section(
        words("gateway_heading"),
        element(
            "p", element("strong", f"{words('now')}: "), "; ".join(_states(words, faults)) + "."
        ),
        element(
            "div",
            button(
                to,
                words("button_normal"),
                on=_is_normal(faults),
                down="false",
                latency="0",
                drop_answers="0",
                refuse="null",
                receipt="good",
            ),
            button(
                to,
                words("button_slow"),
                on=faults.latency > 0,
                down="false",
                latency=str(_SLOW_SECONDS),
            ),
            button(to, words("button_down"), on=faults.down, down="true"),
            button(to, words("button_drop"), on=faults.drop_answers > 0, drop_answers="1"),
            class_="buttons",
        ),
        element("h3", words("decide_heading")),
        element(
            "div",
            *(
                button(to, words(key), on=faults.decide_after == after, decide_after=str(after))
                for key, after in _DECIDE
            ),
            class_="buttons",
        ),
        element("h3", words("refuse_heading")),
        _refusing(words, faults, to),
        element("h3", words("receipt_heading")),
        element(
            "div",
            *(
                button(to, words(f"receipt_{kind}"), on=faults.receipt is kind, receipt=kind)
                for kind in ReceiptFault
            ),
            class_="buttons",
        ),
    )


def _refusing(words: Words, faults: Faults, to: str) -> Html:
    present = faults.refuse
    code = present.ma_loi if present else _EXAMPLE_CODE
    reason = present.mo_ta if present else words("refuse_example")
    field = element(
        "label",
        words("refuse_code"),
        void("input", name="ma_loi", value=code, required="", maxlength="50"),
    )
    why = element(
        "label",
        words("refuse_words"),
        void("input", name="mo_ta", value=reason, required="", maxlength="500", class_="wide"),
    )
    form = element(
        "form",
        field,
        why,
        element(
            "div",
            element("button", words("refuse_result"), name="at_door", value="false"),
            element("button", words("refuse_door"), name="at_door", value="true"),
            class_="buttons",
        ),
        method="post",
        action=to,
    )
    stop = button(to, words("refuse_stop"), refuse="null") if present else Html()
    return joined(form, stop)


def _states(words: Words, faults: Faults) -> list[str]:
    states = []
    if faults.down:
        states.append(words("state_down"))
    if faults.latency:
        states.append(words("state_slow", seconds=f"{faults.latency:g}"))
    if faults.drop_answers:
        states.append(words("state_drop", count=faults.drop_answers))
    if faults.refuse is not None:
        key = "state_refuse_door" if faults.refuse.at_door else "state_refuse"
        states.append(words(key, code=faults.refuse.ma_loi, words=faults.refuse.mo_ta))
    if faults.receipt is not ReceiptFault.GOOD:
        states.append(words("state_receipt", kind=words(f"receipt_{faults.receipt}")))
    states = states or [words("state_normal")]
    return [*states, words("state_decide", seconds=f"{faults.decide_after:g}")]


def _is_normal(faults: Faults) -> bool:
    return msgspec.structs.replace(faults, decide_after=Faults().decide_after) == Faults()
