"""May this site use the signing agent at all? Once, always, or no."""

from agent.consent.origins import shown
from agent.consent.prompts import Grant
from agent.consent.text import Texts
from agent.consent.window_messages import AskSite, Granted
from agent.consent.windows.cards import asker_card
from agent.consent.windows.pieces import Own, Remark
from agent.consent.windows.pipe import Pipe
from agent.consent.windows.question import QuestionWindow


class SiteWindow(QuestionWindow):
    def __init__(self, pipe: Pipe, texts: Texts, ask: AskSite) -> None:
        asker = ask.question.asker
        origin = shown(asker)
        suffix = "_native" if origin.native else ""
        super().__init__(
            pipe,
            texts,
            window_title=texts(f"site.window{suffix}"),
            title=texts(f"site.title{suffix}"),
            seconds=ask.seconds,
        )
        more = texts(f"site.digests{suffix}") if ask.question.digests else ""
        spoken = (f"{origin.text}.", texts(f"site.lead{suffix}"), more)
        self.setAccessibleDescription(" ".join(filter(None, spoken)))
        self.page.addWidget(asker_card(asker, texts, reason=ask.question.reason))
        self.page.addWidget(Own(texts(f"site.lead{suffix}")))
        if ask.question.digests:
            self.page.addWidget(Remark(more))
        self.page.addWidget(Own(texts(f"site.check{suffix}"), kind="strong"))
        note = "site.always_note" if origin.may_be_remembered else "site.insecure_note"
        self.page.addWidget(Own(texts(note), kind="small"))
        self.page.addStretch(1)

        self.refuse = self.add_refusal(texts("button.refuse"))
        self.once = self.add_confirmation(texts("site.once"), kind="allow")
        self.once.clicked.connect(lambda: self._grant(Grant.ONCE))
        if origin.may_be_remembered:
            self.always = self.add_confirmation(texts("site.always"), kind="allow")
            self.always.clicked.connect(lambda: self._grant(Grant.ALWAYS))
        # Nothing is focused that an Enter or a space typed for another window could press.
        self.heading.setFocus()

    def _grant(self, grant: Grant) -> None:
        if self.may_approve():
            self.approve(Granted(grant=grant))
