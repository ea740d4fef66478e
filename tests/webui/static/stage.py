"""The page on a stage: its files and headers are the real ones; backend and agent play by script.

stage = Stage(page, language="en")
stage.play("GET /api/certificates", examples.CERTIFICATES)      # or Refused("…"), HOLD, GONE
stage.agent.play("certificates.select", ProtocolError("user_refused"))
stage.open("#/chung-thu-so")
stage.press("add.open")                                          # by key, in the page's language
assert stage.asked("POST /api/certificates") == [{…}]

Every answer is one of the backend's or the protocol's own types. What the whole does with real
programs is for test_with_programs.py and tests/flows.
"""

import json
import re
import time
from collections.abc import Callable
from enum import Enum, auto
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace
from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect

from protocol import messages as wire
from protocol.errors import ProtocolError
from protocol.version import PORTS, PRODUCT, PRODUCT_VERSION
from tests.webui.static import examples
from tests.webui.static import examples_hsm as hsm
from webui.backend.headers import SECURITY
from webui.backend.messages import Challenge, Dossiers, Failure
from webui.backend.texts import ERRORS, error_body
from webui.errors import Refused

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "webui" / "static"
PROTOCOL = ROOT / "protocol" / "js"
ORIGIN = "http://127.0.0.1:8620"
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
#: Listens before the page's first line: what its policy refuses is a mistake of ours.
_WATCH = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`Error: policy ${event.violatedDirective} refused ${event.blockedURI}`));
"""


class Silence(Enum):
    HOLD = auto()  # no answer, ever
    GONE = auto()  # the connection fails
    NOT_JSON = auto()  # something else answers in its place


HOLD, GONE, NOT_JSON = Silence


@cache
def words(language: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((STATIC / "text" / f"{language}.json").read_text("utf-8"))
    return texts


def until(page: Page, true: Callable[[], Any], what: str, *, seconds: float = 10.0) -> None:
    """As tests.support.waiting, while the browser's messages go on being answered."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        page.wait_for_timeout(20)


