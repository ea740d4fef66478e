"""Signatures of what nobody can show, for a while: who asks, how many, how long, with which key."""

from agent.consent.origins import shown
from agent.consent.plain import one_line
from agent.consent.text import Texts
from agent.consent.window_messages import AskDigests
from agent.consent.windows.cards import asker_card, certificate_card, unseen_remark
from agent.consent.windows.pieces import Card, Own, Remark
from agent.consent.windows.pipe import Pipe
from agent.consent.windows.signing import SigningWindow
from agent.consent.wording import NAME_CHARS, counted, duration_words


class DigestsWindow(SigningWindow):
    def __init__(self, pipe: Pipe, texts: Texts, ask: AskDigests) -> None:
        question = ask.question
        suffix = "_native" if shown(question.asker).native else ""
        title = texts(f"digests.title{suffix}")
        super().__init__(
            pipe,
            texts,
            question,
            window_title=texts("digests.window"),
            title=title,
            confirm=texts("digests.confirm"),
            seconds=ask.seconds,
        )
        remark = unseen_remark(question.asker, texts)
        time = duration_words(question.seconds, texts)
        extent = counted(texts, f"digests.extent{suffix}", question.count, time=time)
        holder = one_line(question.certificate.holder, limit=NAME_CHARS)
        spoken = (f"{shown(question.asker).text}.", remark, extent, f"{holder}.")
        self.setAccessibleDescription(" ".join(spoken))
        self.page.addWidget(asker_card(question.asker, texts, reason=question.reason))
        self.page.addWidget(Remark(remark, kind="danger"))
        card = Card()
        card.add(Own(extent, kind="strong"))
        self.page.addWidget(card)
        self.page.addWidget(certificate_card(question.certificate, texts))
        self.page.addStretch(1)
        self.attend()
