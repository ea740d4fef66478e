"""The frame of every page: banner, navigation, language."""

from typing import Final

from aiohttp import web

from webui.sandbox.pages.html import Html, Words, element, joined, void

_PAGES: Final = (
    ("/", "nav_control"),
    ("/dossiers", "nav_dossiers"),
    ("/mailbox", "nav_mailbox"),
    ("/certificates", "nav_certificates"),
    ("/services", "nav_services"),
    ("/phone", "nav_phone"),
)


def page(words: Words, path: str, *content: Html, keeps_fresh: bool = False) -> web.Response:
    """The whole document. Pages that only show keep themselves fresh; pages with forms do not."""
    heading = next(key for target, key in _PAGES if target == path)
    head = [
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{words(heading)} — {words('title')}"),
        void("link", rel="stylesheet", href="/sandbox.css"),
        void("link", rel="icon", href="/world.svg"),
    ]
    if keeps_fresh:
        head.append(element("script", type="module", src="/fresh.js"))
    other = "en" if words.language == "vi" else "vi"
    language = element("a", words("language"), href=f"{path}?lang={other}", lang=other)
    navigation = element(
        "nav",
        *(_link(words, target, key, here=target == path) for target, key in _PAGES),
        language,
        aria_label=words("title"),
    )
    banner = element("p", words("banner"), class_="banner", role="note")
    header = element("header", banner, navigation)
    main = element("main", element("h1", words(heading)), *content)
    document = element(
        "html", element("head", *head), element("body", header, main), lang=words.language
    )
    return web.Response(text=f"<!doctype html>{document}", content_type="text/html")


def _link(words: Words, target: str, key: str, *, here: bool) -> Html:
    if here:
        return element("a", words(key), href=words.link(target), aria_current="page")
    return element("a", words(key), href=words.link(target))


def section(heading: str, *content: Html) -> Html:
    return element("section", element("h2", heading), joined(*content))