class StagedAgent:
    """Speaks the protocol over a socket that the test holds. `running` False: nobody listens."""

    def __init__(self, page: Page) -> None:
        self.running = True
        self._page = page
        self.asked: list[tuple[str, Any]] = []
        self.met_at: list[int] = []  # the ports
        self.gone_from: int | None = None  # where it was before it was started anew
        self._sockets: list[WebSocketRoute] = []
        self._held: dict[int | str, str] = {}
        self._plays: dict[str, Any] = {
            "hello": wire.HelloResult(
                protocol=1,
                product=PRODUCT,
                version=PRODUCT_VERSION,
                rights=wire.Rights.SITE,
                origin=ORIGIN,
                capabilities=(),
            ),
            "events.subscribe": wire.EventsSubscribeResult(
                topics=("tokens",), tokens=(examples.token(),)
            ),
            "site.request": wire.SiteRequestResult(granted="always"),
            "certificates.list": wire.CertificatesListResult(certificates=()),
            "certificates.select": wire.CertificatesSelectResult(certificate=examples.chosen()),
            "sign.xml": HOLD,
            "login": HOLD,
        }
        for port in PORTS:
            for host in ("127.0.0.1", "localhost"):
                page.route(f"http://{host}:{port}/ping", self._ping)
        page.route_web_socket(re.compile(r"^ws://127\.0\.0\.1:\d+/v1$"), self._meet)

    def play(self, method: str, answer: Any) -> None:
        self._plays[method] = answer

    def belongs_to_our_window(
        self, *accounts: wire.Account, held: tuple[wire.Certificate, ...] = ()
    ) -> None:
        """With a ticket: what accounts this machine has, and what their services hold."""
        hello: wire.HelloResult = self._plays["hello"]
        self.play("hello", replace(hello, rights=wire.Rights.FIRST_PARTY))
        self.play("providers.list", wire.ProvidersListResult(providers=hsm.PROVIDERS))
        self.play("certificates.list", wire.CertificatesListResult(certificates=held))
        self.play("accounts.forget", wire.AccountsForgetResult(forgotten=True))
        self._know(accounts)

    def accounts_are(self, *accounts: wire.Account) -> None:
        self._know(accounts)
        self._tell("accounts.changed", wire.AccountsChanged(accounts=accounts))

    def _know(self, accounts: tuple[wire.Account, ...]) -> None:
        topics = wire.EventsSubscribeResult(
            topics=("tokens", "accounts"), tokens=(examples.token(),), accounts=accounts
        )
        self.play("events.subscribe", topics)
        self.play("accounts.list", wire.AccountsListResult(accounts=accounts))
        self.play("accounts.refresh", wire.AccountsListResult(accounts=accounts))

    def plug_in(self, *tokens: wire.Token) -> None:
        self._tell("tokens.changed", wire.EventsSubscribeResult(topics=("tokens",), tokens=tokens))

    def progress(self, stage: str, *, of: str = "sign.xml") -> None:
        request = next(number for number, method in self._held.items() if method == of)
        self._tell("progress", {"request": request, "stage": stage})

    def hang_up(self) -> None:
        for socket in self._sockets:
            socket.close()
        self._sockets.clear()

    def methods(self) -> list[str]:
        return [method for method, _ in self.asked]

    def awaits(self, method: str) -> None:
        """Until the page has asked for it."""
        until(self._page, lambda: method in self.methods(), f"{method} to be asked")

    def _tell(self, method: str, params: Any) -> None:
        notice = msgspec.json.encode(wire.Notification(method=method, params=params))
        for socket in self._sockets:
            socket.send(notice.decode())

    def _ping(self, route: Route) -> None:
        first = f":{PORTS[0]}/" in route.request.url and "127.0.0.1" in route.request.url
        if not self.running or not first:
            return route.abort("connectionrefused")
        return route.fulfill(
            json={"product": PRODUCT, "version": PRODUCT_VERSION, "protocol": [1]},
            headers={"Access-Control-Allow-Origin": "*"},
        )

    def _meet(self, socket: WebSocketRoute) -> None:
        port = urlsplit(socket.url).port
        assert port is not None
        if port == self.gone_from:
            socket.close(code=1001)
            return
        self.met_at.append(port)
        self._sockets.append(socket)
        socket.on_message(lambda text: self._answer(socket, json.loads(text)))

    def _answer(self, socket: WebSocketRoute, request: dict[str, Any]) -> None:
        method, number, params = request["method"], request["id"], request["params"]
        self.asked.append((method, params))
        if method == "cancel":
            self._held.pop(params["request"], None)
            socket.send(_reply(number, wire.CancelResult(cancelled=True)))
            socket.send(_refusal(params["request"], ProtocolError("cancelled")))
            return
        answer = self._plays[method]
        if isinstance(answer, ProtocolError):
            socket.send(_refusal(number, answer))
        elif answer is HOLD:
            self._held[number] = method
        else:
            socket.send(_reply(number, answer))


def _reply(number: int, result: Any) -> str:
    return msgspec.json.encode(wire.Reply(id=number, result=result)).decode()


def _refusal(number: int, error: ProtocolError) -> str:
    return msgspec.json.encode(wire.ErrorReply(id=number, error=error.to_wire())).decode()


