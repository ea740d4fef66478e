"""The three cards of a question: who asks, what is signed, with which certificate.

Of the asker the origin is the fact; names and reasons are only claims, and are shown as such.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout

from agent.consent.origins import shown
from agent.consent.plain import one_line
from agent.consent.prompts import Asker, CertificateFacts
from agent.consent.text import Texts
from agent.consent.windows.pieces import Card, Foreign, Own, Short, facts_grid
from agent.consent.windows.preview import Preview
from agent.consent.wording import (
    CLAIM_CHARS,
    NAME_CHARS,
    REASON_CHARS,
    CertificateWords,
    certificate_words,
    digest_words,
    kind_words,
    place_words,
    remarks,
    size_words,
)
from agent.documents import Description


def asker_card(asker: Asker, texts: Texts, *, reason: str = "") -> Card:
    origin = shown(asker)
    caption = texts("origin.who_native" if origin.native else "origin.who")
    encrypted = origin.secure and not origin.local
    card = Card(caption, aside=texts("origin.https") if encrypted else "")
    card.add(Foreign(origin.text, kind="origin", name=caption))
    for remark in remarks(origin, texts):
        card.add(Own(remark, kind="muted" if origin.native or origin.local else "caution"))
    client = one_line(asker.client, limit=CLAIM_CHARS)
    if client and not origin.native:
        card.add(Foreign(texts("origin.claims", client=client), kind="muted"))
    if reason:
        words = one_line(reason, limit=REASON_CHARS)
        card.add(Foreign(texts("origin.reason", reason=words), kind="muted"))
    return card


def document_card(name: str, description: Description, texts: Texts) -> Card:
    caption = texts("sign.document")
    if description.kind == "digest":
        return _unseen_card(name, description, texts)
    facts = f"{kind_words(description.kind, texts)}, {size_words(description.size, texts)}"
    card = Card(f"{caption} · {facts}")
    card.add(Foreign(one_line(name, limit=NAME_CHARS), kind="strong", name=caption))
    if description.preview:
        card.add(Preview(description.preview, name=texts("sign.preview")))
        if description.preview_cut:
            card.add(Own(texts("sign.preview_cut"), kind="small"))
    else:
        card.add(Own(texts("sign.no_preview"), kind="small"))
    card.column.addLayout(digest_row(description.sha256, texts))
    return card


def unseen_remark(asker: Asker, texts: Texts) -> str:
    """What must be said where the content of what is signed cannot be shown."""
    return texts("digests.warning_native" if shown(asker).native else "digests.warning")


def _unseen_card(name: str, description: Description, texts: Texts) -> Card:
    caption = texts("sign.document")
    card = Card(caption)
    card.add(Foreign(one_line(name, limit=NAME_CHARS), kind="strong", name=caption))
    row = digest_row(description.sha256, texts, caption=texts("sign.digest"))
    card.column.addLayout(row)
    return card


def certificate_card(facts: CertificateFacts, texts: Texts, *, narrow: bool = False) -> Card:
    """`narrow`: one fact on a line."""
    words = certificate_words(facts, texts)
    card = Card(texts("certificate.title"))
    card.add(Foreign(words.holder, kind="strong", name=texts("certificate.holder")))
    # Which token it is, the label of the PIN says.
    place = place_words(words, texts) if words.service else ()
    if narrow:
        own = (
            (texts("certificate.mst"), words.mst),
            (texts("certificate.validity"), words.validity),
            (texts("certificate.issuer"), words.issuer),
        )
        card.column.addLayout(facts_grid(*((fact,) for fact in (*own, *place))))
        card.column.addStretch(1)
    else:
        card.column.addLayout(certificate_facts(words, place, texts))
    for warning in words.warnings:
        card.add(Own(warning, kind="caution"))
    return card


def certificate_facts(
    words: CertificateWords, place: Sequence[tuple[str, str]], texts: Texts
) -> QGridLayout:
    """The facts under a holder's name; `place` says where the key is, the shortest last."""
    return facts_grid(
        (
            (texts("certificate.mst"), words.mst),
            (texts("certificate.validity"), words.validity),
        ),
        ((texts("certificate.issuer"), words.issuer), *place[-1:]),
        *((fact,) for fact in place[:-1]),
    )


def digest_row(sha256: str, texts: Texts, *, caption: str = "") -> QHBoxLayout:
    name = caption or texts("sign.sha256")
    digest = Foreign(digest_words(sha256), kind="mono", name=name)
    if not caption:
        digest.setToolTip(texts("sign.sha256_help"))
    row = QHBoxLayout()
    row.setSpacing(14)
    row.addWidget(Short(name, kind="key"), 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(digest, 1, Qt.AlignmentFlag.AlignVCenter)
    return row
