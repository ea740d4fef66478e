"""Headless Chromium from apt, driven by Playwright; and axe-core, which judges accessibility."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

_CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = [
    "--no-sandbox",  # the tests run as root in containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(__file__).parent / "browser" / "node_modules" / "axe-core" / "axe.min.js"


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def violations(page: Page, *rules: str) -> list[str]:
    """What axe-core finds wrong with the page as it is now, a line each; all rules or `rules`."""
    # Evaluated by the test, not loaded by the page, whose policy would rightly refuse it.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    report: dict[str, Any] = page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{found['id']}: {node['html'][:160]}"
        for found in report["violations"]
        for node in found["nodes"]
    ]