class Stage:
    def __init__(self, page: Page, *, language: str = "vi") -> None:
        self.page = page
        self.language = language
        self.mistakes: list[str] = []
        self._asked: list[tuple[str, Any]] = []
        self._news: list[str] = []
        self._held: list[Route] = []
        self._plays: dict[str, Any] = {
            "GET /api/session": examples.session(),
            "GET /api/certificates": examples.CERTIFICATES,
            "GET /api/dossiers": examples.history(),
            "GET /api/dossiers/d1": examples.dossier(),
            "GET /api/adjustments/new": examples.new_adjustment(),
            "POST /api/adjustments": examples.to_sign(),
            "DELETE /api/adjustments/draft": {},
            "POST /api/adjustments/draft/signed": examples.brief(examples.dossier()),
            "POST /api/certificates/check": examples.certificate(),
            "POST /api/certificates": examples.certificate(),
            "POST /api/login/challenge": Challenge(nonce=b"0" * 32),
            "POST /api/logout": {},
        }
        page.on("pageerror", lambda error: self.mistakes.append(str(error)))
        page.on("console", lambda said: self._hear(said.text))
        page.add_init_script(_WATCH)
        if language == "en":
            page.add_init_script("localStorage.setItem('openkyso.language', 'en')")
        page.route(f"{ORIGIN}/**", self._serve)
        self.agent = StagedAgent(page)

    def play(self, request: str, answer: Any) -> None:
        """`request`: "GET /api/…", without the query; `answer` may be a function of its body."""
        self._plays[request] = answer

    def signed_out(self) -> None:
        self.play("GET /api/session", examples.session(unit=None))

    def nothing_yet(self) -> None:
        self.play("GET /api/certificates", examples.told.Certificates(certificates=[]))
        self.play("GET /api/dossiers", Dossiers(dossiers=[], total=0, page=1, page_size=20))

    def open(self, fragment: str = "") -> None:
        self.page.goto(f"{ORIGIN}/{fragment}")
        expect(self.page.locator("main h1")).to_be_visible()

    def open_our_window(self, fragment: str = "") -> None:
        """As the agent's tray opens it, with a ticket."""
        self.open("#ticket=abc_DEF-123")
        self.page.evaluate("(fragment) => { location.hash = fragment; }", fragment)

    def asked(self, request: str) -> list[Any]:
        return [body for asked, body in self._asked if asked == request]

    def news(self, **event: Any) -> None:
        """A server-sent event; the page, which comes back every 100 ms, gets it then."""
        self._news.append(json.dumps(event))

    def release(self) -> None:
        """What was held fails now, as it does when the program ends."""
        for route in self._held:
            route.abort()
        self._held.clear()

    # --- what a user does and sees

    def says(self, key: str, **values: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda m: values.get(m[1], m[0]), words(self.language)[key])

    def button(self, key: str) -> Locator:
        return self.page.get_by_role("button", name=self.says(key), exact=True)

    def field(self, key: str) -> Locator:
        return self.page.get_by_label(self.says(key), exact=True)

    def press(self, key: str) -> None:
        self.button(key).first.click()

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).filter(visible=True).first).to_be_visible()

    def sees_key(self, key: str, **values: str) -> None:
        self.sees(self.says(key, **values))

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    # --- behind the scenes

    def _hear(self, text: str) -> None:
        if "Error:" in text:
            self.mistakes.append(text)

    def _serve(self, route: Route) -> None:
        place = urlsplit(route.request.url).path
        if place == "/api/events":
            return self._stream(route)
        if place.startswith("/api/"):
            return self._api(route, f"{route.request.method} {place}")
        folder, rest = (PROTOCOL, place[10:]) if place.startswith("/protocol/") else (STATIC, place)
        path = folder / (rest.lstrip("/") or "index.html")
        if not path.is_file():
            self.mistakes.append(f"Error: the page asked for {place}")
            return route.fulfill(status=404, headers=SECURITY)
        return route.fulfill(
            body=path.read_bytes(), headers={**SECURITY, "Content-Type": _KINDS[path.suffix]}
        )

    def _stream(self, route: Route) -> None:
        answer = self._plays.get("GET /api/events")
        if answer is not None:
            return self._play(route, answer)
        body = "retry: 100\n\n" + "".join(f"data: {event}\n\n" for event in self._news)
        self._news.clear()
        return route.fulfill(body=body, headers={**SECURITY, "Content-Type": "text/event-stream"})

    def _api(self, route: Route, request: str) -> None:
        body = route.request.post_data
        self._asked.append((request, json.loads(body) if body else None))
        if request not in self._plays:
            self.mistakes.append(f"Error: nothing is staged for {request}")
        return self._play(route, self._plays.get(request, Refused("not_found")))

    def _play(self, route: Route, answer: Any) -> None:
        if isinstance(answer, Callable):  # type: ignore[arg-type]
            answer = answer(json.loads(route.request.post_data or "null"))
        match answer:
            case Silence.HOLD:
                self._held.append(route)
                return None
            case Silence.GONE:
                return route.abort("connectionrefused")
            case Silence.NOT_JSON:
                return route.fulfill(status=502, body="<h1>Bad gateway</h1>")
            case Refused():
                failure = Failure(error=error_body(answer))
                return route.fulfill(
                    status=ERRORS[answer.code].status, body=msgspec.json.encode(failure)
                )
            case bytes():
                return route.fulfill(
                    body=answer, headers={**SECURITY, "Content-Type": "application/xml"}
                )
            case _:
                return route.fulfill(body=msgspec.json.encode(answer), headers=SECURITY)
