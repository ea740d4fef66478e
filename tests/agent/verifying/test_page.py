"""A report as a page: the same words as elsewhere, nothing that runs, nothing that is fetched."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from agent.verifying.page import page
from agent.verifying.report import Report, Verdict
from agent.verifying.words import sections
from tests.agent.verifying.test_words import REPORT, SIGNATURE, SIGNER


class Read(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def many() -> Report:
    worse = replace(SIGNATURE, verdict=Verdict.INVALID, problem="certificate_revoked")
    return replace(REPORT, verdict=Verdict.INVALID, signatures=(SIGNATURE, worse))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_says_what_the_terminal_says(language: str) -> None:
    found = Read(page(many(), language=language))

    for section in sections(many(), language=language):
        assert section.title in found.text
        for label, value in section.rows:
            assert value in found.text, label


def test_the_verdict_of_each_signature_has_its_colour() -> None:
    assert re.findall(r'<section class="(\w+)">', page(many(), language="vi")) == [
        "invalid",
        "valid",
        "invalid",
    ]


def test_what_a_stranger_wrote_is_text() -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    signer = replace(SIGNER, holder=evil, issuer=evil, issuer_organisation=evil)
    signature = replace(SIGNATURE, signer=signer, algorithm=evil, covers=f"element:{evil}")
    report = replace(REPORT, name=evil, content=evil, signatures=(signature,))

    found = Read(page(report, language="vi"))

    assert set(found.tags) == {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "section", "span", "strong",
        "table", "tr", "th", "td", "footer",
    }  # fmt: skip
    assert found.attributes == {
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "class",
        "scope",
    }


def test_nothing_is_loaded() -> None:
    written = page(REPORT, language="vi")

    assert "default-src 'none'" in written
    assert "http" not in written.replace("http-equiv", "")
    assert "url(" not in written
