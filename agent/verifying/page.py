"""A report as a page to print or to keep: one HTML file that needs nothing else and runs nothing.

Everything in it that a stranger wrote is text; there is no script, link or picture.
"""

from collections.abc import Iterator
from html import escape
from importlib import resources
from typing import Final

from agent.verifying.report import Report
from agent.verifying.text import Texts
from agent.verifying.words import Section, sections

#: Should a browser be served it, nothing in it runs or loads (W3C CSP Level 3).
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def page(report: Report, *, language: str) -> str:
    texts = Texts(language)
    style = resources.files("agent.verifying").joinpath("page.css").read_text("utf-8")
    body = "\n".join(line for one in sections(report, language=language) for line in _section(one))
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(texts("title"))}: {escape(report.name)}</title>
<style>
{style}</style>
</head>
<body>
<h1>{escape(texts("title"))}</h1>
{body}
<footer>{escape(texts("made_by"))}</footer>
</body>
</html>
"""


def _section(section: Section) -> Iterator[str]:
    (_, verdict), *rows = section.rows
    yield f'<section class="{section.verdict}">'
    yield f"<h2><span>{escape(section.title)}</span> <strong>{escape(verdict)}</strong></h2>"
    yield "<table>"
    for label, value in rows:
        yield f'<tr><th scope="row">{escape(label)}</th><td>{escape(value)}</td></tr>'
    yield "</table>"
    yield "</section>"
