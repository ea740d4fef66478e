"""Who reached us by which name, and may that page ask? Pure.

A foreign page can make a browser send requests here, and by DNS rebinding even read the answers
under its own host name (T1-T4). So Host must be a literal loopback name with our own port, or the
one public name that is configured; and Origin, where the browser states one, must be that same
place. A request that changes something must state one.
"""

from typing import Final
from urllib.parse import urlsplit

_LOOPBACK: Final = ("127.0.0.1", "[::1]", "localhost")
_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})


def reached_at(host: str | None, *, port: int, public_origin: str | None) -> str | None:
    """The origin under which we were reached, or None if Host is not a name of ours."""
    if host is None:
        return None
    if public_origin is not None:
        return public_origin if host.lower() == urlsplit(public_origin).netloc.lower() else None
    for name in _LOOPBACK:
        if host.lower() == f"{name}:{port}":
            return f"http://{name}:{port}"
    return None


def may_ask(
    method: str, *, own: str, origins: list[str], fetch_site: str | None, api: bool
) -> bool:
    """`origins` are all Origin headers of the request, `fetch_site` its Sec-Fetch-Site."""
    if len(origins) > 1 or any(origin != own for origin in origins):
        return False
    if method not in _SAFE_METHODS and not origins:
        return False
    # A link from elsewhere may open the page, but not ask the API.
    return not api or fetch_site in {None, "same-origin", "none"}
