"""HTML by functions that escape whatever they are given, and the words of the pages."""

import html
import json
from functools import cache
from importlib import resources
from typing import Any, Final

from aiohttp import web

LANGUAGES: Final = ("vi", "en")


class Html(str):
    """Text that is HTML already; every other text is escaped on its way in."""

    __slots__ = ()


def element(tag: str, *children: str, **attributes: str) -> Html:
    """`<tag attributes>children</tag>`; the attribute `class_` is written class."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(value)}"'
        for name, value in attributes.items()
    )
    inside = "".join(child if isinstance(child, Html) else html.escape(child) for child in children)
    return Html(f"<{tag}{written}>{inside}</{tag}>")


def void(tag: str, **attributes: str) -> Html:
    """An element without an end tag."""
    return Html(element(tag, **attributes).removesuffix(f"</{tag}>"))


def joined(*parts: Html) -> Html:
    return Html("".join(parts))


def table(name: str, headings: list[str], rows: list[list[str]]) -> Html:
    """Scrolls sideways by itself on a narrow screen; `name` is for screen readers. Cells may be
    Html.
    """
    head = element("tr", *(element("th", heading, scope="col") for heading in headings))
    body = joined(*(element("tr", *(element("td", cell) for cell in row)) for row in rows))
    whole = element("table", element("thead", head), element("tbody", body))
    return element("div", whole, class_="scroll", tabindex="0", role="region", aria_label=name)


def button(form_action: str, label: str, *, on: bool = False, **fields: str) -> Html:
    """A form of its own that posts `fields`."""
    hidden = joined(
        *(void("input", type="hidden", name=name, value=value) for name, value in fields.items())
    )
    press = element("button", label, type="submit", class_="on" if on else "")
    return element("form", hidden, press, method="post", action=form_action)


class Words:
    """The texts of one language, by key."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = _texts(language)

    def __call__(self, key: str, **details: Any) -> str:
        return self._texts[key].format(**details)

    def link(self, path: str) -> str:
        """`path` in the same language."""
        return path if self.language == "vi" else f"{path}?lang={self.language}"


def words_of(request: web.Request) -> Words:
    asked = request.query.get("lang", "")
    return Words(asked if asked in LANGUAGES else "vi")


@cache
def _texts(language: str) -> dict[str, str]:
    name = f"text/pages.{language}.json"
    texts: dict[str, str] = json.loads(
        resources.files("webui.sandbox").joinpath(name).read_text("utf-8")
    )
    return texts
